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

#endif
