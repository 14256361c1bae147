/* SPDX-License-Identifier: ISC */
/* A file that holds a secret, and that nobody else may read or replace. */
#ifndef THREAD_SECRET_FILE_H
#define THREAD_SECRET_FILE_H

#include <stddef.h>

#include "defms/err.h"

/* Read `path`, less than `most` bytes. EPERM if somebody else could write it
 * or its directory or read it, or if it is no regular file; EBADMSG if it is
 * longer. */
int secret_read(const char *path, char *text, size_t most, size_t *size_r,
		struct err *err);

/* Make `path` with mode 0600, whole or not at all, durably. EEXIST. */
int secret_write(const char *path, const char *text, size_t size,
		 struct err *err);

/* The same in the place of what is there, which nobody ever sees half of. */
int secret_replace(const char *path, const char *text, size_t size,
		   struct err *err);

#endif
