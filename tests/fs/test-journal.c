/* SPDX-License-Identifier: ISC */
#include "journal.h"

#include "test.h"

TEST(lines_come_in_order_and_the_same_is_said_once)
{
	AUTO(journal) struct journal *journal = journal_new(1000);
	AUTO(gstring) GString *text = g_string_new(NULL);

	journal_add(journal, "one");
	journal_add(journal, "two");
	journal_add(journal, "two");
	journal_text(journal, text);
	CHECK(strstr(text->str, "Z one\n") < strstr(text->str, "Z two\n"));
	CHECK_INT(strlen(text->str), 2 * strlen("2026-11-02T10:00:00Z one\n"));
}

TEST(the_oldest_go_when_it_is_full)
{
	AUTO(journal) struct journal *journal = journal_new(1000);
	AUTO(gstring) GString *text = g_string_new(NULL);

	for (int i = 0; i < 1000; i++) {
		AUTO(str) char *line = g_strdup_printf("line %d.", i);

		journal_add(journal, line);
	}
	journal_text(journal, text);
	CHECK(text->len <= 1000);
	CHECK(strstr(text->str, "line 999.\n"));
	CHECK(!strstr(text->str, "line 0."));
}
