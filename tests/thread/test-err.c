/* SPDX-License-Identifier: ISC */
#include "defms/err.h"

#include <errno.h>

#include <glib.h>

#include "defms/auto.h"
#include "test.h"

/* One printable line of UTF-8. */
static void check_text(const char *text)
{
	CHECK(g_utf8_validate(text, -1, NULL));
	for (const char *at = text; *at; at++)
		CHECK((unsigned char)*at >= ' ' && *at != 0x7f);
}

TEST(what_an_argument_brings_in_is_made_printable)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "a\nb\tc\x1b[31m\x7f", "a?b?c?[31m?" },
		{ "\r\n\x01\x1f", "????" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "caf\xe9", "caf?" },
		{ "\xff\xfe\x80", "???" },
		/* Overlong, a surrogate, over U+10FFFF (RFC 3629, 3). */
		{ "\xc0\xaf", "??" },
		{ "\xed\xa0\x80", "???" },
		{ "\xf4\x90\x80\x80", "????" },
		{ "\xe2\x82", "??" },
		{ "\xe2\x82x", "??x" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct err err = { 0 };

		CHECK_INT(err_set(&err, EBADMSG, "%s", cases[i].in), -1);
		CHECK_INT(err.code, EBADMSG);
		CHECK_STR(err.text, cases[i].out);
	}
}

TEST(every_byte_becomes_printable)
{
	for (int byte = 1; byte < 256; byte++) {
		char in[] = { 'a', (char)byte, 'b', '\0' };
		bool good = byte >= ' ' && byte < 0x7f;
		char out[] = { 'a', good ? (char)byte : '?', 'b', '\0' };
		struct err err = { 0 };

		(void)err_set(&err, EIO, "%s", in);
		CHECK_STR(err.text, out);
	}
}

TEST(random_bytes_become_one_line_of_utf8)
{
	GRand *rand = g_rand_new_with_seed(1);

	for (int i = 0; i < 2000; i++) {
		char in[600];
		int size = g_rand_int_range(rand, 0, sizeof(in));
		struct err err = { 0 };

		for (int j = 0; j < size; j++)
			in[j] = (char)g_rand_int_range(rand, 1, 256);
		in[size] = '\0';
		(void)err_set(&err, EIO, "%s", in);
		check_text(err.text);
		CHECK_INT(strlen(err.text),
			  MIN((size_t)size, sizeof(err.text) - 1));
		(void)err_prefix(&err, "%s", in);
		check_text(err.text);
	}
	g_rand_free(rand);
}

/* Characters of 1 to 4 bytes at each place around the end. */
TEST(a_text_that_is_too_long_is_cut_and_stays_utf8)
{
	static const char *const characters[] = { "a", "\xc3\xa9",
						  "\xe2\x82\xac",
						  "\xf0\x9f\x98\x80" };

	for (size_t i = 0; i < G_N_ELEMENTS(characters); i++)
		for (size_t pad = 380; pad < 404; pad++) {
			AUTO(gstring) GString *in = g_string_new(NULL);
			struct err err = { 0 };

			while (in->len < pad)
				(void)g_string_append_c(in, 'x');
			for (int j = 0; j < 10; j++)
				(void)g_string_append(in, characters[i]);
			(void)err_set(&err, EIO, "%s", in->str);
			check_text(err.text);
			CHECK_INT(strlen(err.text),
				  MIN(in->len, sizeof(err.text) - 1));
			CHECK_MEM(err.text, in->str, 380);
		}
}

TEST(a_prefix_that_makes_it_too_long_leaves_utf8)
{
	static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac",
						  "\xf0\x9f\x98\x80" };

	for (size_t i = 0; i < G_N_ELEMENTS(characters); i++)
		for (int pad = 0; pad < 9; pad++) {
			AUTO(gstring) GString *in = g_string_new(NULL);
			struct err err = { 0 };

			while (in->len < 390)
				(void)g_string_append(in, characters[i]);
			(void)err_set(&err, ENOENT, "%s", in->str);
			CHECK_INT(err_prefix(&err, "%.*s", pad, "prefixes!"),
				  -1);
			check_text(err.text);
			CHECK_INT(err.code, ENOENT);
			CHECK_MEM(err.text, "prefixes!", (size_t)pad);
			CHECK_MEM(err.text + pad, ": ", 2);
			CHECK_MEM(err.text + pad + 2, in->str, 380);
		}
}

TEST(a_prefix_stands_before_what_was_said)
{
	struct err err = { 0 };

	(void)err_set(&err, EPROTO, "no %s field in %d", "From", 7);
	CHECK_INT(err_prefix(&err, "%s", "in\nbox"), -1);
	CHECK_STR(err.text, "in?box: no From field in 7");
	CHECK_INT(err.code, EPROTO);
	CHECK_INT(err_prefix(&err, "import"), -1);
	CHECK_STR(err.text, "import: in?box: no From field in 7");
}

/* The prefix may quote what it stands before. */
TEST(a_prefix_may_be_made_of_the_text_itself)
{
	struct err err = { 0 }, copy;

	(void)err_set(&err, EIO, "inner");
	copy = err;
	(void)err_prefix(&err, "<%s>", copy.text);
	CHECK_STR(err.text, "<inner>: inner");
}

TEST(errno_gives_code_and_text)
{
	static const int codes[] = { ENOENT, EACCES, ENOSPC, EINTR };

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		AUTO(str)
		char *want = g_strdup_printf("/a/b?: %s", g_strerror(codes[i]));
		struct err err = { 0 };

		errno = codes[i];
		CHECK_INT(err_sys(&err, "%s", "/a/b\n"), -1);
		CHECK_INT(err.code, codes[i]);
		CHECK_STR(err.text, want);
	}
}

TEST(a_long_name_leaves_its_start_and_stays_utf8)
{
	for (int pad = 0; pad < 420; pad++) {
		AUTO(str) char *name = g_strnfill((gsize)pad, 'x');
		struct err err = { 0 };

		errno = ENOENT;
		(void)err_sys(&err, "%s\xe2\x82\xac", name);
		check_text(err.text);
		CHECK_MEM(err.text, name, (size_t)MIN(pad, 399));
		CHECK_INT(err.code, ENOENT);
	}
}

TEST(without_an_err_a_failure_is_still_one)
{
	CHECK_INT(err_set(NULL, EIO, "%s", "x"), -1);
	CHECK_INT(err_sys(NULL, "%s", "x"), -1);
	CHECK_INT(err_prefix(NULL, "%s", "x"), -1);
}

TEST(some_failures_are_worth_another_try)
{
	static const struct {
		int code;
		bool temporary;
	} cases[] = {
		{ EAGAIN, true },      { EBUSY, true },
		{ ETIMEDOUT, true },   { ECONNREFUSED, true },
		{ ENETUNREACH, true }, { ENOENT, false },
		{ EBADMSG, false },    { ENOSPC, false },
		{ EACCES, false },     { EIO, false },
		{ EINVAL, false },     { EPROTO, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct err err = { .code = cases[i].code };

		CHECK_INT(err_is_temporary(&err), cases[i].temporary);
	}
}

TEST(damage_is_what_is_gone_or_not_what_it_was)
{
	static const int codes[] = { EBADMSG, ENOENT, EIO, EACCES, ENOMEM };

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		struct err err = { .code = codes[i] };

		CHECK_INT(err_is_damage(&err), i < 2);
	}
}
