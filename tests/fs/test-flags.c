/* SPDX-License-Identifier: ISC */
#include "flags.h"

#include <errno.h>

#include "defms/state-threads.h"
#include "render.h"
#include "test.h"

TEST(words_set_and_clear)
{
	static const struct {
		const char *text;
		bool thread;
		unsigned set, clear;
	} known[] = {
		{ "", true, 0, 0 },
		{ " \n\t\r", true, 0, 0 },
		{ "+muted", true, THREAD_MUTED, 0 },
		{ "muted\n", true, THREAD_MUTED, 0 },
		{ "-archived\n", true, 0, THREAD_ARCHIVED },
		{ "+muted -archived\n+flagged\r\n+seen\n", true,
		  THREAD_MUTED | THREAD_FLAGGED | RENDER_SEEN,
		  THREAD_ARCHIVED },
		{ "+seen -seen", true, 0, RENDER_SEEN },
		{ "-seen +seen", true, RENDER_SEEN, 0 },
		{ "+seen", false, FLAG_SEEN, 0 },
		{ "+answered +flagged -forwarded +draft -deleted seen", false,
		  FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DRAFT | FLAG_SEEN,
		  FLAG_FORWARDED | FLAG_DELETED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct flags_change change;
		struct err err;

		CHECK_INT(flags_parse(known[i].text, strlen(known[i].text),
				      known[i].thread, &change, &err),
			  0);
		CHECK_INT(change.set, known[i].set);
		CHECK_INT(change.clear, known[i].clear);
	}
}

TEST(what_is_shown_can_be_written)
{
	for (unsigned flags = 0; flags < 64; flags++) {
		AUTO(gstring) GString *text = g_string_new(NULL);
		struct flags_change change;
		struct err err;

		render_message_flags(flags, text);
		CHECK_INT(
			flags_parse(text->str, text->len, false, &change, &err),
			0);
		CHECK_INT(change.set, flags);
		if (flags > 15)
			continue;
		(void)g_string_truncate(text, 0);
		render_thread_flags(flags, text);
		CHECK_INT(
			flags_parse(text->str, text->len, true, &change, &err),
			0);
		CHECK_INT(change.set, flags);
	}
}

TEST(any_other_word_is_refused)
{
	static const struct {
		const char *text;
		bool thread;
	} bad[] = {
		{ "read", true },   { "+seen +reed", true }, { "+", true },
		{ "-", true },      { "++seen", true },      { "+Seen", true },
		{ "+draft", true }, { "+muted", false },     { "s", false },
		{ "seenn", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct flags_change change;
		struct err err;

		CHECK_INT(flags_parse(bad[i].text, strlen(bad[i].text),
				      bad[i].thread, &change, &err),
			  -1);
		CHECK_INT(err.code, EINVAL);
	}
}

TEST(every_byte_is_white_space_or_no_word)
{
	for (int c = 0; c < 256; c++) {
		const char text[] = { 's', 'e', 'e', 'n', (char)c };
		struct flags_change change;
		struct err err;

		CHECK_INT(flags_parse(text, sizeof(text), true, &change, &err),
			  c != '\0' && strchr(" \t\r\n", c) ? 0 : -1);
	}
}
