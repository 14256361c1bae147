/* SPDX-License-Identifier: ISC */
#include "imap-folder.h"
#include "imap-response.h"
#include "imap-script.h"
#include "test.h"

static const struct rule full[] = {
	{ "LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT "
	  "UIDVALIDITY HIGHESTMODSEQ))",
	  "* LIST () \"/\" inbox\r\n"
	  "* STATUS INBOX (MESSAGES 3 UIDNEXT 12 UIDVALIDITY 9 "
	  "HIGHESTMODSEQ 70)\r\n"
	  "* LIST (\\Sent) \"/\" \"Ge&APY-ffnet\"\r\n"
	  "* STATUS \"Ge&APY-ffnet\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 4 "
	  "HIGHESTMODSEQ 0)\r\n"
	  "* LIST (\\Noselect) \"/\" \"v1.2\"\r\n"
	  "* LIST () \"/\" \"\"\r\n"
	  "* LIST () \"/\" \"a/../b\"\r\n"
	  "* LIST () \"/\" {3}\r\na\tb\r\n"
	  "* LIST () \"/\" \"\xff\"\r\n"
	  "* LIST () \"/\" \"v1.2\"\r\n"
	  "* STATUS \"never listed\" (MESSAGES 1 UIDVALIDITY 1)\r\n"
	  "$ OK .\r\n" },
	{ NULL, NULL },
};

static const struct imap_folder *folder_at(const struct imap_listing *listing,
					   size_t at)
{
	return listing->folders->pdata[at];
}

TEST(folders_come_with_their_numbers)
{
	AUTO(imap) struct imap *imap = NULL;
	AUTO(imap_listing) struct imap_listing *listing = NULL;
	AUTO(str) char *raw = NULL;
	const struct imap_folder *folder;
	struct script script;

	script_init(&script, full, script_full);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	CHECK_INT(imap_list(imap, &listing, NULL), 0);
	if (!CHECK_INT(listing->folders->len, 3) ||
	    !CHECK_INT(listing->refused->len, 4))
		return;
	folder = folder_at(listing, 0);
	CHECK_STR(folder->name, "INBOX");
	CHECK(folder->has_status && folder->has_modseq);
	CHECK_INT(folder->messages, 3);
	CHECK_INT(folder->uidnext, 12);
	CHECK_INT(folder->uidvalidity, 9);
	CHECK_INT(folder->modseq, 70);
	folder = folder_at(listing, 1);
	CHECK_STR(folder->name, "Ge\xc3\xb6"
				"ffnet");
	CHECK_STR(folder->raw, "Ge&APY-ffnet");
	CHECK_INT(folder->attributes, IMAP_SENT);
	CHECK(folder->has_modseq && folder->modseq == 0);
	folder = folder_at(listing, 2);
	CHECK_INT(folder->attributes, IMAP_NOSELECT);
	CHECK(!folder->has_status);
	CHECK_STR(listing->refused->pdata[1],
		  "folder \"a/../b\": a part is \"..\"");
	CHECK_INT(imap_raw_name(imap, "Ge\xc3\xb6/x", &raw, NULL), 0);
	CHECK_STR(raw, "Ge&APY-/x");
	imap_close(take(imap));
	script_release(&script);
}

static const struct rule bare[] = {
	{ "LIST \"\" \"*\"", "* LIST () \".\" INBOX\r\n"
			     "* LIST () \".\" \"a\\\"b\"\r\n"
			     "* LIST (\\NonExistent) \".\" c\r\n"
			     "* LIST () \".\" d.e\r\n$ OK .\r\n" },
	{ "STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY)",
	  "* STATUS INBOX (MESSAGES 3 UIDNEXT 12 UIDVALIDITY 9)\r\n"
	  "$ OK .\r\n" },
	{ "STATUS \"a\\\"b\"",
	  "* STATUS \"a\\\"b\" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)\r\n"
	  "$ OK .\r\n" },
	{ "STATUS \"d.e\"", "$ NO [NOPERM] no\r\n" },
	{ NULL, NULL },
};

TEST(without_extensions_each_is_asked_for_its_numbers)
{
	AUTO(imap) struct imap *imap = NULL;
	AUTO(imap_listing) struct imap_listing *listing = NULL;
	struct script script;

	script_init(&script, bare, script_bare);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	CHECK_INT(imap_list(imap, &listing, NULL), 0);
	if (!CHECK_INT(listing->folders->len, 4))
		return;
	CHECK(folder_at(listing, 0)->has_status);
	CHECK(!folder_at(listing, 0)->has_modseq);
	CHECK_INT(folder_at(listing, 1)->uidvalidity, 3);
	CHECK(!folder_at(listing, 2)->has_status);
	CHECK(!folder_at(listing, 3)->has_status);
	CHECK_STR(folder_at(listing, 3)->name, "d/e");
	CHECK(!strstr(script.said->str, "STATUS \"c\""));
	CHECK(imap_is_alive(imap));
	imap_close(take(imap));
	script_release(&script);
}

TEST(folders_are_made_renamed_and_removed)
{
	static const struct rule rules[] = {
		{ "CREATE \"a b\"", "$ OK .\r\n" },
		{ "CREATE \"there\"", "$ NO [ALREADYEXISTS] is there\r\n" },
		{ "RENAME \"a b\" \"c\\\\d\"", "$ OK .\r\n" },
		{ "DELETE \"gone\"", "$ NO [NONEXISTENT] is gone\r\n" },
		{ "DELETE", "$ OK .\r\n" },
		{ NULL, NULL },
	};
	AUTO(imap) struct imap *imap = NULL;
	struct script script;
	struct err err = { 0 };

	script_init(&script, rules, script_bare);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	CHECK_INT(imap_create(imap, "a b", NULL), 0);
	CHECK_INT(imap_rename(imap, "a b", "c\\d", NULL), 0);
	CHECK_INT(imap_remove(imap, "x", NULL), 0);
	CHECK_INT(imap_create(imap, "there", &err), -1);
	CHECK_INT(err.code, EEXIST);
	CHECK_STR(err.text, "imap.example.org:993: CREATE there: refused: "
			    "is there");
	CHECK_INT(imap_remove(imap, "gone", &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(imap_remove(imap, "x", NULL), 0);
	CHECK(imap_is_alive(imap));
	imap_close(take(imap));
	script_release(&script);
}
