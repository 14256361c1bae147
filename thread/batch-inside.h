/* SPDX-License-Identifier: ISC */
/* A batch as its own two files see it: batch.c begins, ends and commits it,
 * batch-add.c puts into it what arrived. */
#ifndef DEFMS_BATCH_INSIDE_H
#define DEFMS_BATCH_INSIDE_H

#include "batch-folders.h"
#include "batch-meet.h"
#include "defms/batch.h"
#include "filing.h"
#include "routes.h"
#include "store-pack.h"
#include "writing.h"

struct batch {
	struct mailbox *mailbox; /* borrowed; its lock is held */
	struct writing *writing; /* owned; its state has the transaction */
	struct reader *reader;   /* borrowed from it */
	struct pack *pack;       /* owned; NULL until something is added */
	struct filing *filing;   /* owned */
	GHashTable *strands;     /* strand_id -> struct batch_strand */
	GPtrArray *in_order;     /* owned: struct batch_strand */
	struct folders *folders; /* owned */
	struct meeting *meeting; /* owned */
	struct routes *routes;   /* owned */
	GArray *came;            /* owned: int64_t, copies that came in */
	GArray *moves;           /* owned: struct ref_move, of others' chains */
	GArray *forks;           /* owned: struct ref_fork */
	int64_t last_message, last_copy;
	bool relinked; /* lines of other devices of mine came */
	bool relaxed;
	bool broken; /* a commit began, and did not end */
	gint64 started;
	uint64_t bytes;
	size_t count;
	struct err unfinished; /* code 0: nothing is */
};

#endif
