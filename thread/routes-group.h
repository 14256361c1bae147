/* SPDX-License-Identifier: ISC */
/* The threads that messages of a batch belong to, and the shared strands of
 * these; for routes.c. */
#ifndef DEFMS_ROUTES_GROUP_H
#define DEFMS_ROUTES_GROUP_H

#include "arrival.h"
#include "defms/index.h"

struct groups;

/* Both borrowed: the batch's state, the index as it was before. */
struct groups *groups_new(struct state *state, struct index *index);
void groups_free(struct groups *groups);
AUTO_KIND(groups, struct groups, groups_free)

/* A message comes: the shared strands (int64_t) of the thread it stands in
 * then. Borrowed until the next call. */
int groups_tie(struct groups *groups, const struct arrival_made *made,
	       const GArray **strands_r, struct err *err);
/* Such a message was put into this strand, which is new. */
int groups_note(struct groups *groups, const struct arrival_made *made,
		int64_t strand, struct err *err);

#endif
