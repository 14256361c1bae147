/* SPDX-License-Identifier: ISC */
/* Which shared strands the messages of a batch go to; the rule is argued in
 * routes.c. */
#ifndef DEFMS_ROUTES_H
#define DEFMS_ROUTES_H

#include "arrival.h"
#include "defms/state-contacts.h"

struct routes;

/* `reader` is the batch's, whose state has its transaction; borrowed. */
struct routes *routes_new(struct reader *reader);
void routes_free(struct routes *routes);
AUTO_KIND(routes, struct routes, routes_free)

/* A message that was not here comes. The shared strands it goes to, of struct
 * state_strand; none: where it would go anyway. */
int routes_find(struct routes *routes, const struct arrival *arrival,
		GArray **strands_r, struct err *err);

/* Has the thread of the last message a strand that was closed? */
bool routes_was_closed(const struct routes *routes);
/* That message founds this strand (its serial) in its thread. */
int routes_note(struct routes *routes, const struct arrival_made *made,
		int64_t strand, struct err *err);

/* The open shared strand of a thread that is for just these people (struct
 * root_key): of several the one that messages go to. 1/0/-1. */
int routes_strand(struct routes *routes, int64_t thread, const GArray *roots,
		  struct state_strand *strand_r, struct err *err);
/* Does a message that is here stand where all of these people read it, in
 * another strand than `but` (its serial)? 1/0/-1. */
int routes_reach(struct routes *routes, int64_t message, const GArray *roots,
		 int64_t but, struct err *err);

/* Is this one a member of the strand? 1/0/-1. */
int routes_has_member(struct routes *routes, int64_t strand,
		      const struct root_key *root, struct err *err);

#endif
