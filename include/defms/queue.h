/* SPDX-License-Identifier: ISC */
/* What waits to leave: rows of state.db, each a message of the store and an
 * envelope. */
#ifndef DEFMS_QUEUE_H
#define DEFMS_QUEUE_H

#include <stdint.h>

#include <glib.h>

#include "defms/batch.h"
#include "defms/compose.h"
#include "defms/err.h"
#include "defms/state.h"

enum queue_state {
	QUEUE_WAITING,
	QUEUE_HELD,   /* by hand */
	QUEUE_FAILED, /* refused for good */
	QUEUE_DOUBT,  /* nobody knows whether it was sent */
	QUEUE_SENT,
};
const char *queue_state_name(enum queue_state state);

struct queue_recipient {
	char *address; /* owned */
	enum queue_state state;
	char *reason; /* owned; "" */
};

struct queue_entry {
	int64_t id;
	int64_t message; /* serial; its content is what leaves */
	enum queue_state state;
	int64_t created, due; /* Unix seconds; not before `due` */
	int64_t attempts;
	char *sender;          /* owned; addr-spec */
	char *reason;          /* owned; "" */
	GPtrArray *recipients; /* owned; of struct queue_recipient */
};
void queue_entry_free(struct queue_entry *entry);
AUTO_KIND(queue_entry, struct queue_entry, queue_entry_free)

/* What a queue entry was made of (a file of an outbox, as it was), so that the
 * same thing is never queued twice, whenever a kill comes. */
struct queue_source {
	uint8_t bytes[16];
};

/* Put a message into `batch`: the message, its copy in the folder Sent (seen),
 * and the entry. 1 queued, 0 if `source` (NULL: none) was before, -1. `due`:
 * Unix seconds. */
int queue_add(struct batch *batch, struct reader *reader,
	      const struct composed *composed,
	      const struct queue_source *source, int64_t due, int64_t *id_r,
	      struct err *err);
/* Was it queued already? 1/0/-1. */
int queue_known(struct state *state, const struct queue_source *source,
		struct err *err);

/* 1/0/-1; caller frees. */
int queue_get(struct state *state, int64_t id, struct queue_entry **entry_r,
	      struct err *err);
/* The next entry after `id` that is not sent. 1/0/-1. */
int queue_next(struct state *state, int64_t id, struct queue_entry **entry_r,
	       struct err *err);
/* The next message (serial) after `message` that was ever queued and not
 * dropped: what sent/ lists. 1/0/-1. */
int queue_sent_next(struct state *state, int64_t message, int64_t *message_r,
		    struct err *err);
/* In a write transaction. 1/0/-1: 0 if there is no such entry (or, of sent
 * ones, nothing to do). */
int queue_hold(struct state *state, int64_t id, struct err *err);
int queue_release(struct state *state, int64_t id, struct err *err);
/* Forget an entry that was not sent; its message is removed. */
int queue_drop(struct batch *batch, int64_t id, struct err *err);

#endif
