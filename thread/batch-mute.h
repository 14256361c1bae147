/* SPDX-License-Identifier: ISC */
/* Mail that comes to muted threads; for batch.c. */
#ifndef DEFMS_BATCH_MUTE_H
#define DEFMS_BATCH_MUTE_H

#include "batch-folders.h"
#include "filing.h"

/* Let the copies in `came` (serials) of messages of muted threads be seen, and
 * out of INBOX. Which thread a message belongs to, `filing` knows, once it is
 * settled. */
int mute_copies(struct filing *filing, struct state *state,
		struct folders *folders, const GArray *came, struct err *err);

#endif
