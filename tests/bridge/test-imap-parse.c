/* SPDX-License-Identifier: ISC */
#include "imap-parse.h"

#include <errno.h>

#include "defms/message.h"

#include "imap-dump.h"
#include "test.h"

static char *dumped(const char *text, size_t size,
		    const struct imap_limits *limits)
{
	struct imap_limits standard = imap_limits_default();
	AUTO(imap_parser)
	struct imap_parser *parser =
		imap_parser_new(limits ? limits : &standard);
	GString *out = g_string_new("");

	(void)dump_bytes(parser, text, size, out);
	return g_string_free(out, FALSE);
}

struct example {
	const char *in, *out;
};

static void check_all(const struct example *known, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(str)
		char *out = dumped(known[i].in, strlen(known[i].in), NULL);

		CHECK_STR(out, known[i].out);
	}
}

/* RFC 9051 unless another is named. */
static const struct example from_rfcs[] = {
	{ "* CAPABILITY STARTTLS AUTH=GSSAPI IMAP4rev2 LOGINDISABLED\r\n",
	  "capability words=STARTTLS|AUTH=GSSAPI|IMAP4rev2|LOGINDISABLED\n" },
	{ "* OK [CAPABILITY IMAP4rev1 IDLE] hello\r\n",
	  "condition ok code=6 words=IMAP4rev1|IDLE \"hello\"\n" },
	{ "* ENABLED CONDSTORE\r\n", "enabled words=CONDSTORE\n" },
	{ "* ENABLED\r\n", "enabled words=\n" },
	{ "* 172 EXISTS\r\n* OK [UIDVALIDITY 3857529045] UIDs valid\r\n"
	  "* OK [UIDNEXT 4392] Predicted next UID\r\n"
	  "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
	  "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited\r\n"
	  "* LIST () \"/\" INBOX\r\n"
	  "A142 OK [READ-WRITE] SELECT completed\r\n",
	  "exists 172\n"
	  "condition ok code=27 3857529045 \"UIDs valid\"\n"
	  "condition ok code=25 4392 \"Predicted next UID\"\n"
	  "flags flags=1f[]\n"
	  "condition ok code=19 flags=11*[] \"Limited\"\n"
	  "list <INBOX> '/'\n"
	  "tagged A142 ok code=21 \"SELECT completed\"\n" },
	{ "A932 NO [READ-ONLY] x\r\nA1 BAD command unknown\r\n* BYE gone\r\n",
	  "tagged A932 no code=20 \"x\"\n"
	  "tagged A1 bad code=0 \"command unknown\"\n"
	  "condition bye code=0 \"gone\"\n" },
	{ "* LIST (\\Noselect) \"/\" \"\"\r\n", "list attributes=1 <> '/'\n" },
	{ "* LIST (\\Marked \\NoInferiors) \"/\" \"inbox\"\r\n"
	  "* LIST (\\Subscribed \\NonExistent) \"/\" \"Fruit/Peach\"\r\n"
	  "* LIST () \"/\" foo2/bar1 (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n"
	  "* LIST () \"/\" \"&Jjo-\" (\"OLDNAME\" (\"a b\"))\r\n"
	  "* LIST () \"\\\\\" \"a\\\\b \\\"c\\\"\"\r\n"
	  "* LIST () NIL {7}\r\nfoo]\"b \r\n"
	  "* LIST () \".\" ~{3}\r\na\001b\r\n",
	  "list attributes=2 <inbox> '/'\n"
	  "list attributes=401 <Fruit/Peach> '/'\n"
	  "list <foo2/bar1> '/'\n"
	  "list <&Jjo-> '/'\n"
	  "list <a\\b \"c\"> '\\'\n"
	  "list <foo]\"b >\n"
	  "list <a\001b> '.'\n" },
	/* RFC 6154 */
	{ "* LIST (\\Marked \\HasNoChildren \\Sent) \"/\" SentMail\r\n"
	  "* LIST (\\HasNoChildren \\Trash \\Junk) \"/\" Bin\r\n",
	  "list attributes=80 <SentMail> '/'\n"
	  "list attributes=140 <Bin> '/'\n" },
	{ "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n", "namespace <> '/'\n" },
	{ "* NAMESPACE NIL NIL ((\"\" \".\"))\r\n", "namespace\n" },
	{ "* NAMESPACE ((\"INBOX.\" \".\" \"X-P\" (\"a\" \"b\"))) ((\"~\" "
	  "\"/\")) NIL\r\n",
	  "namespace <INBOX.> '.'\n" },
	{ "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n",
	  "status <blurdybloop> messages=231 next=44292\n" },
	/* RFC 7162, 5819, and a limit that there is none of (RFC 7889) */
	{ "* STATUS \"a b\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 9 UNSEEN 3 "
	  "HIGHESTMODSEQ 7011231777 APPENDLIMIT NIL MAILBOXID (F2212ea87) "
	  ")\r\n",
	  "status <a b> messages=0 next=1 validity=9 unseen=3 "
	  "highest=7011231777\n" },
	{ "* SEARCH 2 84 882\r\n* SEARCH\r\n* SEARCH 2 5 6 7 (MODSEQ 91)\r\n",
	  "search uids=2,84,882\nsearch uids=\n"
	  "search modseq=91 uids=2,5:7\n" },
	{ "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n"
	  "* ESEARCH (TAG \"A301\") UID ALL 17,900,901 MODSEQ 5\r\n"
	  "* ESEARCH\r\n",
	  "search uids=\nsearch uids=17,900:901\nsearch uids=\n" },
	{ "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 "
	  "-0700\" RFC822.SIZE 4286 ENVELOPE (\"Wed, 17 Jul\" {4}\r\n\")\r\n "
	  "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) NIL NIL "
	  "((NIL NIL \"imap\" \"c\")) ((NIL)) NIL \"<B27397@c>\") "
	  "BODY (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL "
	  "\"7BIT\" 3028 92) UID 777)\r\n",
	  "fetch 12 12 uid=777 flags=1[] size=4286 date=837596665\n" },
	{ "* 12 FETCH (BODY[HEADER] {4}\r\nA: b BODY[HEADER.FIELDS (DATE "
	  "FROM)]<0> \"x\" BODY[] {12}\r\nA: b\r\n\r\n{3}\n UID 9)\r\n",
	  "fetch 12 12 uid=9 body=12:A: b\r\n\r\n{3}\n\n" },
	{ "* 23 FETCH (FLAGS (\\Deleted $Forwarded zeta Beta \\Recent) "
	  "UID 4827313)\r\n",
	  "fetch 23 23 uid=4827313 flags=30[Beta zeta]\n" },
	/* RFC 3516 */
	{ "* 2 FETCH (UID 5 BINARY[1] ~{3}\r\n\001)\r BODY[] ~{2}\r\nab)\r\n",
	  "fetch 2 2 uid=5 body=2:ab\n" },
	{ "* 7 FETCH (UID 1 BODY[] NIL)\r\n* 8 FETCH (UID 2 BODY[] \"\")\r\n"
	  "* 9 FETCH (UID 3 RFC822 \"q\\\"s\" FLAGS ())\r\n",
	  "fetch 7 7 uid=1\nfetch 8 8 uid=2 body=0:\n"
	  "fetch 9 9 uid=3 flags=0[] body=3:q\"s\n" },
	/* RFC 7162 */
	{ "* 1 FETCH (UID 4 MODSEQ (12121231000))\r\n"
	  "* OK [HIGHESTMODSEQ 715194045007]\r\n"
	  "* OK [NOMODSEQ] Sorry\r\n"
	  "d105 OK [MODIFIED 7,9] Conditional STORE failed\r\n"
	  "* VANISHED (EARLIER) 41,43:116,118,120:211,214:540\r\n"
	  "* VANISHED 505,507,510,625\r\n"
	  "* OK [CLOSED]\r\n",
	  "fetch 1 1 uid=4 modseq=12121231000\n"
	  "condition ok code=11 715194045007\n"
	  "condition ok code=15 \"Sorry\"\n"
	  "tagged d105 ok code=14 uids=7,9 \"Conditional STORE failed\"\n"
	  "vanished earlier uids=41,43:116,118,120:211,214:540\n"
	  "vanished uids=505,507,510,625\n"
	  "condition ok code=7\n" },
	/* RFC 4315 */
	{ "A003 OK [APPENDUID 38505 3955] APPEND completed\r\n"
	  "A004 OK [COPYUID 38505 304,319:320 3956:3958] Done\r\n"
	  "A005 OK [COPYUID 1 9,3 5,4] Done\r\n"
	  "A003 NO [UIDNOTSTICKY] x\r\n",
	  "tagged A003 ok code=3 validity=38505 to=3955 \"APPEND completed\"\n"
	  "tagged A004 ok code=9 validity=38505 from=304,319:320 to=3956:3958 "
	  "\"Done\"\n"
	  "tagged A005 ok code=9 validity=1 from=9,3 to=5,4 \"Done\"\n"
	  "tagged A003 no code=26 \"x\"\n" },
	/* RFC 5530, and codes that hold brackets or mean nothing to us */
	{ "a NO [OVERQUOTA] full\r\na NO [TRYCREATE] no such\r\n"
	  "a NO [BADCHARSET (\"]\" UTF-8)] no\r\n* OK [ALERT] fire\r\n"
	  "* NO [X-Y z] w\r\n* OK [\r\n* OK\r\n* OK x {12}\r\n",
	  "tagged a no code=18 \"full\"\ntagged a no code=24 \"no such\"\n"
	  "tagged a no code=29 \"no\"\ncondition ok code=1 \"fire\"\n"
	  "condition no code=29 \"w\"\ncondition ok code=29\n"
	  "condition ok code=0\ncondition ok code=0 \"x {12}\"\n" },
	{ "+ idling\r\n+\r\n+ Ready {5}\r\n",
	  "continue \"idling\"\ncontinue\ncontinue \"Ready {5}\"\n" },
	{ "* 5 EXPUNGE\r\n* 3 RECENT\r\n* XYZZY (a {3}\r\n) \" b)\r\n"
	  "* LSUB () \"/\" a\r\n* QUOTA \"\" (STORAGE 1 2)\r\n",
	  "expunge 5\nother 3\nother\nother\nother\n" },
	/* Gmail */
	{ "* 1 FETCH (X-GM-THRID 1278455344230334865 X-GM-MSGID "
	  "18446744073709551615 X-GM-LABELS (\"\\\\Inbox\" \\Sent Important "
	  "\"Muy Importante\" &Jjo-) UID 1)\r\n",
	  "fetch 1 1 uid=1 gm=18446744073709551615/1278455344230334865 "
	  "labels=\\Inbox|\\Sent|Important|Muy Importante|&Jjo-\n" },
};

