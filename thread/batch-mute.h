/* SPDX-License-Identifier: ISC */
/* Mail that comes to muted threads; for batch*.c. */
#ifndef DEFMS_BATCH_MUTE_H
#define DEFMS_BATCH_MUTE_H

#include "batch-folders.h"
#include "filing.h"

/* Let the copies in `came` (serials) of messages of muted threads be seen, and
 * out of INBOX. Which thread a message belongs to, `filing` knows, once it is
 * settled. */
int mute_copies(struct filing *filing, struct state *state,
		struct folders *folders, const GArray *came, struct err *err);

/* The folder that a copy for `folder` of a message which `index` has would be
 * moved to: 1 and the folder, 0 if it would stay, -1. */
int mute_would_move(struct index *index, struct state *state,
		    struct folders *folders, const struct state_copy *copy,
		    int64_t *folder_r, struct err *err);

#endif
