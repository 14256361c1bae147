/* SPDX-License-Identifier: ISC */
/* A strand is the union of its chains: this device's, those of others, and
 * forks of them (design 3.2). */
#ifndef DEFMS_STRAND_UNION_H
#define DEFMS_STRAND_UNION_H

#include "defms/state-chains.h"
#include "defms/strand.h"

/* What one chain has of a message. */
struct union_entry {
	struct strand_entry entry;
	bool is_own; /* in this device's chain */
};

/* All of them, sorted by id, of one id first what this device has. A chain
 * whose tree is damaged or missing is left out, and counted. */
int strand_union_read(struct state *state, struct store *store,
		      const struct state_strand *strand, GArray **entries_r,
		      size_t *damaged_r, struct err *err);

/* How many from `at` on are of one message. */
guint strand_union_count(const GArray *entries, guint at);

/* How many there are of the message `id`, from `*at_r` on. */
guint strand_union_find(const GArray *entries, const struct message_id *id,
			guint *at_r);

#endif
