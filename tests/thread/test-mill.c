/* SPDX-License-Identifier: ISC */
/* Also run under -fsanitize=thread, by hand: GLib's mutexes are invisible to
 * it unless they are wrapped. */
#include "defms/mill.h"

#include <glib.h>

#include "test.h"

struct job {
	unsigned number, micros;
	size_t bytes;
	bool done;
};

struct count {
	gint started, stopped, working, most;
};

static void *start(void *data)
{
	struct count *count = data;

	g_atomic_int_inc(&count->started);
	return count;
}

static void stop(void *context)
{
	struct count *count = context;

	g_atomic_int_inc(&count->stopped);
}

static void work(void *data, void *context)
{
	struct job *job = data;
	struct count *count = context;

	g_atomic_int_inc(&count->working);
	g_usleep(job->micros);
	job->done = true;
	(void)g_atomic_int_dec_and_test(&count->working);
}

/* Put and take `total` jobs of random weight and length. */
static void run(unsigned workers, size_t jobs, size_t bytes, unsigned total)
{
	struct count count = { 0 };
	const struct mill_work how = { start, work, stop, &count };
	AUTO(mill) struct mill *mill = mill_new(&how, workers, jobs, bytes);
	AUTO(ptrs) GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	GRand *rand = g_rand_new_with_seed(total + workers);
	size_t inside = 0, weight = 0;
	unsigned next = 0;
	struct job *job;

	for (unsigned i = 0; i < total; i++) {
		while (!mill_has_room(mill)) {
			job = mill_take(mill);
			if (!CHECK(job != NULL))
				return;
			CHECK_INT(job->number, next);
			CHECK(job->done);
			next++;
			inside--;
			weight -= job->bytes;
		}
		/* Room: nothing inside, or less than both bounds. */
		CHECK(inside == 0 || (inside < jobs && weight < bytes));
		job = g_new0(struct job, 1);
		job->number = i;
		job->micros = (unsigned)g_rand_int_range(rand, 0, 200);
		job->bytes = (size_t)g_rand_int_range(rand, 0, 100);
		g_ptr_array_add(all, job);
		mill_put(mill, job, job->bytes);
		inside++;
		weight += job->bytes;
	}
	while ((job = mill_take(mill))) {
		CHECK_INT(job->number, next);
		CHECK(job->done);
		next++;
	}
	CHECK_INT(next, total);
	mill_free(take(mill));
	CHECK_INT(count.stopped, count.started);
	if (workers)
		CHECK_INT(count.started, workers);
	g_rand_free(rand);
}

TEST(jobs_come_out_in_the_order_they_went_in)
{
	static const struct {
		unsigned workers;
		size_t jobs, bytes;
	} known[] = {
		{ 1, 1, 1 },       { 1, 16, 100000 }, { 4, 16, 100000 },
		{ 8, 3, 1 << 20 }, { 8, 64, 300 },    { 0, 64, 100000 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		run(known[i].workers, known[i].jobs, known[i].bytes, 500);
}

TEST(a_mill_without_jobs_gives_none_and_ends)
{
	for (int i = 0; i < 50; i++)
		run((unsigned)i % 5 + 1, 4, 4, 0);
}

TEST(one_larger_than_all_bounds_goes_alone)
{
	struct count count = { 0 };
	const struct mill_work how = { start, work, stop, &count };
	AUTO(mill) struct mill *mill = mill_new(&how, 2, 10, 100);
	struct job jobs[2] = { { .number = 0 }, { .number = 1 } };

	CHECK(mill_has_room(mill));
	mill_put(mill, &jobs[0], 1000);
	CHECK(!mill_has_room(mill));
	CHECK(mill_take(mill) == &jobs[0]);
	CHECK(mill_has_room(mill));
	mill_put(mill, &jobs[1], 99);
	CHECK(mill_has_room(mill));
	CHECK(mill_take(mill) == &jobs[1]);
	CHECK(mill_take(mill) == NULL);
}
