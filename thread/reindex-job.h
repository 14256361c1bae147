/* SPDX-License-Identifier: ISC */
/* What a worker of a reindex does: it opens a message and reads it. */
#ifndef DEFMS_REINDEX_JOB_H
#define DEFMS_REINDEX_JOB_H

#include "arrival.h"
#include "defms/mill.h"
#include "strand-union.h"

/* A message on its way into the index. */
struct reindex_job {
	struct state_strand strand;
	GArray *chains; /* owned: struct union_entry: what each has of it */
	struct strand_entry stored; /* the one that is whole */
	struct arrival_made *made;  /* owned */
	int64_t serial;
	struct err err;
	bool failed;
};

/* A message of `strand` that stands in `count` chains, as in `stored`. */
struct reindex_job *reindex_job_new(const struct state_strand *strand,
				    const struct union_entry *stored,
				    guint count);
/* For a GPtrArray, too. */
void reindex_job_free(void *job);

/* The work of a mill whose workers open a reader each of `mailbox`. */
struct mill_work reindex_work(struct mailbox *mailbox);

#endif
