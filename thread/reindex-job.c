/* SPDX-License-Identifier: ISC */
#include "reindex-job.h"

#include <errno.h>

/* A worker's own. */
struct worker {
	struct reader *reader; /* owned; NULL: `err` says why */
	struct err err;
};

static void *start_worker(void *data)
{
	struct worker *worker = g_new0(struct worker, 1);

	(void)reader_open(data, &worker->reader, &worker->err);
	return worker;
}

static void stop_worker(void *context)
{
	struct worker *worker = context;

	reader_close(worker->reader);
	g_free(worker);
}

/* What one chain has spoiled another may have whole. */
static int open_entry(struct reindex_job *job, struct reader *reader,
		      struct err *err)
{
	int result = -1;

	for (guint i = 0; i < job->chains->len && result < 0; i++) {
		job->stored =
			g_array_index(job->chains, struct union_entry, i).entry;
		(void)g_byte_array_set_size(job->made->content, 0);
		result = reader_entry(reader, job->strand.serial, &job->stored,
				      job->made->content, err);
		if (result < 0 && !err_is_damage(err))
			break;
	}
	return result;
}

static int open_message(struct reindex_job *job, struct reader *reader,
			struct err *err)
{
	struct arrival_made *made = job->made;

	made->content = g_byte_array_new();
	if (open_entry(job, reader, err) < 0)
		return -1;
	made->id = job->stored.id;
	made->hash =
		message_id_of(NULL, made->content->data, made->content->len);
	arrival_read(made);
	return 0;
}

static void work_on(void *data, void *context)
{
	struct worker *worker = context;
	struct reindex_job *job = data;

	job->failed = true;
	if (worker->reader)
		job->failed = open_message(job, worker->reader, &job->err) < 0;
	else
		(void)err_set(&job->err,
			      err_is_damage(&worker->err) ? EIO
							  : worker->err.code,
			      "%s", worker->err.text);
}

void reindex_job_free(void *data)
{
	struct reindex_job *job = data;

	arrival_made_free(job->made);
	g_array_unref(job->chains);
	g_free(job);
}

struct reindex_job *reindex_job_new(const struct state_strand *strand,
				    const struct union_entry *stored,
				    guint count)
{
	struct reindex_job *job = g_new0(struct reindex_job, 1);

	job->strand = *strand;
	job->chains = g_array_new(FALSE, FALSE, sizeof(struct union_entry));
	(void)g_array_append_vals(job->chains, stored, count);
	job->made = g_new0(struct arrival_made, 1);
	return job;
}

struct mill_work reindex_work(struct mailbox *mailbox)
{
	struct mill_work work = { start_worker, work_on, stop_worker, mailbox };

	return work;
}
