/* SPDX-License-Identifier: ISC */
#include "defms/index-view.h"
#include "index-test.h"

#include "index-write.h"
#include "search-node.h"

static guint found(struct index_files *files, const char *query)
{
	static const struct search_options all = { 0 };
	AUTO(search) struct search *search = NULL;
	AUTO(array) GArray *serials = NULL;
	struct err err = { 0 };

	must(search_parse(query, 0, &search, &err), &err);
	search->removed = true;
	must(search_messages(files->index, search, &all, &serials, &err), &err);
	return serials->len;
}

static bool is_listed(struct index_files *files, const char *mail,
		      enum index_mention kind)
{
	struct err err = { 0 };
	int64_t serial;

	return index_address_find(files->index, mail, kind, &serial, &err) > 0;
}

static void forget(struct index_files *files, int64_t message)
{
	struct err err = { 0 };

	must(index_write_begin(files->index, &err), &err);
	CHECK_INT(index_forget(files->index, message, &err), 0);
	CHECK_INT(index_forget_mentions(files->index, &err), 0);
	must(index_write_end(files->index, ++files->seq, 0, &err), &err);
}

TEST(what_is_forgotten_is_found_by_nothing)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "t");
	int64_t first = dated(files, thread, 1, "Mon, 2 Nov 2026 10:00 +0000");
	int64_t second = message_new(files, thread,
				     "From: a1@x\nTo: c@x\nMessage-ID: <2@x>\n"
				     "Subject: s2\n\nbody\n");
	struct index_message row = { 0 };
	AUTO(array) GArray *months = NULL;
	struct err err = { 0 };

	CHECK_INT(found(files, "body"), 2);
	forget(files, first);
	CHECK_INT(found(files, "body"), 1);
	CHECK_INT(found(files, "s1"), 0);
	CHECK_INT(found(files, "from:a1@x"), 1);
	CHECK_INT(found(files, "id:1@x"), 0);
	CHECK_INT(index_message_get(files->index, first, &row, &err), 0);
	CHECK_INT(index_message_get(files->index, second, &row, &err), 1);
	index_message_release(&row);
	CHECK(is_listed(files, "a1@x", MENTION_FROM));
	CHECK(!is_listed(files, "b1@x", MENTION_TO));
	CHECK(is_listed(files, "c@x", MENTION_TO));
	CHECK_SERIALS(index_months(files->index, &months, &err), months, "");
}

TEST(an_index_that_is_behind_knows_what_was_erased)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "t");
	int64_t first = dated(files, thread, 1, NULL);
	AUTO(array) GArray *serials = NULL;
	AUTO(str) char *want = NULL;
	struct err err = { 0 };

	(void)dated(files, thread, 2, NULL);
	want = g_strdup_printf("%" PRId64, first);
	CHECK_SERIALS(index_erased(files->index, &serials, &err), serials, "");
	CHECK_INT(state_erase(files->state, first, &err), 0);
	CHECK_SERIALS(index_erased(files->index, &serials, &err), serials,
		      want);
	forget(files, first);
	CHECK_SERIALS(index_erased(files->index, &serials, &err), serials, "");
}

/* Its words are still there. */
TEST(what_was_forgotten_may_be_added_again)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "t");
	int64_t first = dated(files, thread, 1, NULL), second;
	struct err err = { 0 };

	CHECK_INT(state_erase(files->state, first, &err), 0);
	forget(files, first);
	second = dated(files, thread, 1, NULL);
	CHECK_INT(second, first);
	CHECK_INT(found(files, "body"), 1);
	CHECK_INT(found(files, "\"body 1\""), 1);
	CHECK_INT(found(files, "from:a1@x"), 1);
	CHECK(is_listed(files, "a1@x", MENTION_FROM));
}
