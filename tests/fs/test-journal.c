/* SPDX-License-Identifier: ISC */
#include "journal.h"

#include <stdbool.h>
#include <string.h>

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

TEST(a_name_cannot_make_another_line)
{
	for (int c = 1; c < 256; c++) {
		AUTO(journal) struct journal *journal = journal_new(1000);
		AUTO(gstring) GString *text = g_string_new(NULL);
		bool control = c < ' ' || c == 0x7f;
		char name[] = { 'a', (char)c, 'b', 0 };

		journal_add(journal, name);
		journal_text(journal, text);
		CHECK_INT(text->len, strlen("2026-11-02T10:00:00Z a.b\n"));
		CHECK_INT((unsigned char)text->str[text->len - 3],
			  control ? '?' : c);
		CHECK(strchr(text->str, '\n') == text->str + text->len - 1);
	}
}
