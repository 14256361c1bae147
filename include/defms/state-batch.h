/* SPDX-License-Identifier: ISC */
/* What a batch leaves to be done, or to be known by whoever comes next. */
#ifndef DEFMS_STATE_BATCH_H
#define DEFMS_STATE_BATCH_H

#include "defms/state.h"

/* The random number of the run of batches, all of one writer, that `seq` is
 * one of: by it an index knows whether it is of this state.db's past. 0 if it
 * is not remembered (the last 1000 runs are). */
int state_run_of(struct state *state, int64_t seq, int64_t *run_r,
		 struct err *err);
/* The batch `seq`, the next one, is of the run `run`. */
int state_run_on(struct state *state, int64_t seq, int64_t run,
		 struct err *err);

/* The batch `seq` is the last, and changed these threads (int64_t) otherwise
 * than by adding messages: an index that has to be brought up to it cannot
 * know. Where there are any, STATE_TOUCHED is `seq`. */
int state_touched_set(struct state *state, int64_t seq, const GArray *threads,
		      struct err *err);
int state_touched_list(struct state *state, GArray **threads_r,
		       struct err *err);

/* -- refs and packs -------------------------------------------------------- */
/* The to-do list of refs: the strand's ref is to be moved to its tip. */
int state_move_add(struct state *state, int64_t strand, struct err *err);
int state_move_list(struct state *state, GArray **strands_r, struct err *err);
int state_move_count(struct state *state, int64_t *count_r, struct err *err);
int state_move_clear(struct state *state, struct err *err);
/* Packs that are referenced; others with a .keep are garbage. */
struct state_pack {
	char name[64];  /* "pack-<sha1>" */
	int64_t joined; /* Unix seconds since when another pack holds all that
			 * it holds; 0: it is needed */
};
int state_pack_add(struct state *state, const char *name, struct err *err);
int state_pack_has(struct state *state, const char *name, struct err *err);
/* All of them, of struct state_pack, by name. */
int state_pack_list(struct state *state, GArray **packs_r, struct err *err);
/* The number of those that are needed. */
int state_pack_count(struct state *state, int64_t *count_r, struct err *err);
/* Its objects are in another pack since `when`. */
int state_pack_join(struct state *state, const char *name, int64_t when,
		    struct err *err);
int state_pack_drop(struct state *state, const char *name, struct err *err);

#endif
