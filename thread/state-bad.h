/* SPDX-License-Identifier: ISC */
/* Quarantine, in state.db: what was offered and not taken (state-bad.c), and
 * what is not for me (state-locked.c). */
#ifndef THREAD_STATE_BAD_H
#define THREAD_STATE_BAD_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/state.h"
#include "defms/store.h"

/* A tip that was offered and not taken. What it reaches is not kept: another
 * offer may have it whole, unless it is `final`. */
struct state_bad {
	struct object_id tip;
	char *remote, *reason; /* owned by whoever has it */
	int64_t when;          /* Unix seconds */
	bool final;            /* the very objects are wrong, not what became
				* of them on their way */
};
void state_bad_release(struct state_bad *bad);
/* 1/0/-1. */
int state_bad_get(struct state *state, const struct object_id *tip,
		  struct state_bad *bad_r, struct err *err);
/* Insert or replace. */
int state_bad_put(struct state *state, const struct state_bad *bad,
		  struct err *err);
/* Of more than 10,000 the oldest go. */
int state_bad_trim(struct state *state, struct err *err);
int state_bad_drop(struct state *state, const struct object_id *tip,
		   struct err *err);
/* All of them, of struct state_bad, oldest first. */
int state_bad_list(struct state *state, GArray **bads_r, struct err *err);

/* Blobs `keys` of shared strands in which no box was for me, with so many
 * generations of my keys. 1/0/-1. */
int state_locked_get(struct state *state, const struct object_id *keys,
		     int64_t generations, struct err *err);
/* Insert or replace; `now` in Unix seconds. */
int state_locked_put(struct state *state, const struct object_id *keys,
		     int64_t generations, int64_t now, struct err *err);
/* Of more than 100,000 the oldest go. */
int state_locked_trim(struct state *state, struct err *err);

#endif
