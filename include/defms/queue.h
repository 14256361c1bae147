/* SPDX-License-Identifier: ISC */
/* What waits to leave: rows of state.db, each a message of the store and an
 * envelope. An entry that left or was dropped stays as a row, so that what it
 * was made of is never queued again; dropped ones are found by no function
 * here but queue_known(). */
#ifndef DEFMS_QUEUE_H
#define DEFMS_QUEUE_H

#include <stdint.h>

#include <glib.h>

#include "defms/batch.h"
#include "defms/compose.h"
#include "defms/err.h"
#include "defms/state.h"

/* The numbers stand in state.db. */
enum queue_state {
	QUEUE_WAITING,
	QUEUE_HELD,   /* by hand */
	QUEUE_FAILED, /* refused for good */
	QUEUE_DOUBT,  /* nobody knows whether it was sent */
	QUEUE_SENT,
	QUEUE_DROPPED, /* by hand, and it was not sent */
};
/* "waiting", "held" ... */
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
 * and the entry; what it answers is \Answered. 1 queued, 0 if `source` (NULL:
 * none) was before, and its id; -1. `due`: Unix seconds. */
int queue_add(struct batch *batch, struct reader *reader,
	      const struct composed *composed,
	      const struct queue_source *source, int64_t due, int64_t *id_r,
	      struct err *err);
/* Was it queued already, and as which entry (dropped ones too)? 1/0/-1. */
int queue_known(struct state *state, const struct queue_source *source,
		int64_t *id_r, struct err *err);

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
/* Is this message one of those? 1/0/-1. */
int queue_sent(struct state *state, int64_t message, struct err *err);
/* When those last changed (ns); it grows strictly. */
int queue_sent_time(struct state *state, int64_t *time_r, struct err *err);
/* The highest id that was given out; 0 if none was. */
int queue_last(struct state *state, int64_t *id_r, struct err *err);
/* The next entry after `id`, in whatever state but dropped, and its message.
 * 1/0/-1. */
int queue_added(struct state *state, int64_t id, int64_t *id_r,
		int64_t *message_r, struct err *err);

/* In a write transaction. 1/0/-1: 0 if no such entry waits (hold), or is held
 * (release). */
int queue_hold(struct state *state, int64_t id, struct err *err);
int queue_release(struct state *state, int64_t id, struct err *err);
/* All that waits is held, for `reason`. 0/-1. */
int queue_hold_all(struct state *state, const char *reason, struct err *err);
/* Forget an entry that was not sent; the copy in Sent goes, and with it, if it
 * is the last, the message. Of one that reached some recipients, or may have,
 * the message stays, and only the others are forgotten. 1/0/-1: 0 if there is
 * none that is not sent. */
int queue_drop(struct batch *batch, int64_t id, struct err *err);

#endif
