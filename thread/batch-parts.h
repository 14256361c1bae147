/* SPDX-License-Identifier: ISC */
/* The inside of a batch, for links*.c, share.c and batch-*.c. */
#ifndef DEFMS_BATCH_PARTS_H
#define DEFMS_BATCH_PARTS_H

#include "batch-strand.h"
#include "defms/ref.h"
#include "filing.h"
#include "index-write.h"
#include "routes.h"
#include "store-pack.h"

/* Borrowed. */
struct filing *batch_filing(struct batch *batch);

/* The strand that `wanted` names, founded if there is none; borrowed. The batch
 * writes a commit of it. */
int batch_strand_of(struct batch *batch, const struct state_strand *wanted,
		    struct batch_strand **strand_r, struct err *err);

/* Which shared strands there are; borrowed. */
struct routes *batch_routes(struct batch *batch);
/* The pack that grows, once a strand is wanted; borrowed. */
struct pack *batch_pack(struct batch *batch);

/* -- batch-stand.c --------------------------------------------------------- */
/* Put a message, whose serial is in `entry`, into the strands of `shared`
 * (struct state_strand), to be read from the last of them; without any into
 * that of `made`, for which it is sealed. Where it is read from is filled in in
 * `entry`. */
int batch_stand(struct batch *batch, struct arrival_made *made,
		const GArray *shared, struct index_entry *entry,
		struct err *err);
/* -- share-auto.c ---------------------------------------------------------- */
/* A message that goes out from here: with [share] auto a strand for it may be
 * founded, which is appended to `strands`. */
int share_auto(struct batch *batch, const struct arrival_made *made,
	       GArray *strands, struct err *err);

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
