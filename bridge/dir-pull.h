/* SPDX-License-Identifier: ISC */
/* Pulling from the CAR files of a folder: open(), read(), note_pull() and
 * close_pull() of struct remote_kind. */
#ifndef BRIDGE_DIR_PULL_H
#define BRIDGE_DIR_PULL_H

#include "remote-kind.h"

int dir_pull_open(struct pull *pull, struct err *err);
int dir_pull_read(void *pull, const struct object_id *id,
		  enum object_type *type_r, GByteArray *out, struct err *err);
int dir_pull_note(struct pull *pull, struct err *err);
void dir_pull_close(struct pull *pull);

#endif
