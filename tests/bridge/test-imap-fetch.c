/* SPDX-License-Identifier: ISC */
#include "defms/state.h"

#include "imap-fetch.h"
#include "imap-folder.h"
#include "imap-script.h"
#include "test.h"

static char *printed(const struct imap_set *set)
{
	GString *out = g_string_new("");
	size_t range = 0;

	(void)imap_set_print(set, &range, 1000, out);
	return g_string_free(out, FALSE);
}

/* Each flag as "uid:bits:keywords:modseq ". */
static char *listed(struct imap *imap, int want)
{
	GString *out = g_string_new("");
	struct imap_flag flag;
	struct err err = { 0 };
	int more;

	while ((more = imap_flags_next(imap, &flag, &err)) > 0)
		g_string_append_printf(out, "%u:%x:%s:%d ", flag.uid,
				       flag.flags, flag.keywords,
				       (int)flag.modseq);
	if (!CHECK_INT(more, want))
		printf("# %s\n", err.text);
	return g_string_free(out, FALSE);
}

static const struct rule full[] = {
	{ "UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 60 VANISHED)",
	  "* VANISHED (EARLIER) 2:4,6\r\n"
	  "* 1 FETCH (UID 1 FLAGS (\\Seen b a) MODSEQ (65))\r\n"
	  "$ OK .\r\n" },
	/* A message that is none of these, one without its UID, one twice, one
	 * that goes meanwhile. */
	{ "UID FETCH 7:* (UID FLAGS MODSEQ)\r",
	  "* 1 FETCH (UID 5 FLAGS (\\Seen) MODSEQ (1))\r\n$ OK .\r\n" },
	{ "UID FETCH 7:* (UID FLAGS MODSEQ)",
	  "* 1 FETCH (UID 5 FLAGS (\\Seen) MODSEQ (1))\r\n"
	  "* 3 FETCH (UID 9 FLAGS () MODSEQ (2))\r\n"
	  "* 2 FETCH (FLAGS (\\Deleted))\r\n"
	  "* 2 FETCH (UID 7 MODSEQ (9))\r\n"
	  "* VANISHED 8\r\n"
	  "* 2 FETCH (UID 7 FLAGS (\\Flagged) MODSEQ (3))\r\n"
	  "* 3 FETCH (UID 9 FLAGS (x) MODSEQ (4))\r\n"
	  "* OK still here\r\n"
	  "$ OK .\r\n" },
	{ "UID SEARCH RETURN (ALL) ALL",
	  "* ESEARCH (TAG \"d5\") UID ALL 1,5:7\r\n$ OK .\r\n" },
	{ "UID SEARCH RETURN (ALL) HEADER MESSAGE-ID \"a@b\"",
	  "* ESEARCH (TAG \"d5\") UID\r\n$ OK .\r\n" },
	{ "UID SEARCH RETURN (ALL) HEADER MESSAGE-ID \"longest@x\"",
	  "* ESEARCH (TAG \"d5\") UID ALL 5\r\n$ OK .\r\n" },
	{ NULL, NULL },
};

TEST(flags_are_listed_with_what_has_gone)
{
	struct script script;
	struct imap *imap = script_select(&script, full, script_full);
	AUTO(str) char *flags = NULL;
	AUTO(str) char *vanished = NULL;

	CHECK_INT(imap_flags_start(imap, 1, 60, NULL), 0);
	flags = listed(imap, 0);
	CHECK_STR(flags, "1:1:a b:65 ");
	vanished = printed(imap_vanished(imap));
	CHECK_STR(vanished, "2:4,6");
	script_close(imap, &script);
}

TEST(only_what_was_asked_for_is_listed)
{
	struct script script;
	struct imap *imap = script_select(&script, full, script_full);
	AUTO(str) char *flags = NULL;

	CHECK_INT(imap_flags_start(imap, 7, 0, NULL), 0);
	flags = listed(imap, 0);
	CHECK_STR(flags, "9:0::2 7:4::3 9:0:x:4 ");
	CHECK(imap_set_has(imap_vanished(imap), 8));
	CHECK_INT(imap_idle(imap, -1, 1000, NULL), 1);
	script_close(imap, &script);
}

