/* SPDX-License-Identifier: ISC */
#include "defms/state.h"

#include "imap-change.h"
#include "imap-script.h"
#include "test.h"

/* What was said behind the login. */
static const char *said(const struct script *script, const char *first)
{
	const char *at = strstr(script->said->str, first);

	return at ? at : script->said->str;
}

static struct imap_set *some(void)
{
	struct imap_set *uids = imap_set_new();

	imap_set_add(uids, 304);
	imap_set_add_range(uids, 319, 320);
	return uids;
}

TEST(changes_are_sent_together)
{
	static const struct rule rules[] = {
		{ "UID STORE",
		  "* 1 FETCH (UID 304 MODSEQ (80))\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_login(&script, rules, script_full);
	AUTO(imap_set) struct imap_set *uids = some();
	const struct imap_change changes[] = {
		{ .uids = uids,
		  .add = FLAG_SEEN | FLAG_FORWARDED,
		  .remove_keywords = "old" },
		{ .uids = uids, .remove = FLAG_DRAFT, .unchanged_since = 7 },
		{ .uids = uids, .add_keywords = "a b", .unchanged_since = 8 },
	};

	CHECK_INT(imap_store(imap, changes, 3, NULL, NULL), 0);
	CHECK_STR(said(&script, "d4"),
		  "d4 UID STORE 304,319:320 +FLAGS.SILENT (\\Seen "
		  "$Forwarded)\r\n"
		  "d5 UID STORE 304,319:320 (UNCHANGEDSINCE 8) +FLAGS.SILENT "
		  "(a b)\r\n"
		  "d6 UID STORE 304,319:320 -FLAGS.SILENT (old)\r\n"
		  "d7 UID STORE 304,319:320 (UNCHANGEDSINCE 7) -FLAGS.SILENT "
		  "(\\Draft)\r\n");
	script_close(imap, &script);
}

TEST(what_has_changed_there_is_left_alone)
{
	static const struct rule rules[] = {
		{ "UID STORE 304,319:320 (UNCHANGEDSINCE 8) +FLAGS",
		  "$ NO [MODIFIED 319] it changed\r\n" },
		{ "UID STORE 304,320 -FLAGS", "$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_login(&script, rules, script_full);
	AUTO(imap_set) struct imap_set *uids = some();
	AUTO(imap_set) struct imap_set *kept = imap_set_new();
	const struct imap_change change = { .uids = uids,
					    .add = FLAG_SEEN,
					    .remove = FLAG_FLAGGED,
					    .unchanged_since = 8 };

	CHECK_INT(imap_store(imap, &change, 1, kept, NULL), 0);
	CHECK_INT(imap_set_count(kept), 1);
	CHECK(imap_set_has(kept, 319));
	script_close(imap, &script);
}

/* Many commands, and never more on their way than sockets hold. */
TEST(ten_thousand_changes_are_one_stream)
{
	static const struct rule rules[] = {
		{ "UID STORE", "$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_login(&script, rules, script_full);
	GPtrArray *sets = g_ptr_array_new();
	struct imap_change *changes = g_new0(struct imap_change, 10000);

	for (uint32_t uid = 1; uid <= 10000; uid++) {
		struct imap_set *one = imap_set_new();

		imap_set_add(one, uid);
		g_ptr_array_add(sets, one);
		changes[uid - 1] =
			(struct imap_change){ .uids = one, .add = FLAG_SEEN };
	}
	CHECK_INT(imap_store(imap, changes, 10000, NULL, NULL), 0);
	CHECK(strstr(script.said->str, "STORE 10000 +FLAGS"));
	for (size_t i = 0; i < sets->len; i++)
		imap_set_free(sets->pdata[i]);
	g_ptr_array_unref(sets);
	g_free(changes);
	script_close(imap, &script);
}

static const struct rule moves[] = {
	{ "UID MOVE 304,319:320 \"to\"",
	  "* OK [COPYUID 38505 304,319:320 3956:3958] moved\r\n"
	  "* VANISHED 304,319:320\r\n$ OK .\r\n" },
	{ "UID COPY 304,319:320 \"to\"", "$ OK [COPYUID 1 320,304 7,9] .\r\n" },
	{ "UID COPY 304,319:320 \"lies\"",
	  "$ OK [COPYUID 1 1:4294967295 1:4294967295] .\r\n" },
	{ "UID COPY 304,319:320 \"none\"", "$ NO [TRYCREATE] no such\r\n" },
	{ "UID COPY 304,319:320 \"full\"", "$ NO [OVERQUOTA] full\r\n" },
	{ "UID COPY", "$ OK .\r\n" },
	{ "UID STORE 304,319:320 +FLAGS.SILENT (\\Deleted)", "$ OK .\r\n" },
	{ "UID EXPUNGE 304,319:320", "* VANISHED 304,319:320\r\n$ OK .\r\n" },
	{ "CAPABILITY", "* CAPABILITY IMAP4rev1 MOVE UIDPLUS\r\n$ OK .\r\n" },
	{ NULL, NULL },
};

static uint32_t to_of(const GArray *moved, size_t at)
{
	return g_array_index(moved, struct imap_moved, at).to;
}

TEST(what_is_moved_or_copied_is_known_by_its_new_uid)
{
	struct script script;
	struct imap *imap = script_login(&script, moves, script_full);
	AUTO(imap_set) struct imap_set *uids = some();
	AUTO(array)
	GArray *moved = g_array_new(FALSE, FALSE, sizeof(struct imap_moved));
	struct err err = { 0 };

	CHECK_INT(imap_move(imap, uids, "to", moved, NULL, NULL), 0);
	CHECK_INT(moved->len, 3);
	CHECK_INT(to_of(moved, 0), 3956);
	CHECK_INT(to_of(moved, 2), 3958);
	(void)g_array_set_size(moved, 0);
	CHECK_INT(imap_copy(imap, uids, "to", moved, NULL), 0);
	CHECK_INT(moved->len, 2);
	CHECK_INT(g_array_index(moved, struct imap_moved, 0).from, 320);
	CHECK_INT(to_of(moved, 0), 7);
	(void)g_array_set_size(moved, 0);
	CHECK_INT(imap_copy(imap, uids, "lies", moved, NULL), 0);
	CHECK_INT(moved->len, 0);
	CHECK_INT(imap_copy(imap, uids, "none", moved, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(imap_copy(imap, uids, "full", moved, &err), -1);
	CHECK_INT(err.code, EDQUOT);
	CHECK_STR(err.text, "imap.example.org:993: copy to full: refused: "
			    "full");
	script_close(imap, &script);
}

TEST(deleting_takes_just_what_was_named)
{
	struct script script;
	struct imap *imap = script_login(&script, moves, script_full);
	AUTO(imap_set) struct imap_set *uids = some();
	AUTO(imap_set) struct imap_set *none = imap_set_new();

	CHECK_INT(imap_delete(imap, uids, NULL, NULL), 0);
	CHECK(strstr(script.said->str, " UID EXPUNGE 304,319:320\r\n"));
	CHECK_INT(imap_delete(imap, none, NULL, NULL), 0);
	script_close(imap, &script);
}

TEST(without_uidplus_others_are_not_expunged)
{
	static const struct rule others[] = {
		{ "UID SEARCH DELETED",
		  "* SEARCH 304 319 320 400\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_login(&script, others, moves);
	AUTO(imap_set) struct imap_set *uids = some();
	AUTO(imap_set) struct imap_set *left = imap_set_new();

	imap->can = 0;
	CHECK_INT(imap_delete(imap, uids, left, NULL), 0);
	CHECK_INT(imap_set_count(left), 3);
	CHECK(!strstr(script.said->str, "EXPUNGE"));
	script_close(imap, &script);
}

TEST(without_extensions_moving_is_copying_and_deleting)
{
	static const struct rule alone[] = {
		{ "UID SEARCH DELETED", "* SEARCH 304 319 320\r\n$ OK .\r\n" },
		{ "EXPUNGE", "* 3 EXPUNGE\r\n* 3 EXPUNGE\r\n* 1 EXPUNGE\r\n"
			     "$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_login(&script, alone, moves);
	AUTO(imap_set) struct imap_set *uids = some();
	AUTO(imap_set) struct imap_set *left = imap_set_new();
	AUTO(array)
	GArray *moved = g_array_new(FALSE, FALSE, sizeof(struct imap_moved));

	imap->can = 0;
	CHECK_INT(imap_move(imap, uids, "x", moved, left, NULL), 0);
	CHECK_STR(said(&script, "d4"),
		  "d4 UID SEARCH DELETED\r\nd5 EXPUNGE\r\n");
	CHECK(imap_set_is_empty(left));
	script_close(imap, &script);
}