TEST(the_examples_of_the_rfcs_are_read)
{
	check_all(from_rfcs, G_N_ELEMENTS(from_rfcs));
}

/* Seen from servers, but not in the grammar. */
TEST(small_departures_from_the_grammar_are_read)
{
	static const struct example known[] = {
		{ "* 5 EXISTS \n", "exists 5\n" },
		{ "* ok hello\r\n", "condition ok code=0 \"hello\"\n" },
		{ "* 1 fetch ( uid 7  flags ( \\seen ) )\r\n",
		  "fetch 1 1 uid=7 flags=1[]\n" },
		{ "* SEARCH 1 2 \r\n", "search uids=1:2\n" },
		{ "* LIST ( ) \"/\" a[b]%*{c\r\n", "list <a[b]%*{c> '/'\n" },
		{ "* LIST () \"/\" ~user\r\n", "list <~user> '/'\n" },
		{ "* 1 FETCH (UID 7 FLAGS (\\Seen b \\Seen B a:1 [x] \xc3\xa4 "
		  "\\Foo))\r\n",
		  "fetch 1 1 uid=7 flags=1[a:1 B]\n" },
		{ "* 1 FETCH (INTERNALDATE \" 1-Jan-1970 00:00:00 +0000\")\r\n"
		  "* 1 FETCH (INTERNALDATE \"1-Feb-2024 23:59:60 +0130\")\r\n"
		  "* 1 FETCH (INTERNALDATE \"29-Feb-2024 00:00:00 -1200\")\r\n"
		  "* 1 FETCH (INTERNALDATE \"yesterday\")\r\n"
		  "* 1 FETCH (INTERNALDATE NIL)\r\n"
		  "* 1 FETCH (INTERNALDATE \"32-Jan-1970 00:00:00 +0000\")\r\n",
		  "fetch 1 1 date=0\nfetch 1 1 date=1706826600\n"
		  "fetch 1 1 date=1709208000\n"
		  "fetch 1 1\nfetch 1 1\nfetch 1 1\n" },
		{ "* VANISHED 9:3\r\n", "vanished uids=3:9\n" },
		{ "* VANISHED 1:4294967295\r\n",
		  "vanished uids=1:4294967295\n" },
	};

	check_all(known, G_N_ELEMENTS(known));
}

