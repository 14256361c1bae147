/* SPDX-License-Identifier: ISC */
/* Sharing a thread: a new strand for some people, with what was addressed to
 * all of them (design 3.2). */
#ifndef DEFMS_SHARE_H
#define DEFMS_SHARE_H

#include "defms/batch.h"
#include "defms/circle.h"

/* What it would do. */
struct share_plan {
	int64_t thread;
	GPtrArray *cards;           /* owned: the text of each one's newest */
	GArray *roots;              /* owned: struct root_key, sorted */
	struct state_strand strand; /* serial 0: it is to be founded, */
	bool is_instead;            /* and takes the place of */
	struct strand_id instead;
	GArray *enter; /* owned: int64_t, messages that go in; of these */
	guint unasked; /* ... so many are not addressed to all */
	GArray *stay;  /* owned: int64_t, those that do not */
	GArray *there; /* owned: int64_t, those they have already */
};
void share_plan_free(struct share_plan *plan);
AUTO_KIND(share_plan, struct share_plan, share_plan_free)

/* With whoever has these addresses. `all`: also messages that are not addressed
 * to all of them. ENOKEY for an address whose key is not known, EKEYREJECTED if
 * another one came for it; EINVAL: nobody but me. */
int share_plan(struct batch *batch, int64_t thread,
	       const char *const *addresses, size_t count, bool all,
	       struct share_plan **plan_r, struct err *err);
/* Do it; the batch is to be committed. 1 done, 0 nothing to do, -1. */
int share_do(struct batch *batch, struct share_plan *plan, struct err *err);

/* Found a strand for those whose cards (char *) these are, mine among them; it
 * is to get a message in this batch. `instead` may be NULL. */
int share_found(struct batch *batch, const GPtrArray *cards,
		const struct strand_id *instead, struct state_strand *strand_r,
		struct err *err);

/* Put nothing more into any strand of the thread that `address` is a member
 * of: their number, or -1. ENOKEY. */
int share_close(struct batch *batch, int64_t thread, const char *address,
		struct err *err);

#endif
