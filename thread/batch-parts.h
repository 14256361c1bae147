/* SPDX-License-Identifier: ISC */
/* The inside of a batch, for links.c and batch-*.c. */
#ifndef DEFMS_BATCH_PARTS_H
#define DEFMS_BATCH_PARTS_H

#include "batch-strand.h"
#include "filing.h"

/* Borrowed. The reader's index is as it was before the batch. */
struct reader *batch_reader(struct batch *batch);
struct filing *batch_filing(struct batch *batch);

/* The strand that `wanted` names, founded if there is none; borrowed. The batch
 * writes a commit of it. */
int batch_strand_of(struct batch *batch, const struct state_strand *wanted,
		    struct batch_strand **strand_r, struct err *err);

/* New or cur of a folder gets a new time with the commit. */
void batch_touch_folder(struct batch *batch, int64_t folder, bool is_new);
/* The serial of a folder, which is made if it is not there. */
int batch_find_folder(struct batch *batch, const char *name, int64_t *serial_r,
		      struct err *err);
/* A message's thread has a new version. */
int batch_touch_shown(struct batch *batch, int64_t message, struct err *err);
/* A copy's base goes where its name would be another's. */
int batch_choose_free(struct batch *batch, struct state_copy *copy,
		      struct err *err);

/* What came to a muted thread is seen, and not in INBOX. (batch-mute.c) */
int batch_mute(struct batch *batch, const GArray *added, struct err *err);

/* Is what came from a server a copy that is here already, of the message and
 * in the folder of `like`, or gone from another one of the server's, which it
 * follows then? 1 and its serial in `like`, 0, -1. (batch-unbound.c) */
struct meeting;
int batch_meet_unbound(struct batch *batch, struct meeting *meeting,
		       const struct arrival *arrival, struct state_copy *like,
		       struct err *err);

#endif
