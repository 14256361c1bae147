/* SPDX-License-Identifier: ISC */
#include "smtp-reply.h"

#include <errno.h>

#include "test.h"

/* Feed `text` in steps; what is parsed as "code:line|line;...", with "!" at
 * the end if it is refused and "~" if part of a reply is left. */
static char *parse(const char *text, size_t len, size_t step)
{
	AUTO(reply_parser) struct reply_parser *parser = reply_parser_new();
	GString *out = g_string_new(NULL);
	int result = 0;

	for (size_t at = 0; at < len && result >= 0; at += step) {
		const char *data = text + at;
		size_t size = MIN(step, len - at);
		struct reply *reply = NULL;
		struct err err;

		while ((result = reply_parse(parser, &data, &size, &reply,
					     &err)) > 0) {
			g_string_append_printf(out, "%d", reply->code);
			for (guint i = 0; i < reply->lines->len; i++)
				g_string_append_printf(
					out, "%c%s", i ? '|' : ':',
					(char *)reply->lines->pdata[i]);
			g_string_append(out, ";");
			reply_free(reply);
		}
		if (result < 0)
			CHECK_INT(err.code, EPROTO);
	}
	if (result < 0)
		g_string_append(out, "!");
	else if (reply_parser_busy(parser))
		g_string_append(out, "~");
	return g_string_free(out, FALSE);
}

TEST(replies_are_parsed_whatever_the_pieces)
{
	static const struct {
		const char *in, *out;
	} known[] = {
		{ "250 OK\r\n", "250:OK;" },
		{ "250\r\n", "250:;" },
		{ "250 \r\n", "250:;" },
		{ "250-a\r\n250-b c\r\n250 d\r\n", "250:a|b c|d;" },
		{ "250 a\r\n550 5.1.1 b\r\n", "250:a;550:5.1.1 b;" },
		{ "250 a\n250 b\n", "250:a;250:b;" },
		{ "220-a\r\n250 b\r\n", "!" },
		{ "25 a\r\n", "!" },
		{ "2500 a\r\n", "!" },
		{ "250+a\r\n", "!" },
		{ "150 a\r\n", "!" },
		{ "650 a\r\n", "!" },
		{ "\r\n", "!" },
		{ "OK\r\n", "!" },
		{ " 250 a\r\n", "!" },
		{ "250 a", "~" },
		{ "250-a\r\n", "~" },
		{ "550 a\tb\x1b[c\r\n", "550:a?b?[c;" },
		{ "550 gr\xc3\xbc\xc3\x9f\x65\r\n",
		  "550:gr\xc3\xbc\xc3\x9f\x65;" },
		{ "550 \xc2\x9b\r\n", "550:??;" },
		{ "550 \xff\r\n", "550:\xef\xbf\xbd;" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		for (size_t step = 1; step < 9; step++) {
			AUTO(str)
			char *got =
				parse(known[i].in, strlen(known[i].in), step);

			CHECK_STR(got, known[i].out);
		}
}

TEST(a_nul_is_shown_as_something_else)
{
	AUTO(str) char *got = parse("250 a\0b\r\n", 9, 9);

	CHECK_STR(got, "250:a?b;");
}

TEST(endless_lines_and_replies_are_refused)
{
	AUTO(gstring) GString *text = g_string_new("250 ");
	AUTO(str) char *line = NULL;
	AUTO(str) char *lines = NULL;

	while (text->len < 3 * REPLY_LINE)
		g_string_append_c(text, 'x');
	line = parse(text->str, text->len, 100);
	CHECK_STR(line, "!");
	g_string_truncate(text, 0);
	for (int i = 0; i <= REPLY_LINES; i++)
		g_string_append(text, "250-x\r\n");
	lines = parse(text->str, text->len, 100);
	CHECK_STR(lines, "!");
}

TEST(a_reply_as_text_is_cut_to_fit)
{
	AUTO(reply) struct reply *reply = reply_new(550, "5.1.1 no");
	char text[REPLY_TEXT];

	reply_text(reply, text);
	CHECK_STR(text, "550 5.1.1 no");
	g_ptr_array_add(reply->lines, g_strdup("such user"));
	reply_text(reply, text);
	CHECK_STR(text, "550 5.1.1 no such user");
	for (int i = 0; i < 200; i++)
		g_ptr_array_add(reply->lines, g_strdup("\xc3\xbc\xc3\xbc"));
	reply_text(reply, text);
	CHECK(strlen(text) >= REPLY_TEXT - 5);
	CHECK(g_utf8_validate(text, -1, NULL));
}
