/* SPDX-License-Identifier: ISC */
#include "jobs.h"

#include <errno.h>

#include "defms/batch.h"
#include "writer.h"

enum { BATCH_JOBS = 1000 };

/* Is it the caller's doing, so that the rest of a batch goes on? */
static bool is_refused(const struct err *err)
{
	static const int codes[] = {
		EPERM,     EEXIST,  ENOENT,       EINVAL, EXDEV,  EBUSY,
		ENOTEMPTY, ENOTDIR, ENAMETOOLONG, EISDIR, ESTALE,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (err->code == codes[i])
			return true;
	return false;
}

void jobs_answer(GQueue *jobs, const struct err *failure)
{
	struct job *job;

	while ((job = g_queue_pop_head(jobs)))
		job->done(job, failure);
}

bool jobs_are_relaxed(const GQueue *jobs)
{
	const GList *at = jobs->head;

	while (at && ((struct job *)at->data)->relaxed)
		at = at->next;
	return !at;
}

/* 0 done, 1 refused: then the batch is as it was; -1. */
static int apply_one(struct batch *batch, struct work *work, struct job *job,
		     struct err *err)
{
	struct err lost;

	if (state_save(work->state, err) < 0)
		return -1;
	if (job->apply(job, batch, work, err) == 0)
		return state_keep(work->state, err);
	if (!is_refused(err))
		return -1;
	if (state_undo(work->state, &lost) == 0)
		return 1;
	*err = lost;
	return -1;
}

/* The same of one that is all of a batch. */
static int apply_only(struct batch *batch, struct work *work, struct job *job,
		      struct err *err)
{
	if (job->apply(job, batch, work, err) == 0)
		return 0;
	return is_refused(err) ? 1 : -1;
}

/* Jobs from the head on that go into a batch. Those that cannot
 * be done are answered. -1: the batch is no good any more. */
static int apply_some(struct batch *batch, struct work *work, GQueue *jobs,
		      GQueue *applied, struct err *err)
{
	bool only = jobs->length == 1;

	while (!g_queue_is_empty(jobs) && applied->length < BATCH_JOBS) {
		struct job *job = jobs->head->data;
		int result;

		/* At least one: who brings a single job does not come again. */
		if (!job->apply ||
		    (applied->length > 0 && batch_should_end(batch)))
			break;
		(void)g_queue_pop_head(jobs);
		work_forget(work);
		result = (only ? apply_only : apply_one)(batch, work, job, err);
		if (result > 0)
			job->done(job, err);
		else
			g_queue_push_tail(applied, job);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int commit_some(struct fs *fs, struct batch *batch, GQueue *jobs,
		       GQueue *applied, struct err *err)
{
	struct work work;
	int result;

	if (work_in_batch(fs, batch, &work, err) < 0)
		return -1;
	result = apply_some(batch, &work, jobs, applied, err);
	work_forget(&work);
	if (result < 0)
		return -1;
	if (g_queue_is_empty(applied))
		return 0;
	if (batch_commit(batch, err) < 0)
		return -1;
	writer_look_back(fs, batch);
	return 0;
}

bool jobs_run(struct fs *fs, struct batch *begun, GQueue *jobs, struct err *err)
{
	AUTO(batch) struct batch *batch = begun;
	GQueue applied = G_QUEUE_INIT;
	bool some;

	if (batch && commit_some(fs, batch, jobs, &applied, err) == 0) {
		some = applied.length > 0;
		batch_free(take(batch));
		jobs_answer(&applied, NULL);
		return some;
	}
	batch_free(take(batch));
	journal_add(fs->errors, err->text);
	/* The batch could not even begin: it would not for the rest. */
	if (g_queue_is_empty(&applied))
		jobs_answer(jobs, err);
	jobs_answer(&applied, err);
	return false;
}
