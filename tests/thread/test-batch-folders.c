/* SPDX-License-Identifier: ISC */
#include "batch-folders.h"

#include "defms/state-copies.h"
#include "index-test.h"

static struct state_folder folder(struct state *state, const char *name)
{
	struct state_folder row = { 0 };
	struct err err = { 0 };

	CHECK_INT(state_folder_find(state, name, false, &row, &err), 1);
	return row;
}

TEST(a_folder_is_made_once_and_found_again)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(folders) struct folders *folders = folders_new(files->state);
	int64_t first = 0, again = 0, other = 0;
	struct err err = { 0 };

	CHECK_INT(folders_find(folders, "INBOX", &first, &err), 0);
	CHECK_INT(folders_find(folders, "lists/a", &other, &err), 0);
	CHECK_INT(folders_find(folders, "INBOX", &again, &err), 0);
	CHECK(first != other);
	CHECK_INT(again, first);
	CHECK_INT(folder(files->state, "INBOX").serial, first);
}

TEST(only_times_of_what_was_touched_grow_and_always_do)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t serial = 0, last = 0;
	struct err err = { 0 };

	for (int i = 0; i < 3; i++) {
		AUTO(folders)
		struct folders *folders = folders_new(files->state);

		CHECK_INT(folders_find(folders, "a", &serial, &err), 0);
		CHECK_INT(folders_settle(folders, &err), 0);
		CHECK_INT(folder(files->state, "a").new_time, last);
		folders_touch(folders, serial, true);
		folders_touch(folders, serial, true);
		CHECK_INT(folders_settle(folders, &err), 0);
		CHECK(folder(files->state, "a").new_time > last);
		CHECK_INT(folder(files->state, "a").cur_time, 0);
		last = folder(files->state, "a").new_time;
	}
}
