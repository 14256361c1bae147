/* SPDX-License-Identifier: ISC */
#include "defms/state-remotes.h"

#include "state-test.h"
#include "store-test.h"

TEST(a_remote_is_kept_as_it_was_put)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_remote put = { .name = "pool",
				    .scope = { 1 },
				    .cards = { 2 },
				    .contacts = { 3 },
				    .root = { { 4 } },
				    .seq = 5,
				    .sequence = 6,
				    .pushed_at = 7,
				    .pulled_at = 8,
				    .whole = true,
				    .problem = "none" };
	struct state_remote got = { 0 };
	struct err err = { 0 };

	CHECK_INT(state_remote_get(state, "pool", &got, &err), 0);
	CHECK_INT(state_remote_put(state, &put, &err), 0);
	CHECK_INT(state_remote_put(state, &put, &err), 0);
	CHECK_INT(state_remote_get(state, "pool", &got, &err), 1);
	CHECK_MEM(&got, &put, sizeof(got));
	CHECK_INT(state_remote_drop(state, "pool", &err), 0);
	CHECK_INT(state_remote_get(state, "pool", &got, &err), 0);
}

TEST(heads_are_mine_or_of_others_and_in_order)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(array) GArray *mine = NULL;
	AUTO(array) GArray *others = NULL;
	struct err err = { 0 };

	for (int i = 9; i >= 0; i--) {
		struct head head = { .number = i % 2, .tip = { { 7 } } };

		head.strand.bytes[0] = (uint8_t)(i / 4 * 100);
		head.device.bytes[0] = (uint8_t)(i / 2 * 50);
		CHECK_INT(state_given_put(state, "a", true, &head, &err), 0);
		CHECK_INT(state_given_put(state, "b", true, &head, &err), 0);
		if (i == 3)
			CHECK_INT(
				state_given_put(state, "a", false, &head, &err),
				0);
	}
	CHECK_INT(state_given_list(state, "a", true, &mine, &err), 0);
	CHECK_INT(state_given_list(state, "a", false, &others, &err), 0);
	CHECK_INT(mine->len, 10);
	CHECK_INT(others->len, 1);
	for (guint i = 1; i < mine->len; i++)
		CHECK(head_compare(&g_array_index(mine, struct head, i - 1),
				   &g_array_index(mine, struct head, i)) < 0);
	CHECK_INT(state_given_drop(state, "a", true,
				   &g_array_index(mine, struct head, 0), &err),
		  0);
	g_array_unref(take(mine));
	CHECK_INT(state_given_list(state, "a", true, &mine, &err), 0);
	CHECK_INT(mine->len, 9);
	g_array_unref(take(mine));
	CHECK_INT(state_given_clear(state, "a", true, &err), 0);
	CHECK_INT(state_given_list(state, "a", true, &mine, &err), 0);
	CHECK_INT(mine->len, 0);
	g_array_unref(take(mine));
	CHECK_INT(state_given_list(state, "b", true, &mine, &err), 0);
	CHECK_INT(mine->len, 10);
}

TEST(files_are_mine_or_of_others)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(array) GArray *files = NULL;
	struct state_file file = { .name = "b.car",
				   .size = 1,
				   .mtime = 2,
				   .ctime = 3,
				   .mine = true,
				   .joined = 4 };
	struct state_file other = { .name = "a.car" };
	struct err err = { 0 };

	CHECK_INT(state_file_put(state, "pool", &file, &err), 0);
	CHECK_INT(state_file_put(state, "pool", &other, &err), 0);
	CHECK_INT(state_file_list(state, "pool", &files, &err), 0);
	CHECK_INT(files->len, 2);
	CHECK_STR(g_array_index(files, struct state_file, 0).name, "a.car");
	CHECK_MEM(&g_array_index(files, struct state_file, 1), &file,
		  sizeof(file));
	g_array_unref(take(files));
	CHECK_INT(state_file_clear(state, "pool", false, &err), 0);
	CHECK_INT(state_file_list(state, "pool", &files, &err), 0);
	CHECK_INT(files->len, 1);
	g_array_unref(take(files));
	CHECK_INT(state_file_drop(state, "pool", "b.car", &err), 0);
	CHECK_INT(state_file_list(state, "pool", &files, &err), 0);
	CHECK_INT(files->len, 0);
}

TEST(a_name_is_kept_until_its_remote_is_dropped)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_name put = { .name = "k51",
				  .sequence = INT64_MAX,
				  .root = { { 4 } },
				  .pinned = true };
	struct state_name got = { 0 };
	struct err err = { 0 };

	CHECK_INT(state_name_get(state, "a", "k51", &got, &err), 0);
	CHECK_INT(state_name_put(state, "a", &put, &err), 0);
	CHECK_INT(state_name_put(state, "b", &put, &err), 0);
	put.sequence = 7;
	put.pinned = false;
	CHECK_INT(state_name_put(state, "a", &put, &err), 0);
	CHECK_INT(state_name_get(state, "a", "k51", &got, &err), 1);
	CHECK_MEM(&got, &put, sizeof(got));
	CHECK_INT(state_remote_drop(state, "a", &err), 0);
	CHECK_INT(state_name_get(state, "a", "k51", &got, &err), 0);
	CHECK_INT(state_name_get(state, "b", "k51", &got, &err), 1);
	CHECK_INT(got.sequence, INT64_MAX);
	CHECK(got.pinned);
}