TEST(uids_are_searched_for)
{
	struct script script;
	struct imap *imap = script_select(&script, full, script_full);
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	AUTO(imap_set) struct imap_set *none = imap_set_new();
	AUTO(imap_set) struct imap_set *part = imap_set_new();
	AUTO(imap_set) struct imap_set *every = imap_set_new();
	AUTO(str) char *text = NULL;

	CHECK_INT(imap_uids(imap, uids, NULL), 0);
	text = printed(uids);
	CHECK_STR(text, "1,5:7");
	CHECK_INT(imap_find(imap, "a@b", none, NULL), 0);
	CHECK(imap_set_is_empty(none));
	/* What cannot be sent in quotes is searched for by its rest. */
	CHECK_INT(imap_find(imap, "a\"longest@x\xc3\xa4\r\nb", part, NULL), 0);
	CHECK_INT(imap_set_count(part), 1);
	CHECK_INT(imap_find(imap, "\xc3\xa4 \"", every, NULL), 0);
	CHECK_INT(imap_set_count(every), 4);
	script_close(imap, &script);
}

TEST(a_search_without_result_is_not_an_empty_one)
{
	static const struct rule rules[] = {
		{ "UID SEARCH", "$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_full);
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct err err = { 0 };

	CHECK_INT(imap_uids(imap, uids, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	script_close(imap, &script);
}

TEST(what_is_larger_is_told)
{
	static const struct rule rules[] = {
		{ "UID FETCH 3:4,9 (UID RFC822.SIZE)",
		  "* 1 FETCH (UID 3 RFC822.SIZE 1000)\r\n"
		  "* 2 FETCH (UID 4 RFC822.SIZE 1001)\r\n"
		  /* not asked for, without a UID, without a size */
		  "* 3 FETCH (UID 5 RFC822.SIZE 5000)\r\n"
		  "* 4 FETCH (RFC822.SIZE 5000)\r\n"
		  "* 5 FETCH (UID 3 FLAGS ())\r\n"
		  "* 6 FETCH (UID 9 RFC822.SIZE 9223372036854775807)\r\n"
		  "$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_full);
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	AUTO(imap_set) struct imap_set *larger = imap_set_new();
	AUTO(str) char *text = NULL;

	imap_set_add_range(uids, 3, 4);
	imap_set_add(uids, 9);
	CHECK_INT(imap_larger(imap, uids, 1000, larger, NULL), 0);
	text = printed(larger);
	CHECK_STR(text, "4,9");
	script_close(imap, &script);
}

static const struct rule bodies[] = {
	{ "UID FETCH 3:4,9 (UID FLAGS INTERNALDATE MODSEQ BODY.PEEK[])",
	  "* 1 FETCH (UID 3 FLAGS (\\Seen) INTERNALDATE \" 1-Jan-1970 00:00:07 "
	  "+0000\" MODSEQ (5) BODY[] {5}\r\na: b\n)\r\n"
	  /* not asked for, without a body, without a UID, twice, gone */
	  "* 2 FETCH (UID 5 BODY[] {2}\r\nxx)\r\n"
	  "* 1 FETCH (UID 3 FLAGS (\\Answered))\r\n"
	  "* 4 FETCH (BODY[] {2}\r\nxx)\r\n"
	  "* 1 FETCH (UID 3 FLAGS () BODY[] {2}\r\nxx)\r\n"
	  "* 5 FETCH (UID 9 BODY[] NIL)\r\n"
	  "* 3 EXPUNGE\r\n"
	  "* 2 FETCH (BODY[] \"\" UID 4)\r\n"
	  "$ NO [EXPUNGEISSUED] some have gone\r\n" },
	{ NULL, NULL },
};

TEST(bodies_come_once_each)
{
	struct script script;
	struct imap *imap = script_select(&script, bodies, script_full);
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct imap_mail mail = { 0 };

	imap_set_add_range(uids, 3, 4);
	imap_set_add(uids, 9);
	CHECK_INT(imap_bodies_start(imap, uids, NULL), 0);
	CHECK_INT(imap_bodies_next(imap, &mail, NULL), 1);
	CHECK_INT(mail.uid, 3);
	CHECK_INT(mail.flags, FLAG_SEEN);
	CHECK_INT(mail.received, 7);
	CHECK_INT(mail.modseq, 5);
	CHECK_STR(mail.keywords, "");
	CHECK_INT(mail.raw->len, 5);
	CHECK_MEM(mail.raw->data, "a: b\n", 5);
	g_byte_array_unref(mail.raw);
	CHECK_INT(imap_bodies_next(imap, &mail, NULL), 1);
	CHECK_INT(mail.uid, 4);
	CHECK_INT(mail.raw->len, 0);
	g_byte_array_unref(mail.raw);
	CHECK_INT(imap_bodies_next(imap, &mail, NULL), 0);
	CHECK(imap_is_alive(imap));
	script_close(imap, &script);
}

TEST(gmail_says_more)
{
	static const struct rule rules[] = {
		{ "CAPABILITY", "* CAPABILITY X-GM-EXT-1\r\n$ OK .\r\n" },
		{ "UID FETCH 1 (UID FLAGS INTERNALDATE X-GM-MSGID X-GM-THRID "
		  "X-GM-LABELS BODY.PEEK[])",
		  "* 1 FETCH (UID 1 X-GM-MSGID 7 X-GM-THRID 8 X-GM-LABELS "
		  "(\"\\\\Inbox\" Gr&APw-n \"a&\" \"\xff\") BODY[] \"x\")\r\n"
		  "$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_bare);
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct imap_mail mail = { 0 };

	imap_set_add(uids, 1);
	CHECK_INT(imap_bodies_start(imap, uids, NULL), 0);
	CHECK_INT(imap_bodies_next(imap, &mail, NULL), 1);
	CHECK_INT(mail.message, 7);
	CHECK_INT(mail.thread, 8);
	if (CHECK(mail.labels && mail.labels->len == 3)) {
		CHECK_STR(mail.labels->pdata[0], "\\Inbox");
		CHECK_STR(mail.labels->pdata[1], "Gr\xc3\xbcn");
		CHECK_STR(mail.labels->pdata[2], "a&");
	}
	g_byte_array_unref(mail.raw);
	CHECK_INT(imap_bodies_next(imap, &mail, NULL), 0);
	script_close(imap, &script);
}

TEST(a_refused_fetch_is_known_when_all_is_answered)
{
	static const struct rule rules[] = {
		{ "UID FETCH", "$ NO [UNAVAILABLE] disk is away\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_full);
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct imap_mail mail;
	struct err err = { 0 };

	for (uint32_t uid = 1; uid < 4000; uid += 2)
		imap_set_add(uids, uid);
	CHECK_INT(imap_bodies_start(imap, uids, NULL), 0);
	CHECK_INT(imap_bodies_next(imap, &mail, &err), -1);
	CHECK_INT(err.code, EAGAIN);
	CHECK_STR(err.text, "imap.example.org:993: fetch: refused: disk is "
			    "away");
	CHECK(imap_is_alive(imap));
	CHECK_INT(imap_noop(imap, NULL), 0);
	script_close(imap, &script);
}

/* All a session says, ended after each byte, by good-bye or by silence. */
static int session(struct script *script, struct err *err)
{
	AUTO(imap) struct imap *imap = NULL;
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct imap_selected all = { 0 };
	struct imap_flag flag;
	struct imap_mail mail;
	int more;

	if (script_open(script, &imap, err) < 0 ||
	    imap_select(imap, "INBOX", false, &all, err) < 0)
		return -1;
	imap_selected_release(&all);
	if (imap_flags_start(imap, 7, 0, err) < 0)
		return -1;
	while ((more = imap_flags_next(imap, &flag, err)) > 0)
		;
	if (more < 0 || imap_uids(imap, uids, err) < 0)
		return -1;
	imap_set_clear(uids);
	imap_set_add_range(uids, 3, 4);
	imap_set_add(uids, 9);
	if (imap_bodies_start(imap, uids, err) < 0)
		return -1;
	while ((more = imap_bodies_next(imap, &mail, err)) > 0)
		g_byte_array_unref(mail.raw);
	return more;
}

static struct rule *all_rules(void)
{
	struct rule *rules = g_new0(struct rule, 40);
	size_t count = 0;

	for (size_t i = 0; full[i].command; i++)
		rules[count++] = full[i];
	for (size_t i = 0; bodies[i].command; i++)
		rules[count++] = bodies[i];
	return rules;
}

TEST(a_server_that_goes_after_any_byte_is_one_line)
{
	g_autofree struct rule *rules = all_rules();
	struct script script;
	struct err err;
	size_t size;

	script_init(&script, rules, script_full);
	CHECK_INT(session(&script, &err), 0);
	size = script.out->len;
	script_release(&script);
	CHECK(size > 1000);
	for (size_t limit = 1; limit < size; limit++) {
		for (int stall = 0; stall < 2; stall++) {
			script_init(&script, rules, script_full);
			script.limit = limit;
			script.stall = stall;
			err = (struct err){ 0 };
			CHECK_INT(session(&script, &err), -1);
			CHECK_INT(err.code, stall ? ETIMEDOUT : ECONNRESET);
			CHECK(g_str_has_prefix(err.text,
					       "imap.example.org:993: "));
			CHECK(!strchr(err.text, '\n'));
			script_release(&script);
		}
	}
}

TEST(bytes_that_come_one_by_one_are_the_same)
{
	g_autofree struct rule *rules = all_rules();
	struct script script;

	script_init(&script, rules, script_full);
	script.piece = 1;
	CHECK_INT(session(&script, NULL), 0);
	script_release(&script);
}

TEST(a_server_that_says_what_it_should_not_is_one_line)
{
	AUTO(gstring) GString *endless = g_string_new("* OK ");
	struct rule rules[] = {
		{ "SELECT", NULL },
		{ NULL, NULL },
	};
	const struct {
		const char *answer;
		int code;
	} bad[] = {
		{ "d99 OK never asked\r\n", EBADMSG },
		{ "d1 garbage\r\n", EBADMSG },
		{ "x OK whose\r\n", EBADMSG },
		{ "\x16\x03\x01\x02\r\n", EBADMSG },
		{ "* 1 FETCH (UID 1 BODY[] {4294967295}\r\n", EMSGSIZE },
		{ "* 1 FETCH (UID 1 BODY[] {536870913}\r\n", EMSGSIZE },
		{ "* 5000000000 EXISTS\r\n", EMSGSIZE },
		{ "* 1 FETCH (UID 5000000000)\r\n", EMSGSIZE },
		{ "* BYE\r\n", ECONNRESET },
		{ endless->str, EMSGSIZE },
	};

	(void)g_string_set_size(endless, 34 << 20);
	memset(endless->str + 5, 'x', endless->len - 5);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct script script;
		struct err err = { 0 };

		rules[0].answer = i + 1 == G_N_ELEMENTS(bad) ? endless->str
							     : bad[i].answer;
		script_init(&script, rules, script_full);
		CHECK_INT(session(&script, &err), -1);
		CHECK_INT(err.code, bad[i].code);
		if (!CHECK(g_str_has_prefix(
			    err.text, "imap.example.org:993: select INBOX: ")))
			printf("# %s\n", err.text);
		script_release(&script);
	}
}
