/* SPDX-License-Identifier: ISC */
#include "defms/index-view.h"
#include "defms/state-copies.h"
#include "index-test.h"

/* The months and threads expected here are those of date -u. */
TEST(a_month_has_the_threads_of_its_messages)
{
	static const struct {
		const char *date;
		int64_t month;
	} known[] = {
		{ "Thu, 01 Jan 1970 00:00:01 +0000", 197001 },
		{ "Wed, 31 Dec 1969 23:59:59 +0000", 196912 },
		{ "Sun, 30 Nov 1969 00:00:00 +0000", 196911 },
		{ "Thu, 29 Feb 2024 23:59:59 +0000", 202402 },
		{ "Fri, 01 Mar 2024 00:00:00 +0000", 202403 },
		{ "Fri, 01 Mar 2024 00:30:00 +0100", 202402 },
		{ "Sat, 31 Jan 2026 23:30:00 -0100", 202602 },
		{ "Thu, 31 Dec 2026 23:59:59 +0000", 202612 },
		{ "Fri, 01 Jan 2027 00:00:00 +0000", 202701 },
	};
	AUTO(index_files) struct index_files *files = index_files_new();
	GArray *serials = NULL;
	struct err err = { 0 };

	CHECK_SERIALS(index_months(files->index, &serials, &err), serials, "");
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *name = g_strdup_printf("t%zu", i);

		CHECK_INT(thread_new(files, name), i + 1);
		(void)dated(files, (int64_t)i + 1, (int)i, known[i].date);
	}
	CHECK_SERIALS(index_months(files->index, &serials, &err), serials,
		      "196911 196912 197001 202402 202403 202602 202612 "
		      "202701");
	for (int64_t month = 196901; month < 202712;
	     month += month % 100 == 12 ? 89 : 1) {
		AUTO(gstring) GString *want = g_string_new(NULL);

		for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
			if (known[i].month == month)
				g_string_append_printf(want, "%s%zu",
						       want->len ? " " : "",
						       i + 1);
		CHECK_SERIALS(index_month_threads(files->index, month, &serials,
						  &err),
			      serials, want->str);
	}
}

/* A month is none: nothing is in it. */
TEST(what_is_no_month_has_no_threads)
{
	static const int64_t months[] = { 0,      -1,        202613,
					  202600, INT64_MAX, INT64_MIN };
	AUTO(index_files) struct index_files *files = index_files_new();
	GArray *serials = NULL;
	struct err err = { 0 };

	(void)dated(files, thread_new(files, "one"), 1,
		    "Thu, 31 Dec 2026 23:59:59 +0000");
	for (size_t i = 0; i < G_N_ELEMENTS(months); i++)
		CHECK_SERIALS(index_month_threads(files->index, months[i],
						  &serials, &err),
			      serials, "");
}

/* Undated mail is held with second 0, which is no date. */
TEST(mail_without_a_date_is_in_no_month)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "one");
	GArray *serials = NULL;
	struct err err = { 0 };

	(void)dated(files, thread, 1, NULL);
	(void)dated(files, thread, 2, "nonsense");
	CHECK_SERIALS(index_months(files->index, &serials, &err), serials, "");
	CHECK_SERIALS(index_month_threads(files->index, 197001, &serials, &err),
		      serials, "");
}

static int64_t address(struct index_files *files, const char *mail,
		       enum index_mention kind)
{
	struct err err = { 0 };
	int64_t serial = 0;

	return index_address_find(files->index, mail, kind, &serial, &err) > 0
		       ? serial
		       : 0;
}

