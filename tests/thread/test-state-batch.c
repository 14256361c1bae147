/* SPDX-License-Identifier: ISC */
#include "defms/state-batch.h"
#include "defms/state.h"
#include "state-test.h"
#include "store-test.h"

static int64_t run_of(struct state *state, int64_t seq)
{
	int64_t run = -1;
	struct err err;

	CHECK_INT(state_run_of(state, seq, &run, &err), 0);
	return run;
}

TEST(a_batch_is_of_the_run_that_began_last_before_it)
{
	static const int64_t runs[] = { 0, 7, 7, 7, 8, 8, 7, 9 };
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct err err;

	CHECK(run_of(state, 1) == 0);
	for (int64_t seq = 1; seq < (int64_t)G_N_ELEMENTS(runs); seq++)
		CHECK_INT(state_run_on(state, seq, runs[seq], &err), 0);
	for (int64_t seq = 1; seq < (int64_t)G_N_ELEMENTS(runs); seq++)
		CHECK(run_of(state, seq) == runs[seq]);
	CHECK(run_of(state, 0) == 0);
	CHECK(run_of(state, 1000) == 9);
}

TEST(a_thousand_runs_are_remembered)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct err err;

	CHECK_INT(state_begin(state, true, &err), 0);
	for (int64_t seq = 1; seq <= 1500; seq++)
		CHECK_INT(state_run_on(state, seq, 5000 + seq, &err), 0);
	CHECK_INT(state_commit(state, &err), 0);
	CHECK(run_of(state, 500) == 0);
	CHECK(run_of(state, 501) == 5501);
	CHECK(run_of(state, 1500) == 6500);
}

static void check_touched(struct state *state, const int64_t *want, guint count)
{
	AUTO(array) GArray *got = NULL;
	struct err err;

	CHECK_INT(state_touched_list(state, &got, &err), 0);
	CHECK_INT(got->len, count);
	for (guint i = 0; i < MIN(got->len, count); i++)
		CHECK(g_array_index(got, int64_t, i) == want[i]);
}

TEST(threads_that_were_touched_are_those_of_the_last_batch)
{
	static const int64_t all[] = { 1, 255, 256, INT64_MAX, 3 };
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	int64_t seq = 0, last = 0, touched;
	struct err err;

	check_touched(state, NULL, 0);
	for (guint count = G_N_ELEMENTS(all) + 1; count-- > 0;) {
		AUTO(array)
		GArray *threads = g_array_new(FALSE, FALSE, sizeof(int64_t));

		(void)g_array_append_vals(threads, all, count);
		seq++;
		CHECK_INT(state_touched_set(state, seq, threads, &err), 0);
		check_touched(state, all, count);
		last = count > 0 ? seq : last;
		CHECK_INT(state_get(state, STATE_TOUCHED, &touched, &err), 0);
		CHECK_INT(touched, last);
		CHECK_INT(state_get(state, "seq", &touched, &err), 0);
		CHECK_INT(touched, seq);
	}
}

TEST(what_is_undone_never_was_and_the_rest_stays)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	int64_t a, b, c;
	struct err err;

	CHECK_INT(state_begin(state, true, &err), 0);
	CHECK_INT(state_save(state, &err), 0);
	CHECK_INT(state_set(state, "a", 1, &err), 0);
	CHECK_INT(state_keep(state, &err), 0);
	CHECK_INT(state_save(state, &err), 0);
	CHECK_INT(state_set(state, "a", 2, &err), 0);
	CHECK_INT(state_set(state, "b", 2, &err), 0);
	CHECK_INT(state_undo(state, &err), 0);
	CHECK_INT(state_set(state, "c", 3, &err), 0);
	CHECK_INT(state_commit(state, &err), 0);
	CHECK_INT(state_get(state, "a", &a, &err), 0);
	CHECK_INT(state_get(state, "b", &b, &err), 0);
	CHECK_INT(state_get(state, "c", &c, &err), 0);
	CHECK(a == 1 && b == 0 && c == 3);
}
