/* SPDX-License-Identifier: ISC */
/* Pulling by way of a Kubo node: open(), read(), note_pull() and close_pull()
 * of struct remote_kind. */
#ifndef BRIDGE_IPFS_PULL_H
#define BRIDGE_IPFS_PULL_H

#include "remote-kind.h"

int ipfs_pull_open(struct pull *pull, struct err *err);
int ipfs_pull_read(void *pull, const struct object_id *id,
		   enum object_type *type_r, GByteArray *out, struct err *err);
int ipfs_pull_note(struct pull *pull, struct err *err);
void ipfs_pull_close(struct pull *pull);

#endif
