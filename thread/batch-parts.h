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

/* -- for what others wrote (batch-pull.c) ---------------------------------- */
/* The pack that grows; borrowed. */
int batch_need_pack(struct batch *batch, struct pack **pack_r, struct err *err);
/* File a message that is not here, prepared, in `arrival->folder`; it stands in
 * `stored` of `strand`, which state.db has. */
int batch_file(struct batch *batch, struct arrival *arrival,
	       const struct state_strand *strand,
	       const struct strand_entry *stored, struct err *err);
/* Refs that follow the commit; state.db has them on its to-do list. */
void batch_move_ref(struct batch *batch, const struct ref_move *move);
void batch_put_fork(struct batch *batch, const struct ref_fork *fork);
/* Lines of `links` in a strand of mine (its serial) are others. */
void batch_relink(struct batch *batch, int64_t strand);

#endif
