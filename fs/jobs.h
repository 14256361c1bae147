/* SPDX-License-Identifier: ISC */
/* Changes of mail that requests ask for, several to a batch. */
#ifndef DEFMS_JOBS_H
#define DEFMS_JOBS_H

#include <stdbool.h>

#include <glib.h>

#include "defms/change.h"
#include "defms/err.h"
#include "fs.h"

/* One change. `apply` runs inside of a batch: 0, or -1 with the errno for the
 * caller, and what it did to the state is undone; a failure that is not the
 * caller's undoes all of the batch. Its work's state is the batch's. `done` is
 * called once, after the commit, with NULL or why it failed, and frees the job.
 * Both run in the writer or in its stead (writer.c), one after another. Without
 * `apply` there is only `done`, between two batches. */
struct job {
	int (*apply)(struct job *job, struct batch *batch, struct work *work,
		     struct err *err);
	void (*done)(struct job *job, const struct err *failure);
	bool relaxed; /* fsync, or 1 s, makes it durable */
};

/* Do jobs, as many from the head on as go into a batch; what cannot be done,
 * and what is committed, is answered. `batch` is freed; NULL, for the reason in
 * `err`, fails all. True: something was committed. */
bool jobs_run(struct fs *fs, struct batch *batch, GQueue *jobs,
	      struct err *err);
/* Call done() of each. */
void jobs_answer(GQueue *jobs, const struct err *failure);
/* Does none of them need the disk at once? */
bool jobs_are_relaxed(const GQueue *jobs);

#endif
