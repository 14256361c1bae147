/* SPDX-License-Identifier: ISC */
/* Copies that go where a server has them; for batch*.c. */
#ifndef DEFMS_BATCH_IMAP_H
#define DEFMS_BATCH_IMAP_H

#include "batch-folders.h"
#include "defms/state-copies.h"
#include "defms/state.h"

/* If `copy` left another folder of the server's for `folder`, and here it is
 * where it was, it follows. 1/-1. */
int imap_follow(struct state *state, struct folders *folders,
		struct state_copy *copy, int64_t folder, bool *moved_r,
		struct err *err);

#endif
