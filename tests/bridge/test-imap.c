/* SPDX-License-Identifier: ISC */
#include "imap-folder.h"
#include "imap.h"

#include "imap-script.h"
#include "test.h"

static void open_with(struct script *script, struct imap **imap_r)
{
	struct err err = { 0 };

	if (!CHECK_INT(script_open(script, imap_r, &err), 0))
		printf("# %s\n", err.text);
}

TEST(what_a_server_can_is_asked_and_switched_on)
{
	AUTO(imap) struct imap *imap = NULL;
	struct script script;

	script_init(&script, script_full, NULL);
	open_with(&script, &imap);
	CHECK(imap_can(imap) & IMAP_CAN_QRESYNC);
	CHECK(imap_can(imap) & IMAP_CAN_CONDSTORE);
	CHECK(!(imap_can(imap) & IMAP_CAN_UTF8));
	CHECK(imap_is_alive(imap));
	CHECK_STR(script.said->str,
		  "d1 CAPABILITY\r\nd2 ENABLE CONDSTORE QRESYNC\r\n"
		  "d3 NAMESPACE\r\n");
	imap_close(take(imap));
	CHECK(g_str_has_suffix(script.said->str, "d0 LOGOUT\r\n"));
	script_release(&script);
}

TEST(what_is_not_switched_on_is_not_there)
{
	static const struct rule rules[] = {
		{ "CAPABILITY",
		  "* CAPABILITY IMAP4rev1 ENABLE QRESYNC CONDSTORE "
		  "UTF8=ACCEPT\r\n$ OK .\r\n" },
		{ "ENABLE CONDSTORE", "* ENABLED\r\n$ OK .\r\n" },
		{ "ENABLE UTF8", "$ NO not now\r\n" },
		{ NULL, NULL },
	};
	AUTO(imap) struct imap *imap = NULL;
	struct script script;

	script_init(&script, rules, NULL);
	open_with(&script, &imap);
	CHECK_INT(imap_can(imap), IMAP_CAN_CONDSTORE | IMAP_CAN_ENABLE);
	imap_close(take(imap));
	script_release(&script);
}

TEST(compression_begins_behind_its_answer)
{
	static const struct rule rules[] = {
		{ "CAPABILITY",
		  "* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n$ OK .\r\n" },
		{ "COMPRESS DEFLATE", "$ OK now\r\n" },
		{ NULL, NULL },
	};
	AUTO(imap) struct imap *imap = NULL;
	struct script script;

	script_init(&script, rules, NULL);
	open_with(&script, &imap);
	CHECK(script.deflated);
	imap_close(take(imap));
	script_release(&script);
}

TEST(a_server_that_refuses_to_compress_is_used_without)
{
	static const struct rule rules[] = {
		{ "CAPABILITY",
		  "* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n$ OK .\r\n" },
		{ "COMPRESS DEFLATE", "$ NO [COMPRESSIONACTIVE] is\r\n" },
		{ NULL, NULL },
	};
	AUTO(imap) struct imap *imap = NULL;
	struct script script;

	script_init(&script, rules, NULL);
	open_with(&script, &imap);
	CHECK(!script.deflated);
	CHECK(imap_is_alive(imap));
	imap_close(take(imap));
	script_release(&script);
}

TEST(a_name_space_that_cannot_be_said_is_none)
{
	static const struct rule rules[] = {
		{ "CAPABILITY", "* CAPABILITY NAMESPACE\r\n$ OK .\r\n" },
		{ "NAMESPACE",
		  "* NAMESPACE (({3}\r\na\r\n \".\")) NIL NIL\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	AUTO(imap) struct imap *imap = NULL;
	AUTO(str) char *raw = NULL;
	struct script script;

	script_init(&script, rules, NULL);
	open_with(&script, &imap);
	CHECK_INT(imap_raw_name(imap, "x", &raw, NULL), 0);
	CHECK_STR(raw, "x");
	imap_close(take(imap));
	script_release(&script);
}
