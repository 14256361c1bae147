/* SPDX-License-Identifier: ISC */
/* The strands that are shared with other people, in state.db, and which
 * messages stand in them. (state-circles.c) */
#ifndef THREAD_STATE_CIRCLES_H
#define THREAD_STATE_CIRCLES_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/state-contacts.h"
#include "defms/state.h"

/* What opens a shared strand, and for whom it was made; for life. */
struct state_circle {
	int64_t strand;
	uint8_t secret[32]; /* K */
	bool closed;        /* I put nothing more into it */
	GArray *roots;      /* of struct root_key, sorted; owned */
};
void state_circle_release(struct state_circle *circle);
/* 1/0/-1. */
int state_circle_get(struct state *state, int64_t strand,
		     struct state_circle *circle_r, struct err *err);
/* Insert or replace. */
int state_circle_put(struct state *state, const struct state_circle *circle,
		     struct err *err);
/* The strands (int64_t) of all circles, by serial. */
int state_circle_list(struct state *state, GArray **strands_r, struct err *err);
/* Is there any? 1/0/-1. */
int state_circle_any(struct state *state, struct err *err);

/* A message stands in these strands besides messages.strand, which is the one
 * it is read from: in all shared ones that hold it. */
int state_standing_add(struct state *state, int64_t message, int64_t strand,
		       struct err *err);
/* messages.strand is this one from now on. */
int state_standing_from(struct state *state, int64_t message, int64_t strand,
			struct err *err);
/* Of this strand of mine something stands in a shared one by now, which gc
 * drops from it. Insert, list all (int64_t), delete. */
int state_leaving_add(struct state *state, int64_t strand, struct err *err);
int state_leaving_list(struct state *state, GArray **strands_r,
		       struct err *err);
int state_leaving_drop(struct state *state, int64_t strand, struct err *err);
/* Does it stand in this shared strand? 1/0/-1. */
int state_standing_has(struct state *state, int64_t message, int64_t strand,
		       struct err *err);
/* The strands (int64_t) of a message, and the messages of a strand. */
int state_standing_of(struct state *state, int64_t message, GArray **strands_r,
		      struct err *err);
int state_standing_in(struct state *state, int64_t strand, GArray **messages_r,
		      struct err *err);

#endif
