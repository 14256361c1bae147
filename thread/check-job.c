/* SPDX-License-Identifier: ISC */
#include "check-job.h"

#include <errno.h>

#include "state-check.h"

static void *start_worker(void *data)
{
	return g_async_queue_try_pop(data);
}

static void stop_worker(void *context)
{
	reader_close(context);
}

static void add_problems(struct findings *findings, enum check_cure cure,
			 const char *where, const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++)
		finding(findings, cure, "%s: %s", where,
			(const char *)g_ptr_array_index(problems, i));
}

static void check_state_db(struct check_job *job, struct reader *reader)
{
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	struct err err;

	if (state_check(reader_state(reader), problems, &err) < 0)
		finding(&job->findings, CURE_NONE, "state.db: %s", err.text);
	add_problems(&job->findings, CURE_NONE, "state.db", problems);
}

static void check_index_db(struct check_job *job, struct reader *reader)
{
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	struct index *index;
	struct err err;

	index = reader_index(reader, &err);
	if (!index || index_check(index, problems, &err) < 0)
		finding(&job->findings, CURE_INDEX, "index: %s", err.text);
	add_problems(&job->findings, CURE_INDEX, "index", problems);
}

static void work_on(void *data, void *context)
{
	struct reader *reader = context;
	struct check_job *job = data;

	switch (job->kind) {
	case CHECK_PACK:
		check_pack(mailbox_store(reader_mailbox(reader)), job->pack,
			   &job->findings);
		break;
	case CHECK_STATE:
		check_state_db(job, reader);
		break;
	case CHECK_INDEX:
		check_index_db(job, reader);
		break;
	case CHECK_STRAND:
		check_strand(reader, reader_index(reader, NULL), job->strand,
			     &job->findings, job->serials);
		break;
	}
}

struct mill_work check_work(GAsyncQueue *readers)
{
	struct mill_work work = { start_worker, work_on, stop_worker, readers };

	return work;
}

struct check_job *check_job_new(enum check_kind kind)
{
	struct check_job *job = g_new0(struct check_job, 1);

	job->kind = kind;
	findings_init(&job->findings);
	job->serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
	return job;
}

void check_job_free(struct check_job *job)
{
	g_array_unref(job->serials);
	g_free(job);
}
