/* SPDX-License-Identifier: ISC */
#include "index-test.h"
#include "index-write.h"

static void check_thread(struct index_files *files, int64_t serial,
			 int64_t joined, int64_t live, int64_t first,
			 int64_t last)
{
	struct index_thread thread;
	struct err err = { 0 };

	if (!CHECK_INT(index_thread_get(files->index, serial, &thread, &err),
		       1))
		return;
	CHECK_INT(thread.serial, serial);
	CHECK_INT(thread.joined, joined);
	CHECK_INT(thread.live, live);
	CHECK_INT(thread.first_date, first);
	CHECK_INT(thread.last_date, last);
}

static void join(struct index_files *files, int64_t thread, int64_t elder)
{
	struct err err = { 0 };

	files->seq++;
	must(index_write_begin(files->index, &err), &err);
	must(index_touch_thread(files->index, elder, files->seq, files->seq,
				&err),
	     &err);
	must(index_join(files->index, thread, elder, files->seq, &err), &err);
	must(index_write_end(files->index, files->seq, 0, &err), &err);
}

TEST(a_thread_counts_its_messages_and_knows_their_dates)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "one");

	check_thread(files, thread, 0, 0, 0, 0);
	(void)dated(files, thread, 1, "Thu, 01 Oct 2026 10:00:00 +0000");
	check_thread(files, thread, 0, 1, 1790848800, 1790848800);
	(void)dated(files, thread, 2, "Fri, 02 Oct 2026 10:00:00 +0000");
	(void)dated(files, thread, 3, "Wed, 30 Sep 2026 10:00:00 +0000");
	check_thread(files, thread, 0, 3, 1790762400, 1790935200);
	(void)dated(files, thread, 4, "Wed, 31 Dec 1969 00:00:00 +0000");
	check_thread(files, thread, 0, 4, -86400, 1790935200);
}

TEST(a_thread_is_found_by_its_name)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t one = thread_new(files, "2026-10-01.caf\xc3\xa9.aaaaaa");
	int64_t two = thread_new(files, "2026-10-01.caf\xc3\xa9.aaaaab");
	struct index_thread thread;
	struct err err = { 0 };

	CHECK_INT(index_thread_named(files->index,
				     "2026-10-01.caf\xc3\xa9.aaaaab", &thread,
				     &err),
		  1);
	CHECK_INT(thread.serial, two);
	CHECK_INT(index_thread_get(files->index, one, &thread, &err), 1);
	CHECK_STR(thread.name, "2026-10-01.caf\xc3\xa9.aaaaaa");
	CHECK_INT(index_thread_named(files->index, "", &thread, &err), 0);
	CHECK_INT(index_thread_named(files->index, "2026-10-01.caf\xc3\xa9",
				     &thread, &err),
		  0);
	CHECK_INT(index_thread_get(files->index, two + 1, &thread, &err), 0);
	CHECK_INT(index_thread_get(files->index, -1, &thread, &err), 0);
}

TEST(a_joined_thread_gives_the_elder_all_it_has)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t elder = thread_new(files, "elder");
	int64_t young = thread_new(files, "young");
	GArray *serials = NULL;
	struct err err = { 0 };

	(void)dated(files, elder, 1, "Fri, 02 Oct 2026 10:00:00 +0000");
	(void)dated(files, young, 2, "Thu, 01 Oct 2026 10:00:00 +0000");
	(void)dated(files, young, 3, "Sat, 03 Oct 2026 10:00:00 +0000");
	join(files, young, elder);
	check_thread(files, elder, 0, 3, 1790848800, 1791021600);
	check_thread(files, young, elder, 0, 1790848800, 1791021600);
	CHECK_SERIALS(index_places(files->index, elder, -1, &serials, &err),
		      serials, "1 2 3");
	CHECK_SERIALS(index_places(files->index, young, -1, &serials, &err),
		      serials, "");
	/* Oldest first; what came with the join came with its change. */
	CHECK_SERIALS(index_message_order(files->index, elder, INT64_MAX,
					  &serials, &err),
		      serials, "2 1 3");
	CHECK_SERIALS(index_message_order(files->index, elder, files->seq - 1,
					  &serials, &err),
		      serials, "1");
	/* An empty one joins too. */
	join(files, thread_new(files, "empty"), elder);
	check_thread(files, elder, 0, 3, 1790848800, 1791021600);
}

/* Threads 1 to 5 join in all orders, each the next elder: whatever the order,
 * every msgid leads to thread 1. */
