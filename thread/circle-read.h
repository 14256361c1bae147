/* SPDX-License-Identifier: ISC */
/* The members of a shared strand, as its history has them. */
#ifndef DEFMS_CIRCLE_READ_H
#define DEFMS_CIRCLE_READ_H

#include "defms/circle.h"
#include "defms/reader.h"
#include "defms/strand.h"

/* The tree of this device's chain; of any other the first that has `keys` and
 * `members` of this strand. 1/0/-1. */
int circle_tree(struct reader *reader, const struct state_strand *strand,
		struct strand_tree **tree_r, struct err *err);

/* The circle of a strand whose K is known. ENOENT, EBADMSG. */
int circle_read(struct reader *reader, const struct state_strand *strand,
		struct circle **circle_r, struct err *err);
/* Is there all that a chain of this device's own would need: `keys` and
 * `members`, of its own or of another chain? 1/0/-1. */
int circle_is_whole(struct reader *reader, const struct state_strand *strand,
		    struct err *err);

#endif
