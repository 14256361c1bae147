/* SPDX-License-Identifier: ISC */
/* The walk of one strand, for check-strand.c and check-message.c. */
#ifndef DEFMS_CHECK_WALK_H
#define DEFMS_CHECK_WALK_H

#include "check-parts.h"
#include "defms/state-chains.h"

struct check_walk {
	struct reader *reader; /* borrowed; so are the next four */
	struct index *index;   /* NULL if there is none */
	const struct state_strand *strand;
	struct findings *findings;
	GArray *serials;
	struct strand_key *key; /* borrowed; NULL in a public strand */
	GHashTable *seen;       /* owned: ids of messages and objects */
	GHashTable *found;      /* owned: by serial, check-message.c's */
	const struct state_chain *chain; /* the chain at hand; borrowed */
	bool is_own;                     /* this device's */
	char name[STRAND_ID_HEX + 1];
};

/* A finding about `err`. */
void check_walk_report(struct check_walk *walk, const char *what,
		       const struct err *err);

/* A message of the tree at hand: its content, its copies, the index's row.
 * (check-message.c) */
void check_message(struct check_walk *walk, const struct strand_entry *entry);
/* After all: whole messages that the index does not have from where they
 * are. */
void check_found_end(struct check_walk *walk);

#endif