TEST(what_is_no_imap_is_refused)
{
	static const char *const bad[] = {
		"\r\n",
		"*\r\n",
		"* \r\n",
		"HTTP/1.1 200 OK\r\n",
		"220 mail.example.org ESMTP\r\n",
		"a1\r\n",
		"a1 MAYBE\r\n",
		"* 0 EXPUNGE\r\n",
		"* 0 FETCH (UID 1)\r\n",
		"* 1 FETCH\r\n",
		"* 1 FETCH UID 1\r\n",
		"* 1 FETCH (UID 1\r\n",
		"* 1 FETCH (UID 0)\r\n",
		"* 1 FETCH (UID -1)\r\n",
		"* 1 FETCH (UID x)\r\n",
		"* 1 FETCH (UID 1FLAGS ())\r\n",
		"* 1 FETCH (UID 1 FLAGS (\\Seen)\r\n",
		"* 1 FETCH (UID 1 BODY[] \"a)\r\n",
		"* 1 FETCH (UID 1 BODY[] \"a\\\r\n",
		"* 1 FETCH (UID 1 BODY[] {x}\r\n",
		"* 1 FETCH (UID 1 BODY[] a)\r\n",
		"* 1 FETCH (UID 1 BODY[ NIL)\r\n",
		"* 1 FETCH (UID 1 ENVELOPE (()\r\n",
		"* 1 FETCH (UID 1 ENVELOPE ))\r\n",
		"* 1 FETCH (UID 1 MODSEQ 5)\r\n",
		"* LIST \"/\" a\r\n",
		"* LIST () \"//\" a\r\n",
		"* LIST () \"/\"\r\n",
		"* STATUS a (MESSAGES x)\r\n",
		"* SEARCH 1 0\r\n",
		"* SEARCH 1 x\r\n",
		"* VANISHED\r\n",
		"* VANISHED 1,\r\n",
		"* VANISHED *\r\n",
		"* FLAGS \\Seen\r\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct imap_limits limits = imap_limits_default();
		AUTO(imap_parser)
		struct imap_parser *parser = imap_parser_new(&limits);
		struct imap_response response;
		struct err err = { 0 };

		imap_parser_feed(parser, bad[i], strlen(bad[i]));
		if (!CHECK_INT(imap_parser_next(parser, &response, &err), -1))
			printf("# %s\n", bad[i]);
		CHECK_INT(err.code, EBADMSG);
		CHECK_INT(imap_parser_next(parser, &response, &err), -1);
	}
}

