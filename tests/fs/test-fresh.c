/* SPDX-License-Identifier: ISC */
#include "fresh.h"

#include "test.h"

TEST(each_part_of_a_new_folder_is_made_once)
{
	static const enum node_kind kinds[] = { NODE_FOLDER_TMP,
						NODE_FOLDER_CUR,
						NODE_FOLDER_NEW };
	AUTO(fresh) struct fresh *fresh = fresh_new();

	CHECK(!fresh_any(fresh, 7));
	fresh_note(fresh, 7);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct node part = node_make(kinds[i], 7, 0);

		CHECK(fresh_any(fresh, 7));
		CHECK(fresh_has(fresh, part));
		CHECK(fresh_take(fresh, part));
		CHECK(!fresh_has(fresh, part));
		CHECK(!fresh_take(fresh, part));
	}
	CHECK(!fresh_any(fresh, 7));
}

TEST(nothing_else_of_it_nor_of_another_is_made)
{
	AUTO(fresh) struct fresh *fresh = fresh_new();

	fresh_note(fresh, 7);
	CHECK(!fresh_any(fresh, 8));
	CHECK(!fresh_take(fresh, node_make(NODE_FOLDER_CUR, 8, 0)));
	CHECK(!fresh_take(fresh, node_make(NODE_FOLDER, 7, 0)));
	CHECK(!fresh_take(fresh, node_make(NODE_THREAD_CUR, 7, 0)));
	CHECK(fresh_has(fresh, node_make(NODE_FOLDER_CUR, 7, 0)));
}

TEST(many_folders_need_no_more_room)
{
	AUTO(fresh) struct fresh *fresh = fresh_new();
	int known = 0;

	for (int64_t folder = 1; folder <= 100000; folder++) {
		fresh_note(fresh, folder);
		CHECK(fresh_any(fresh, folder));
	}
	for (int64_t folder = 1; folder <= 100000; folder++)
		known += fresh_any(fresh, folder);
	CHECK(known > 0 && known <= 4096);
}
