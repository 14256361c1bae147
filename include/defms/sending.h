/* SPDX-License-Identifier: ISC */
/* What becomes of an entry of the queue while the bridge sends it. A struct
 * queue_entry is the working copy: who sends it sets its recipients' states and
 * reasons and has them written:
 *
 *	sending_begin()	the server takes these: from now on nobody knows
 *	(the end of the message leaves, the server answers)
 *	sending_end()	what became of each
 *
 * A kill between the two leaves them in doubt: nothing is ever sent twice by
 * itself. */
#ifndef DEFMS_SENDING_H
#define DEFMS_SENDING_H

#include <stdint.h>

#include "defms/batch.h"
#include "defms/queue.h"

enum {
	SENDING_FIRST = 5 * 60,      /* seconds until the second try */
	SENDING_MOST = 4 * 3600,     /* between later ones */
	SENDING_FOR = 5 * 24 * 3600, /* all in all */
};

/* Only one process sends at a time: 1 it is this one until sending_unlock(), 0
 * another one does, -1. */
int sending_lock(struct mailbox *mailbox, int *lock_r, struct err *err);
void sending_unlock(int lock);

/* The next entry after `id` that waits and is due at `now` (Unix seconds;
 * INT64_MAX: whenever it is). 1/0/-1. */
int sending_next(struct state *state, int64_t id, int64_t now,
		 struct queue_entry **entry_r, struct err *err);

/* In a batch: whose state in `entry` is QUEUE_DOUBT is so from the commit on.
 * 1, 0 if the entry does not wait for all of them any more (somebody held or
 * dropped it): nothing of it may leave then; -1. */
int sending_begin(struct batch *batch, const struct queue_entry *entry,
		  struct err *err);

/* In a batch: write down what became of the recipients. For those that still
 * wait it is tried again later, after SENDING_FIRST, twice as long each time;
 * after SENDING_FOR they have failed. Of those that failed a notice stands in
 * the thread, in INBOX. `entry` is brought up to date. 0/-1. */
int sending_end(struct batch *batch, struct reader *reader,
		struct queue_entry *entry, int64_t now, struct err *err);

/* In a batch: it was not even tried, for `reason` (no server, no login): it
 * stays due, but not for longer than SENDING_FOR. 0/-1. */
int sending_put_off(struct batch *batch, struct reader *reader,
		    struct queue_entry *entry, const char *reason, int64_t now,
		    struct err *err);

/* In a batch: a report came that `address` did not get it after all. 1/0/-1:
 * 0 if it was not sent to him. */
int sending_bounced(struct batch *batch, int64_t id, const char *address,
		    const char *reason, struct err *err);

/* In a batch: somebody decides that it is to be tried again now, whoever it
 * failed for or is in doubt for. 1/0/-1: 0 if it does not wait, has not failed
 * and is not in doubt. */
int sending_retry(struct batch *batch, int64_t id, struct err *err);

#endif