TEST(what_goes_beyond_a_limit_is_refused)
{
	static const struct imap_limits limits = {
		.line = 60, .literal = 20, .total = 30, .depth = 3, .count = 4
	};
	static const struct example known[] = {
		{ "* 1 FETCH (BODY[] {21}\r\n", "! a literal of 21 bytes\n" },
		{ "* 1 FETCH (BODY[] {4294967296}\r\n",
		  "! a literal of 4294967296 bytes\n" },
		{ "* 1 FETCH (BODY[] {99999999999999999999999}\r\n",
		  "! a literal of 18446744073709551615 bytes\n" },
		{ "* X {20}\r\n01234567890123456789 {11}\r\n",
		  "! a literal of 11 bytes\n" },
		{ "* OK "
		  "456789012345678901234567890123456789012345678901234567890123"
		  "45"
		  "890",
		  "! a line of more than 60 bytes\n" },
		{ "* X {1}\r\na {1}\r\na {1}\r\na {1}\r\na {1}\r\na {1}\r\na "
		  "{1}\r\na {1}\r\na {1}\r\na {1}\r\n",
		  "! a line of more than 60 bytes\n" },
		{ "* 1 FETCH (X (((1))))\r\n* 1 FETCH (X (((()))))\r\n",
		  "! an answer with lists within too many lists\n" },
		{ "* 1 FETCH (X ((1)))\r\n", "fetch 1 1\n" },
		{ "* VANISHED 1,2,3,4\r\n* VANISHED 1,2,3,4,5\r\n",
		  "vanished uids=1:4\n! an answer with too much at once\n" },
		{ "* SEARCH 1 2 3 4 5\r\n",
		  "! an answer with too much at once\n" },
		{ "* FLAGS (a b c d e)\r\n",
		  "! an answer with too much at once\n" },
		{ "* CAPABILITY a b c d e\r\n",
		  "! an answer with too much at once\n" },
		{ "a OK [COPYUID 1 1,2,3 4,5,6]\r\n",
		  "! an answer with too much at once\n" },
		{ "* 1 FETCH (UID 4294967296)\r\n",
		  "! an answer with a number that is too large\n" },
		{ "* 4294967296 EXISTS\r\n",
		  "! an answer with a number that is too large\n" },
		{ "* 1 FETCH (MODSEQ (9223372036854775808))\r\n",
		  "! an answer with a number that is too large\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *out = dumped(known[i].in, strlen(known[i].in), &limits);

		if (strncmp(out, "fetch 1 1\n!", 11) == 0)
			CHECK_STR(out + 10, known[i].out);
		else
			CHECK_STR(out, known[i].out);
	}
}

/* All examples behind one another. */
static GString *transcript(void)
{
	GString *all = g_string_new("");

	for (size_t i = 0; i < G_N_ELEMENTS(from_rfcs); i++)
		g_string_append(all, from_rfcs[i].in);
	return all;
}

TEST(every_split_in_two_gives_the_same)
{
	AUTO(gstring) GString *all = transcript();
	AUTO(str) char *want = dumped(all->str, all->len, NULL);
	struct imap_limits limits = imap_limits_default();

	for (size_t cut = 0; cut <= all->len; cut++) {
		AUTO(imap_parser)
		struct imap_parser *parser = imap_parser_new(&limits);
		AUTO(gstring) GString *got = g_string_new("");

		(void)dump_bytes(parser, all->str, cut, got);
		(void)dump_bytes(parser, all->str + cut, all->len - cut, got);
		if (!CHECK_STR(got->str, want))
			break;
	}
}

TEST(byte_by_byte_gives_the_same)
{
	AUTO(gstring) GString *all = transcript();
	AUTO(str) char *want = dumped(all->str, all->len, NULL);

	for (size_t piece = 1; piece < 40; piece++) {
		struct imap_limits limits = imap_limits_default();
		AUTO(imap_parser)
		struct imap_parser *parser = imap_parser_new(&limits);
		AUTO(gstring) GString *got = g_string_new("");

		for (size_t at = 0; at < all->len; at += piece) {
			/* Exactly as many bytes: one beyond is found. */
			size_t size = MIN(piece, all->len - at);
			AUTO(str) char *copy = g_memdup2(all->str + at, size);

			(void)dump_bytes(parser, copy, size, got);
		}
		CHECK_STR(got->str, want);
		CHECK(!imap_parser_is_within(parser));
	}
}

TEST(every_truncation_asks_for_more)
{
	AUTO(gstring) GString *all = transcript();
	struct imap_limits limits = imap_limits_default();

	for (size_t size = 0; size < all->len; size++) {
		AUTO(imap_parser)
		struct imap_parser *parser = imap_parser_new(&limits);
		AUTO(gstring) GString *got = g_string_new("");

		CHECK_INT(dump_bytes(parser, all->str, size, got), 0);
	}
}

TEST(a_large_message_comes_whole)
{
	enum { SIZE = 5000000, PIECE = 262144 };
	AUTO(gstring) GString *all = g_string_new("* 1 FETCH (UID 1 BODY[] {");
	struct imap_limits limits = imap_limits_default();
	AUTO(imap_parser) struct imap_parser *parser = imap_parser_new(&limits);
	struct imap_response response = { 0 };
	struct err err;
	int more = 0;
	size_t body;

	g_string_append_printf(all, "%d}\r\n", SIZE);
	body = all->len;
	for (int i = 0; i < SIZE; i++)
		g_string_append_c(all, (char)(i * 7 % 251));
	g_string_append(all, ")\r\n");
	for (size_t at = 0; at < all->len; at += PIECE) {
		imap_parser_feed(parser, all->str + at,
				 MIN(PIECE, all->len - at));
		more = imap_parser_next(parser, &response, &err);
	}
	CHECK_INT(more, 1);
	CHECK_INT(response.fetch.body_size, SIZE);
	CHECK_MEM(response.fetch.body, all->str + body, SIZE);
	CHECK_INT(imap_parser_next(parser, &response, &err), 0);
}

TEST(the_limits_are_those_of_a_message)
{
	struct imap_limits limits = imap_limits_default();

	CHECK_INT(limits.literal, MESSAGE_MAX);
	CHECK(limits.total >= limits.literal);
}
