/* SPDX-License-Identifier: ISC */
#include "workers.h"

#include <glib.h>

#include "test.h"

static void count(void *job)
{
	g_atomic_int_inc((int *)job);
}

TEST(each_job_is_done_once_before_the_end)
{
	enum { JOBS = 1000 };
	static int done[JOBS];
	struct workers *workers = workers_new(3, count);

	for (size_t i = 0; i < JOBS; i++)
		workers_push(workers, &done[i]);
	workers_free(workers);
	for (size_t i = 0; i < JOBS; i++)
		CHECK_INT(done[i], 1);
}

TEST(without_a_job_there_is_nothing_to_wait_for)
{
	workers_free(workers_new(2, count));
	workers_free(NULL);
}
