/* SPDX-License-Identifier: ISC */
#include "defms/state.h"

#include "imap-append.h"
#include "imap-script.h"
#include "test.h"

static const struct rule appends[] = {
	{ "APPEND \"a \\\"b\" (\\Seen work) \"17-Jul-1996 02:44:25 +0000\" {6",
	  "* 4 EXISTS\r\n$ OK [APPENDUID 9 77] .\r\n" },
	{ "APPEND \"none\"", "$ NO [TRYCREATE] no such\r\n" },
	{ "APPEND", "$ OK .\r\n" },
	{ NULL, NULL },
};

static const struct imap_upload first = {
	.raw = "a \"b",
	.data = "a: b\r\n",
	.size = 6,
	.flags = FLAG_SEEN,
	.keywords = "work",
	.received = 837571465,
	.serial = 5,
};
static const struct imap_upload second = {
	.raw = "x", .data = "d1 OK {5}\r\n+\r\n", .size = 14, .serial = 6
};
static const struct imap_upload none = {
	.raw = "none", .data = "x\r\n", .size = 3, .serial = 7
};

static void three_appends(const struct rule *login, const char *want)
{
	AUTO(imap) struct imap *imap = NULL;
	struct imap_uploaded done = { 0 };
	struct script script;

	script_init(&script, appends, login);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	CHECK_INT(imap_append_next(imap, &done, NULL), 0);
	CHECK_INT(imap_append(imap, &first, NULL), 0);
	CHECK_INT(imap_append(imap, &second, NULL), 0);
	CHECK_INT(imap_append(imap, &none, NULL), 0);
	CHECK(imap_append_has_room(imap));
	CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	CHECK_INT(done.serial, 5);
	CHECK_INT(done.uid, 77);
	CHECK_INT(done.uidvalidity, 9);
	CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	CHECK_INT(done.serial, 6);
	CHECK_INT(done.failed, 0);
	CHECK_INT(done.uid, 0);
	CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	CHECK_INT(done.serial, 7);
	CHECK_INT(done.failed, ENOENT);
	CHECK_STR(done.text, "imap.example.org:993: append to none: refused: "
			     "no such");
	CHECK_INT(imap_append_next(imap, &done, NULL), 0);
	CHECK(g_str_has_suffix(script.said->str, want));
	imap_close(take(imap));
	script_release(&script);
}

TEST(messages_follow_one_another)
{
	three_appends(script_full,
		      "d4 APPEND \"a \\\"b\" (\\Seen work) \"17-Jul-1996 "
		      "02:44:25 +0000\" {6+}\r\na: b\r\n\r\n"
		      "d5 APPEND \"x\" {14+}\r\nd1 OK {5}\r\n+\r\n\r\n"
		      "d6 APPEND \"none\" {3+}\r\nx\r\n\r\n");
}

TEST(without_literal_plus_each_waits)
{
	three_appends(script_bare,
		      "d2 APPEND \"a \\\"b\" (\\Seen work) \"17-Jul-1996 "
		      "02:44:25 +0000\" {6}\r\na: b\r\n\r\n"
		      "d3 APPEND \"x\" {14}\r\nd1 OK {5}\r\n+\r\n\r\n"
		      "d4 APPEND \"none\" {3}\r\nx\r\n\r\n");
}

TEST(literal_minus_is_for_small_messages)
{
	static const struct rule rules[] = {
		{ "CAPABILITY", "* CAPABILITY LITERAL-\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	AUTO(str) char *text = g_strnfill(100000, 'x');
	struct imap_upload upload = { .raw = "x", .data = text };
	AUTO(imap) struct imap *imap = NULL;
	struct imap_uploaded done;
	struct script script;

	script_init(&script, rules, appends);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		upload.size = (size_t[]){ 4096, 4097, 100000 }[i];
		CHECK_INT(imap_append(imap, &upload, NULL), 0);
		CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	}
	CHECK(strstr(script.said->str, "{4096+}\r\n"));
	CHECK(strstr(script.said->str, "{4097}\r\n"));
	CHECK(strstr(script.said->str, "{100000}\r\n"));
	imap_close(take(imap));
	script_release(&script);
}

TEST(a_header_of_more_than_ascii_is_announced)
{
	static const struct rule rules[] = {
		{ "CAPABILITY",
		  "* CAPABILITY ENABLE UTF8=ACCEPT LITERAL+\r\n$ OK .\r\n" },
		{ "ENABLE UTF8=ACCEPT", "* ENABLED UTF8=ACCEPT\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	static const char *const mails[] = { "S: \xc3\xa4\r\n\r\n",
					     "S: a\r\n\r\n\xc3\xa4" };
	AUTO(imap) struct imap *imap = NULL;
	struct imap_uploaded done;
	struct script script;

	script_init(&script, rules, appends);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct imap_upload upload = { .raw = "x",
						    .data = mails[i],
						    .size = strlen(mails[i]) };

		CHECK_INT(imap_append(imap, &upload, NULL), 0);
		CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	}
	CHECK(g_str_has_suffix(
		script.said->str,
		"APPEND \"x\" UTF8 (~{9+}\r\nS: \xc3\xa4\r\n\r\n)"
		"\r\nd4 APPEND \"x\" {10+}\r\nS: a\r\n\r\n"
		"\xc3\xa4\r\n"));
	imap_close(take(imap));
	script_release(&script);
}

TEST(a_literal_that_is_refused_is_not_sent)
{
	AUTO(imap) struct imap *imap = NULL;
	struct imap_uploaded done;
	struct script script;
	/* As of a server that takes no literal: it answers the line. */
	static const struct rule rules[] = {
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};

	script_init(&script, rules, NULL);
	script.refuse_literals = true;
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	CHECK_INT(imap_append(imap, &first, NULL), 0);
	CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	CHECK_INT(done.failed, EFBIG);
	CHECK(!strstr(script.said->str, "a: b"));
	CHECK(imap_is_alive(imap));
	imap_close(take(imap));
	script_release(&script);
}

TEST(dates_that_imap_cannot_say_are_left_out)
{
	struct imap_upload upload = second;
	AUTO(imap) struct imap *imap = NULL;
	struct imap_uploaded done;
	struct script script;

	script_init(&script, appends, script_full);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	upload.received = INT64_MAX;
	CHECK_INT(imap_append(imap, &upload, NULL), 0);
	CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	upload.received = 253402300799; /* the end of year 9999 */
	CHECK_INT(imap_append(imap, &upload, NULL), 0);
	CHECK_INT(imap_append_next(imap, &done, NULL), 1);
	CHECK(strstr(script.said->str, "APPEND \"x\" {14+}"));
	CHECK(strstr(script.said->str, "\"31-Dec-9999 23:59:59 +0000\""));
	imap_close(take(imap));
	script_release(&script);
}
