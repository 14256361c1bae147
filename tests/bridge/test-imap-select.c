/* SPDX-License-Identifier: ISC */
#include "defms/state.h"

#include "imap-folder.h"
#include "imap-script.h"
#include "test.h"

static int selected(const struct rule *rules, const struct rule *more,
		    struct imap_selected *selected_r, struct err *err)
{
	AUTO(imap) struct imap *imap = NULL;
	struct script script;
	int result;

	script_init(&script, rules, more);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	result = imap_select(imap, "INBOX", false, selected_r, err);
	CHECK_INT(imap_is_alive(imap), result == 0 || err->code == ENOENT);
	imap_close(take(imap));
	script_release(&script);
	return result;
}

TEST(a_folder_tells_its_numbers)
{
	struct imap_selected all = { 0 };

	CHECK_INT(selected(script_full, NULL, &all, NULL), 0);
	CHECK_INT(all.uidvalidity, 9);
	CHECK_INT(all.uidnext, 12);
	CHECK_INT(all.exists, 3);
	CHECK_INT(all.modseq, 70);
	CHECK_INT(all.flags, FLAG_SEEN);
	CHECK(all.any_keyword);
	CHECK(!all.read_only && !all.uids_not_sticky);
	CHECK_STR(all.keywords, "");
	imap_selected_release(&all);
}

TEST(without_permanent_flags_all_are)
{
	struct imap_selected all = { 0 };

	CHECK_INT(selected(script_bare, NULL, &all, NULL), 0);
	CHECK_INT(all.uidnext, 0);
	CHECK_INT(all.modseq, 0);
	CHECK_INT(all.flags, FLAG_SEEN);
	CHECK(!all.any_keyword);
	CHECK_STR(all.keywords, "work");
	imap_selected_release(&all);
}

TEST(a_folder_that_can_only_be_read_says_so)
{
	static const struct rule rules[] = {
		{ "SELECT", "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] .\r\n"
			    "* OK [NOMODSEQ] .\r\n* NO [UIDNOTSTICKY] .\r\n"
			    "$ OK [READ-ONLY] .\r\n" },
		{ NULL, NULL },
	};
	struct imap_selected all = { 0 };

	CHECK_INT(selected(rules, script_full, &all, NULL), 0);
	CHECK(all.read_only && all.uids_not_sticky);
	imap_selected_release(&all);
}

TEST(what_cannot_be_selected_says_why)
{
	static const struct rule gone[] = {
		{ "SELECT", "$ NO [NONEXISTENT] no such folder\r\n" },
		{ NULL, NULL },
	};
	static const struct rule without[] = {
		{ "SELECT", "* 0 EXISTS\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	static const struct rule bye[] = {
		{ "SELECT", "* 0 EXISTS\r\n* BYE shutting down\r\n" },
		{ NULL, NULL },
	};
	struct imap_selected all;
	struct err err = { 0 };

	CHECK_INT(selected(gone, script_full, &all, &err), -1);
	CHECK_STR(err.text, "imap.example.org:993: select INBOX: refused: no "
			    "such folder");
	CHECK_INT(selected(without, script_full, &all, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	CHECK_INT(selected(bye, script_full, &all, &err), -1);
	CHECK_INT(err.code, ECONNRESET);
	CHECK(err_is_temporary(&err));
	CHECK_STR(err.text, "imap.example.org:993: select INBOX: the server "
			    "says good-bye: shutting down");
}
