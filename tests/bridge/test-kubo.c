/* SPDX-License-Identifier: ISC */
/* What needs no node; t7000 and t7010 have nodes. */
#include "kubo.h"

#include <errno.h>
#include <sys/stat.h>

#include "kubo-parts.h"
#include "test.h"
#include "vectors.h"

static int open_with(const char *token, mode_t mode, struct kubo **kubo_r,
		     struct err *err)
{
	AUTO(str) char *folder = new_directory();
	AUTO(str) char *path = g_build_filename(folder, "token", NULL);
	const struct kubo_place place = { "http://127.0.0.1:5001", path, 1000 };
	int result;

	write_file(path, token, strlen(token), mode);
	result = kubo_open(&place, kubo_r, err);
	remove_directory(folder);
	return result;
}

TEST(a_token_is_the_first_line_of_a_file_of_mine)
{
	static const struct {
		const char *text, *token;
	} known[] = {
		{ "secret", "secret" },
		{ "secret\n", "secret" },
		{ "secret\r\n", "secret" },
		{ "a.b-c_d~e+f/g=\nmore\n", "a.b-c_d~e+f/g=" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(kubo) struct kubo *kubo = NULL;
		struct err err;

		CHECK_INT(open_with(known[i].text, 0600, &kubo, &err), 0);
		CHECK_STR(kubo->token, known[i].token);
	}
}

TEST(what_is_no_token_is_refused)
{
	static const char *const texts[] = { "",       "\n",   "\nsecret\n",
					     "a b\n",  "a\tb", "\xc3\xa9",
					     "a\x7f\n" };
	AUTO(str) char *longest = g_strnfill(1022, 'x');
	AUTO(str) char *longer = g_strnfill(1023, 'x');
	AUTO(kubo) struct kubo *kubo = NULL, *none = NULL;
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		AUTO(kubo) struct kubo *got = NULL;

		CHECK_INT(open_with(texts[i], 0600, &got, &err), -1);
		CHECK_INT(err.code, EINVAL);
		CHECK(!strstr(err.text, "secret"));
	}
	CHECK_INT(open_with(longest, 0600, &kubo, &err), 0);
	CHECK_INT(open_with(longer, 0600, &none, &err), -1);
}

TEST(a_token_that_others_may_read_is_refused)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0644, 0610, 0601 };

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		AUTO(kubo) struct kubo *kubo = NULL;
		struct err err;

		CHECK_INT(open_with("secret", modes[i], &kubo, &err), -1);
		CHECK_INT(err.code, EPERM);
	}
}

TEST(a_token_that_is_no_file_is_refused)
{
	const struct kubo_place places[] = {
		{ "http://127.0.0.1:5001", "/nowhere/token", 1000 },
		{ "http://127.0.0.1:5001", "/", 1000 },
		{ "http://127.0.0.1:5001", "/dev/null", 1000 },
	};
	static const int codes[] = { ENOENT, EPERM, EPERM };

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		AUTO(kubo) struct kubo *kubo = NULL;
		struct err err;

		CHECK_INT(kubo_open(&places[i], &kubo, &err), -1);
		CHECK_INT(err.code, codes[i]);
	}
}

/* How many objects the lines of `text` are, and how they end. */
static int count_lines(const char *text, int *end_r)
{
	const struct kubo_place place = { "http://127.0.0.1:5001", NULL, 1000 };
	AUTO(kubo) struct kubo *kubo = NULL;
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err = { 0 };
	size_t at = 0;
	int count = 0;

	CHECK_INT(kubo_open(&place, &kubo, &err), 0);
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
	while (true) {
		AUTO(json) struct json *json = NULL;

		*end_r = kubo_line(kubo, out, &at, &json, &err);
		if (*end_r <= 0)
			break;
		count++;
	}
	if (*end_r < 0)
		*end_r = err.code;
	return count;
}

TEST(an_answer_is_a_line_an_object)
{
	static const struct {
		const char *text;
		int count, end;
	} known[] = {
		{ "", 0, 0 },
		{ "{}", 1, 0 },
		{ "{}\n", 1, 0 },
		{ "{}\n{\"a\":1}\n{}", 3, 0 },
		{ "{}\n\n", 1, EPROTO },
		{ "{}\n{\n", 1, EPROTO },
		{ "{}\n{\"Message\":\"no\",\"Type\":\"error\"}\n", 1,
		  EREMOTEIO },
		{ "{\"Message\":\"no\",\"Type\":\"other\"}\n", 1, 0 },
		{ "{\"Root\":{\"PinErrorMsg\":\"no\"}}\n", 0, EREMOTEIO },
		{ "{\"Root\":{\"PinErrorMsg\":\"context deadline exceeded\"}}",
		  0, ETIMEDOUT },
		{ "{\"Root\":{\"PinErrorMsg\":\"\"}}\n", 1, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		int end;

		CHECK_INT(count_lines(known[i].text, &end), known[i].count);
		CHECK_INT(end, known[i].end);
	}
}
