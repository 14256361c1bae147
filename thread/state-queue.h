/* SPDX-License-Identifier: ISC */
/* The rows of the queue, for queue.c. */
#ifndef DEFMS_STATE_QUEUE_H
#define DEFMS_STATE_QUEUE_H

#include "defms/queue.h"

/* Copies both texts. */
struct queue_recipient *queue_recipient_new(const char *address,
					    enum queue_state state,
					    const char *reason);
void queue_recipient_free(gpointer data);

/* All are 0/-1. Insert; the entry's id is filled in. EEXIST if `source` was
 * before. */
int state_queue_add(struct state *state, struct queue_entry *entry,
		    int64_t copy, const struct queue_source *source,
		    struct err *err);
/* The copy in Sent that was made with it. */
int state_queue_copy(struct state *state, int64_t id, int64_t *copy_r,
		     struct err *err);
/* It is `to` from now on; recipients that wait or failed are dropped. */
int state_queue_end(struct state *state, int64_t id, enum queue_state to,
		    struct err *err);
/* What sent/ lists changed. */
int state_queue_touch(struct state *state, struct err *err);

/* A recipient that waits, of an entry that does, is in doubt. 1/0/-1: 0 if one
 * of them does not wait. */
int state_queue_begin(struct state *state, int64_t id, const char *address,
		      const char *reason, struct err *err);
/* A recipient that waits or is in doubt has this state and reason now. 1 if it
 * has failed by that, 0, -1. */
int state_queue_fate(struct state *state, int64_t id,
		     const struct queue_recipient *recipient, struct err *err);
/* Write what an entry itself has: state, times, attempts, reason. */
int state_queue_put(struct state *state, const struct queue_entry *entry,
		    struct err *err);
/* A recipient that is sent or in doubt has failed after all, by whatever case
 * his address is. 1/0/-1. */
int state_queue_bounced(struct state *state, int64_t id, const char *address,
			const char *reason, struct err *err);
/* The next entry after `id` that is made of this message. 1/0/-1. */
int state_queue_of_message(struct state *state, int64_t message, int64_t id,
			   int64_t *id_r, struct err *err);
/* Recipients that failed or are in doubt wait. */
int state_queue_again(struct state *state, int64_t id, struct err *err);

#endif
