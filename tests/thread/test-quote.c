/* SPDX-License-Identifier: ISC */
#include "quote.h"

#include <string.h>

#include "defms/auto.h"
#include "test.h"

static char *quote(const char *text, size_t size)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	quote_text(text, size, out);
	CHECK_INT(quote_size(text, size), out->len);
	return g_string_free(take(out), FALSE);
}

TEST(each_line_is_quoted)
{
	static const struct {
		const char *text, *quoted;
	} known[] = {
		{ "", "" },
		{ "a", "> a" },
		{ "a\n", "> a\n" },
		{ "\n\n", "> \n> \n" },
		{ "> old\n>> older\nnew\n", ">> old\n>>> older\n> new\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *got = quote(known[i].text, strlen(known[i].text));

		CHECK_STR(got, known[i].quoted);
	}
}

/* Lines of 64 bytes: 1024 of them are all that is quoted. */
TEST(a_long_text_is_cut_at_a_line)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	for (size_t extra = 0; extra < 70; extra++) {
		AUTO(str) char *got = NULL;

		(void)g_string_truncate(text, 0);
		while (text->len < QUOTE_MAX)
			g_string_append_printf(text, "%063d\n", 7);
		for (size_t i = 0; i < extra; i++)
			(void)g_string_append_c(text, 'x');
		got = quote(text->str, text->len);
		if (extra == 0) {
			CHECK_INT(strlen(got), QUOTE_MAX + 2 * 1024);
			continue;
		}
		CHECK_INT(strlen(got), QUOTE_MAX + 2 * 1024 + 8);
		CHECK(g_str_has_suffix(got, "7\n> [...]\n"));
	}
}

TEST(of_one_endless_line_nothing_is_quoted)
{
	AUTO(str) char *text = g_strnfill(QUOTE_MAX + 1, 'x');
	AUTO(str) char *got = quote(text, QUOTE_MAX + 1);

	CHECK_STR(got, "> [...]\n");
}
