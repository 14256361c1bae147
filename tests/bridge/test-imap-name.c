/* SPDX-License-Identifier: ISC */
#include "imap-name.h"

#include <errno.h>

#include <glib.h>

#include "defms/auto.h"

#include "test.h"

static const struct {
	struct imap_names names;
	const char *raw, *name;
} known[] = {
	{ { '/', "", false }, "INBOX", "INBOX" },
	{ { '/', "", false }, "Archive", "Archive" },
	{ { '/', "", false }, "INBOX/Sub", "INBOX/Sub" },
	{ { '/', "", false }, "[Gmail]/All Mail", "[Gmail]/All Mail" },
	{ { '.', "", false }, "Projects.Roof", "Projects/Roof" },
	{ { '\\', "", false }, "a\\b", "a/b" },
	{ { '/', "", false },
	  "v1.2/x",
	  "v1\xe2\x80\xa4"
	  "2/x" },
	{ { '.', "", false },
	  "a/b.c",
	  "a\xe2\x88\x95"
	  "b/c" },
	{ { '/', "", false }, ".hidden", "\xe2\x80\xa4hidden" },
	{ { 0, "", false },
	  "a.b",
	  "a\xe2\x80\xa4"
	  "b" },
	{ { '.', "INBOX.", false }, "INBOX.Sent", "Sent" },
	{ { '.', "INBOX.", false }, "INBOX.INBOX.x", "INBOX/x" },
	{ { '/', "", false }, "Entw&APw-rfe", "Entw\xc3\xbcrfe" },
	{ { '/', "", true }, "Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe" },
	{ { '/', "", true }, "a&b", "a&b" },
	{ { '/', "", false }, "a&-b", "a&b" },
	{ { '/', "", false }, "100% *\"\\", "100% *\"\\" },
};

TEST(a_name_is_ours_and_the_servers_again)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *name = NULL;
		AUTO(str) char *raw = NULL;

		CHECK_INT(imap_name_from(&known[i].names, known[i].raw, &name,
					 NULL),
			  0);
		CHECK_STR(name, known[i].name);
		CHECK_INT(imap_name_to(&known[i].names, known[i].name, &raw,
				       NULL),
			  0);
		CHECK_STR(raw, known[i].raw);
	}
}

TEST(inbox_is_inbox_in_any_case)
{
	struct imap_names names = { '/', "", false };
	AUTO(str) char *name = NULL;

	CHECK_INT(imap_name_from(&names, "iNbOx", &name, NULL), 0);
	CHECK_STR(name, "INBOX");
}

TEST(names_outside_of_the_personal_ones_keep_all_parts)
{
	struct imap_names names = { '.', "INBOX.", false };
	AUTO(str) char *name = NULL;

	CHECK_INT(imap_name_from(&names, "user.bob", &name, NULL), 0);
	CHECK_STR(name, "user/bob");
}

TEST(hostile_names_are_refused)
{
	AUTO(str) char *kilobyte = g_strnfill(1024, 'a');
	AUTO(str) char *long_one = g_strnfill(201, 'a');
	const struct {
		struct imap_names names;
		const char *raw;
	} bad[] = {
		{ { '/', "", false }, "" },
		{ { '/', "", false }, "." },
		{ { '/', "", false }, ".." },
		{ { '/', "", false }, "a/../b" },
		{ { '/', "", false }, "../../etc" },
		{ { '/', "", false }, "/a" },
		{ { '/', "", false }, "a/" },
		{ { '/', "", false }, "a//b" },
		{ { '.', "", false }, ".." },
		{ { '.', "", false }, "a..b" },
		{ { '/', "", false }, "a\nb" },
		{ { '/', "", false }, "a\x01" },
		{ { '/', "", false }, "a\x7f" },
		{ { '/', "", false }, "&AAk-" },
		{ { '/', "", false }, "&AIU-" }, /* U+0085, NEL */
		{ { '/', "", false }, "\xff" },
		{ { '/', "", false }, "\xc3\xa4" },
		{ { '/', "", false }, "a&b" },
		{ { '/', "", true }, "\xff" },
		{ { '/', "", true }, "a\xc3" },
		{ { '/', "", true }, "\xed\xa0\x80" },
		{ { '/', "", true }, "a\nb" },
		{ { 0, "", true }, "a\nb" },
		{ { '/', "", false }, kilobyte },
		{ { '/', "", false }, long_one },
		{ { '.', "INBOX.", false }, "INBOX.INBOX" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(str) char *name = NULL;
		struct err err = { 0 };

		if (!CHECK_INT(imap_name_from(&bad[i].names, bad[i].raw, &name,
					      &err),
			       -1))
			printf("# %s is %s\n", bad[i].raw, name);
		CHECK_INT(err.code, EINVAL);
	}
}

TEST(what_a_server_cannot_have_is_refused)
{
	static const struct {
		struct imap_names names;
		const char *name;
	} bad[] = {
		{ { 0, "", false }, "a/b" },
		{ { '^', "", false }, "a^b" },
		{ { '\\', "", false }, "a\\b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(str) char *raw = NULL;
		struct err err = { 0 };

		CHECK_INT(imap_name_to(&bad[i].names, bad[i].name, &raw, &err),
			  -1);
		CHECK_INT(err.code, EINVAL);
	}
}