static void check_chain(const int order[4])
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct err err = { 0 };
	GArray *serials = NULL;

	for (int i = 1; i <= 5; i++) {
		AUTO(str) char *name = g_strdup_printf("t%d", i);

		CHECK_INT(thread_new(files, name), i);
		(void)dated(files, i, i, "Thu, 01 Oct 2026 10:00:00 +0000");
	}
	for (int i = 0; i < 4; i++) {
		AUTO(str) char *msgid = g_strdup_printf("%d@x", order[i]);
		int64_t at = 0;

		CHECK_INT(index_thread_of_msgid(files->index, msgid, &at, &err),
			  1);
		/* As batches do it: the thread shown joins the one shown. */
		if (order[i] - 1 >= 1) {
			AUTO(str)
			char *elder_id = g_strdup_printf("%d@x", order[i] - 1);
			int64_t elder = 0;

			CHECK_INT(index_thread_of_msgid(files->index, elder_id,
							&elder, &err),
				  1);
			join(files, MAX(at, elder), MIN(at, elder));
		}
	}
	for (int i = 1; i <= 5; i++) {
		AUTO(str) char *msgid = g_strdup_printf("%d@x", i);
		int64_t at = 0;

		CHECK_INT(index_thread_of_msgid(files->index, msgid, &at, &err),
			  1);
		CHECK_INT(at, 1);
		check_thread(files, i, i == 1 ? 0 : 1, i == 1 ? 5 : 0,
			     1790848800, 1790848800);
	}
	CHECK_SERIALS(index_places(files->index, 1, -1, &serials, &err),
		      serials, "1 2 3 4 5");
}

TEST(chains_of_joins_end_in_the_eldest_in_any_order)
{
	static const int orders[][4] = {
		{ 2, 3, 4, 5 }, { 5, 4, 3, 2 }, { 3, 5, 2, 4 },
		{ 5, 3, 4, 2 }, { 4, 2, 5, 3 }, { 3, 5, 4, 2 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
		check_chain(orders[i]);
}

/* A chain that is not flat, as one index_join() after another leaves none. */
TEST(a_msgid_is_followed_along_a_chain)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct err err = { 0 };
	int64_t at = 0;

	for (int i = 1; i <= 3; i++) {
		AUTO(str) char *name = g_strdup_printf("t%d", i);

		(void)thread_new(files, name);
	}
	join(files, 2, 1);
	join(files, 3, 2);
	must(index_write_begin(files->index, &err), &err);
	must(index_add_msgid(files->index,
			     index_msgid_key(files->index, "late@x"), 3, &err),
	     &err);
	must(index_write_end(files->index, files->seq, 0, &err), &err);
	CHECK_INT(index_thread_of_msgid(files->index, "late@x", &at, &err), 1);
	CHECK_INT(at, 1);
	CHECK_INT(index_thread_of_msgid(files->index, "Late@x", &at, &err), 0);
	CHECK_INT(index_thread_of_msgid(files->index, "", &at, &err), 0);
}

TEST(threads_come_a_page_at_a_time)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct err err = { 0 };

	/* Every third has no message and shows nothing. */
	for (int i = 1; i <= 20; i++) {
		AUTO(str) char *name = g_strdup_printf("t%d", i);

		(void)thread_new(files, name);
		if (i % 3)
			(void)dated(files, i, i, NULL);
	}
	join(files, 20, 1);
	for (int64_t limit = 1; limit < 20; limit++) {
		AUTO(gstring) GString *got = g_string_new(NULL);
		int64_t after = 0;
		guint len;

		do {
			AUTO(array) GArray *page = NULL;

			CHECK_INT(index_thread_range(files->index, after, limit,
						     &page, &err),
				  0);
			len = page->len;
			CHECK(len <= (guint)limit);
			for (guint i = 0; i < len; i++) {
				after = g_array_index(page, struct index_thread,
						      i)
						.serial;
				g_string_append_printf(got, "%" PRId64 " ",
						       after);
			}
		} while (len > 0);
		CHECK_STR(got->str, "1 2 4 5 7 8 10 11 13 14 16 17 19 20 ");
	}
}

TEST(what_changed_is_known_by_the_number_of_the_change)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t one = thread_new(files, "one"), two = thread_new(files, "two");
	GArray *serials = NULL;
	struct err err = { 0 };
	int64_t count, changed, seq;

	CHECK_INT(index_thread_count(files->index, &count, &changed, &err), 0);
	CHECK_INT(count, 0);
	(void)dated(files, one, 1, NULL);
	(void)dated(files, two, 2, NULL);
	CHECK_INT(index_thread_count(files->index, &count, &changed, &err), 0);
	CHECK_INT(count, 2);
	CHECK_INT(changed, 4);
	CHECK_INT(index_seq(files->index, &seq, &err), 0);
	CHECK_INT(seq, 4);
	CHECK_SERIALS(index_thread_changed(files->index, 0, &serials, &err),
		      serials, "1 2");
	CHECK_SERIALS(index_thread_changed(files->index, 3, &serials, &err),
		      serials, "2");
	CHECK_SERIALS(index_thread_changed(files->index, 4, &serials, &err),
		      serials, "");
	join(files, two, one);
	CHECK_SERIALS(index_thread_changed(files->index, 4, &serials, &err),
		      serials, "1 2");
	CHECK_INT(index_thread_count(files->index, &count, &changed, &err), 0);
	CHECK_INT(count, 1);
	/* Times grow though the clock went back. */
	must(index_write_begin(files->index, &err), &err);
	must(index_touch_thread(files->index, one, 6, -7, &err), &err);
	must(index_write_end(files->index, 6, 0, &err), &err);
	CHECK_INT(index_thread_count(files->index, &count, &changed, &err), 0);
	CHECK_INT(changed, 6);
}
