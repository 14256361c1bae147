/* SPDX-License-Identifier: ISC */
/* Keeping the store small in files, and erasing what was removed. */
#ifndef DEFMS_GC_H
#define DEFMS_GC_H

#include "defms/mailbox.h"

struct gc_report {
	size_t erased;  /* messages that were removed, and are no more */
	size_t kept;    /* such that stay, for their strand is damaged */
	size_t left;    /* messages that left mine, for they are shared */
	size_t swept;   /* packs written anew without what was erased */
	bool unswept;   /* not all of them: something is damaged */
	size_t joined;  /* packs whose content is in another one now */
	size_t dropped; /* packs removed */
	size_t skipped; /* damaged ones, left as they are */
	size_t indexes; /* dead indexes removed */
};

/* Erase what was removed at `before` (Unix seconds) or earlier, join packs, put
 * loose refs into packed-refs, remove what was joined an hour ago (with `now`:
 * at once) and indexes that are not in use. Takes the lock. */
int mailbox_gc(struct mailbox *mailbox, bool now, int64_t before,
	       struct gc_report *report_r, struct err *err);

/* Under the lock, after a batch: join the small packs if there are more than
 * 50, remove what was joined an hour ago. Failing is no harm. */
void mailbox_gc_step(struct mailbox *mailbox, struct state *state);

#endif
