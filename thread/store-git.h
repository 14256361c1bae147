/* SPDX-License-Identifier: ISC */
/* Shared by the files behind libgit2's door. */
#ifndef DEFMS_STORE_GIT_H
#define DEFMS_STORE_GIT_H

#include "defms/store.h"

/* Start libgit2 once in this process. */
void git_start(void);

/* A pack of it was removed. */
void store_pack_gone(struct store *store);
/* Look again at the packs that are there, and forget those that are not. It is
 * done by itself where many have gone. Thread-safe. */
int store_reopen(struct store *store, struct err *err);

/* Append an object of any type. 1/0/-1, as store_read(). */
int store_read_any(struct store *store, const struct object_id *id,
		   enum object_type *type_r, GByteArray *out, struct err *err);

/* Fill `err` from libgit2's last error. Always -1. */
int err_git(struct err *err, int result, const char *what);

#endif
