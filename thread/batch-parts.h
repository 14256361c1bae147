/* SPDX-License-Identifier: ISC */
/* The inside of a batch, for links.c and batch-sent.c. */
#ifndef DEFMS_BATCH_PARTS_H
#define DEFMS_BATCH_PARTS_H

#include "batch-strand.h"
#include "filing.h"

/* Borrowed. */
struct filing *batch_filing(struct batch *batch);

/* The strand that `wanted` names, founded if there is none; borrowed. The batch
 * writes a commit of it. */
int batch_strand_of(struct batch *batch, const struct state_strand *wanted,
		    struct batch_strand **strand_r, struct err *err);

#endif
