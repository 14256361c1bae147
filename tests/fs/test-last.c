/* SPDX-License-Identifier: ISC */
#include "last.h"

#include "index-test.h"

static int64_t copy_new(struct index_files *files, int64_t folder, bool is_new)
{
	struct state_copy copy = { .message = 1,
				   .folder = folder,
				   .is_new = is_new };
	struct err err = { 0 };

	must(state_copy_add(files->state, &copy, NULL, 0, &err), &err);
	return copy.serial;
}

static void check_copies(struct work *work, int64_t folder, int64_t want)
{
	struct err err = { 0 };

	/* From any serial on, never back. */
	for (int64_t from = 0; from < 14; from++) {
		int64_t last = from;

		CHECK_INT(last_copy(work, folder, &last, &err), 0);
		CHECK_INT(last, MAX(from, want));
	}
}

TEST(the_last_copy_of_a_folder_is_found_in_new_and_in_cur)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct work work = { .state = files->state, .index = files->index };
	int64_t last[4] = { 0 };

	for (int i = 0; i < 12; i++) {
		int64_t folder = 1 + i * 7 % 3;

		last[folder] = copy_new(files, folder, i % 4 == 1);
		check_copies(&work, 1, last[1]);
		check_copies(&work, 2, last[2]);
		check_copies(&work, 4, 0);
	}
}

TEST(the_last_thread_that_shows_anything_is_found)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct work work = { .state = files->state, .index = files->index };
	struct err err = { 0 };

	for (int i = 1; i <= 9; i++) {
		AUTO(str) char *name = g_strdup_printf("t%d", i);
		int64_t last = 0;

		CHECK_INT(thread_new(files, name), i);
		CHECK_INT(last_thread(&work, &last, &err), 0);
		CHECK_INT(last, (i - 1) / 2 * 2);
		if (i % 2 == 0)
			(void)dated(files, i, i, NULL);
	}
}
