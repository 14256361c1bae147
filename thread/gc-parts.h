/* SPDX-License-Identifier: ISC */
/* Shared by gc*.c. */
#ifndef DEFMS_GC_PARTS_H
#define DEFMS_GC_PARTS_H

#include "gc.h"

/* -- gc-erase.c ------------------------------------------------------------ */
/* Erase what was removed at `before` (Unix seconds) or earlier. Takes the lock,
 * a batch at a time. */
int gc_erase(struct mailbox *mailbox, int64_t before, struct gc_report *report,
	     struct err *err);

/* -- gc-leave.c ------------------------------------------------------------ */
/* Drop from strands of mine what stands in shared ones. Takes the lock, a batch
 * at a time. */
int gc_leave(struct mailbox *mailbox, struct gc_report *report,
	     struct err *err);

/* -- gc-sweep.c ------------------------------------------------------------ */
/* Under the lock, all refs moved: if anything was erased, put what is still
 * reached into new packs. */
int gc_sweep(struct mailbox *mailbox, struct state *state,
	     struct gc_report *report, struct err *err);

/* -- gc.c ------------------------------------------------------------------ */
/* Join packs (const char *; whole ones) into one, by the commit protocol, but
 * for what is not in `reached` (NULL: all is). The transaction that names it
 * also says that nothing erased is left to sweep, with `swept`. */
struct gc_join {
	const GPtrArray *names;
	GHashTable *reached;
	bool swept;
};
int gc_join(struct mailbox *mailbox, struct state *state,
	    const struct gc_join *join, struct err *err);

#endif