TEST(addresses_have_the_threads_that_mention_them)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t one = thread_new(files, "one"), two = thread_new(files, "two");
	AUTO(str) char *mail = NULL;
	GArray *serials = NULL;
	struct err err = { 0 };
	int64_t ada, removed;

	(void)message_new(files, two,
			  "From: Ada <Ada@EXAMPLE.org>\nTo: bob@x, ada@x\n"
			  "Cc: carol@x\nList-Id: A <dev.x>\n\na\n");
	(void)message_new(files, one,
			  "From: bob@x\nTo: ada@example.org\n\nb\n");
	removed = message_new(files, one, "From: ada@example.org\n\nc\n");
	ada = address(files, "ada@example.org", MENTION_FROM);
	CHECK(ada > 0);
	CHECK_INT(address(files, "ada@example.org", MENTION_TO), ada);
	CHECK_INT(address(files, "ada@example.org", MENTION_LIST), 0);
	CHECK_INT(address(files, "Ada@EXAMPLE.org", MENTION_FROM), 0);
	CHECK_INT(address(files, "carol@x", MENTION_FROM), 0);
	CHECK(address(files, "carol@x", MENTION_TO) > 0);
	CHECK(address(files, "dev.x", MENTION_LIST) > 0);
	CHECK_INT(address(files, "", MENTION_FROM), 0);
	CHECK_INT(index_address_get(files->index, ada, &mail, &err), 1);
	CHECK_STR(mail, "ada@example.org");
	g_free(take(mail));
	CHECK_INT(index_address_get(files->index, 999, &mail, &err), 0);
	CHECK(mail == NULL);
	CHECK_SERIALS(index_address_threads(files->index, ada, MENTION_FROM,
					    &serials, &err),
		      serials, "1 2");
	CHECK_SERIALS(index_address_threads(files->index, ada, MENTION_TO,
					    &serials, &err),
		      serials, "1");
	must(state_message_remove(files->state, removed, 1, &err), &err);
	CHECK_SERIALS(index_address_threads(files->index, ada, MENTION_FROM,
					    &serials, &err),
		      serials, "2");
}

TEST(the_addresses_mentioned_last_are_recent)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "one");
	struct err err = { 0 };

	for (int i = 0; i < 8; i++)
		(void)dated(files, thread, i, NULL);
	/* a0 writes again, and b1 is written to by it. */
	(void)message_new(files, thread, "From: a0@x\nTo: b1@x\n\nagain\n");
	for (int64_t limit = 0; limit < 12; limit++) {
		AUTO(array) GArray *got = NULL;
		int64_t last = 0;

		CHECK_INT(index_address_recent(files->index, MENTION_FROM,
					       limit, &got, &err),
			  0);
		CHECK_INT(got->len, MIN(limit, 8));
		for (guint i = 0; i < got->len; i++) {
			int64_t serial = g_array_index(got, int64_t, i);
			AUTO(str) char *mail = NULL;

			CHECK(serial > last);
			last = serial;
			CHECK_INT(index_address_get(files->index, serial, &mail,
						    &err),
				  1);
			/* a0 first, then a7, a6, ...: not the oldest. */
			if (strcmp(mail, "a0@x") != 0)
				CHECK(mail[1] - '0' >= 9 - limit);
		}
		if (limit > 0)
			CHECK_INT(g_array_index(got, int64_t, 0),
				  address(files, "a0@x", MENTION_FROM));
	}
}

TEST(flags_have_the_threads_of_their_messages)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	GArray *serials = NULL;
	struct err err = { 0 };

	for (int i = 0; i < 4; i++) {
		AUTO(str) char *name = g_strdup_printf("t%d", i);
		struct state_copy copy = { .folder = 1, .flags = (unsigned)i };

		copy.message = dated(files, thread_new(files, name), i, NULL);
		must(state_copy_add(files->state, &copy, NULL, 0, &err), &err);
	}
	must(state_thread_flags(files->state, 2, THREAD_MUTED, &err), &err);
	(void)thread_new(files, "empty");
	must(state_thread_flags(files->state, 5, THREAD_MUTED, &err), &err);
	CHECK_SERIALS(index_flag_threads(files->index, FLAG_SEEN, FLAG_SEEN,
					 &serials, &err),
		      serials, "2 4");
	CHECK_SERIALS(
		index_flag_threads(files->index, FLAG_SEEN, 0, &serials, &err),
		serials, "1 3");
	CHECK_SERIALS(index_flag_threads(files->index, 3, 3, &serials, &err),
		      serials, "4");
	CHECK_SERIALS(index_flag_threads(files->index, 3, 4, &serials, &err),
		      serials, "");
	CHECK_SERIALS(index_thread_flag_threads(files->index, THREAD_MUTED,
						&serials, &err),
		      serials, "2");
	must(state_message_remove(files->state, 4, 1, &err), &err);
	CHECK_SERIALS(index_flag_threads(files->index, FLAG_SEEN, FLAG_SEEN,
					 &serials, &err),
		      serials, "2");
}
