/* SPDX-License-Identifier: ISC */
/* Which copies a batch has met already; for batch*.c. */
#ifndef THREAD_BATCH_MEET_H
#define THREAD_BATCH_MEET_H

#include "arrival.h"
#include "defms/state-imap.h"

struct meeting;

/* `reader`, which has the batch's transaction, is borrowed. */
struct meeting *meeting_new(struct reader *reader);
void meeting_free(struct meeting *meeting);

/* Is there a copy with these very bytes, of the message and in the folder of
 * `like`, that is not in `seen`? 1, and it is in there then; 0; -1. */
int meeting_look(struct meeting *meeting, const struct state_copy *like,
		 const struct arrival_made *made, GHashTable *seen,
		 struct err *err);

/* Of what came from a server: is there a copy with these bytes (but for CRLF)
 * of `like->message` that no UID stands for, which may be the one in its folder
 * there, `like->folder` here? 1/0/-1. */
int meeting_unbound(struct meeting *meeting, const struct arrival *arrival,
		    const struct state_copy *like, struct state_copy *copy_r,
		    struct err *err);

#endif
