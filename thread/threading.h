/* SPDX-License-Identifier: ISC */
/* Which thread a message belongs to. Pure; the rule is argued in threading.c.
 */
#ifndef DEFMS_THREADING_H
#define DEFMS_THREADING_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"

struct threading;
struct threading *threading_new(void);
void threading_free(struct threading *threading);
AUTO_KIND(threading, struct threading, threading_free)

/* Is the key of this msgid known here already? */
bool threading_has(const struct threading *threading, int64_t key);
/* Make it known, and that it belongs to `thread` (0: to none yet). */
void threading_add_key(struct threading *threading, int64_t key,
		       int64_t thread);

/* A message with the msgids `keys` (its own, and those it refers to), all known
 * by now; without any it stands alone. `thread`: one it is the anchor of, or
 * 0. */
struct threading_message {
	int64_t serial, date, thread;
};
void threading_add(struct threading *threading,
		   const struct threading_message *message, const int64_t *keys,
		   size_t count);

/* One component, once all is added. */
struct threading_component {
	GArray *threads;  /* int64_t: those that exist, ascending, perhaps none
			   */
	GArray *messages; /* int64_t serials, in the order they were added */
	GArray *keys;     /* int64_t */
	int64_t first;    /* serial of the earliest-dated message */
	int64_t thread;   /* the user's: what it was settled to be */
};
/* The components, in the order of their first messages; those without a
 * message are left out. Borrowed; nothing may be added afterwards. */
const GPtrArray *threading_components(struct threading *threading);

#endif
