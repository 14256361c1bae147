/* SPDX-License-Identifier: ISC */
/* Which thread a message belongs to. Pure; the rule is argued in threading.c.
 */
#ifndef DEFMS_THREADING_H
#define DEFMS_THREADING_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/message.h"

struct threading;
struct threading *threading_new(void);
void threading_free(struct threading *threading);
AUTO_KIND(threading, struct threading, threading_free)

/* Is the key of this msgid known here already? */
bool threading_has(const struct threading *threading, int64_t key);
/* Make it known, and that it belonged to `thread` until now (0: to none). */
void threading_add_key(struct threading *threading, int64_t key,
		       int64_t thread);

/* A message with the msgids `keys`: those it refers to in their order, its own
 * at last; all known by now. Without any it stands alone. `thread`: one it is
 * the anchor of, or 0. */
struct threading_message {
	int64_t serial, date, thread;
	const struct message_id *hash; /* borrowed */
};
void threading_add(struct threading *threading,
		   const struct threading_message *message, const int64_t *keys,
		   size_t count);
/* The last message that was added is the anchor of this thread too. */
void threading_add_anchor(struct threading *threading, int64_t thread);

/* All keys known, of int64_t, from the one that became so as number `after`.
 * Caller unrefs. */
GArray *threading_keys(const struct threading *threading, guint after);

/* What the owner decided. The message with this msgid begins a thread of its
 * own; these two are in one. All keys must be known. */
void threading_split(struct threading *threading, int64_t key);
void threading_join(struct threading *threading, int64_t a, int64_t b);
/* This thread is looked at anew: all its messages are added, and what belonged
 * to it holds together no more for that. */
void threading_part(struct threading *threading, int64_t thread);

/* One component, once all is added. */
struct threading_component {
	GArray *threads;  /* int64_t: those that exist, ascending, perhaps none
			   */
	GArray *messages; /* int64_t serials, in the order they were added */
	GArray *keys;     /* int64_t */
	int64_t first;    /* serial of the eldest message */
	int64_t thread;   /* the user's: what it was settled to be */
};
/* Msgids (int64_t) that no message belongs to any more. After
 * threading_components(); borrowed. */
const GArray *threading_strays(const struct threading *threading);

/* The components, in the order of their first messages; those without a
 * message are left out. Borrowed; nothing may be added afterwards. */
const GPtrArray *threading_components(struct threading *threading);

#endif
