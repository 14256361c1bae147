/* SPDX-License-Identifier: ISC */
#include "site.h"

#include <errno.h>

#include "test.h"

TEST(directory_and_name_decide)
{
	static const struct {
		enum node_kind dir;
		const char *name;
		enum site site;
	} known[] = {
		{ NODE_FOLDER_NEW, "1.2.host", SITE_MAIL },
		{ NODE_FOLDER_CUR, "1.2.host:2,S", SITE_MAIL },
		{ NODE_THREAD_NEW, "x", SITE_MAIL },
		{ NODE_THREAD_CUR, "x", SITE_MAIL },
		{ NODE_FOLDER_CUR, ".x.AbCdEf", SITE_FILE },
		{ NODE_FOLDER_NEW, "x.error", SITE_FILE },
		{ NODE_FOLDER_TMP, "x", SITE_FILE },
		{ NODE_THREAD_TMP, ".x", SITE_FILE },
		{ NODE_DRAFTS, "x~", SITE_FILE },
		{ NODE_THREAD_DRAFTS, "x", SITE_FILE },
		{ NODE_OUTBOX, "x", SITE_OUTBOX },
		{ NODE_THREAD_OUTBOX, "x", SITE_OUTBOX },
		{ NODE_OUTBOX, "#x#", SITE_FILE },
		{ NODE_OUTBOX, "4913", SITE_FILE },
		{ NODE_OUTBOX, "sedAbC123", SITE_FILE },
		{ NODE_OUTBOX, "XXv9whfB", SITE_FILE },
		{ NODE_OUTBOX, "x.swp", SITE_FILE },
		{ NODE_OUTBOX, "x.error", SITE_FILE },
		{ NODE_THREAD, "flags", SITE_FLAGS },
		{ NODE_MESSAGE, "flags", SITE_FLAGS },
		{ NODE_THREAD, "sedAbC123", SITE_FILE },
		{ NODE_MESSAGE, ".flags.swp", SITE_FILE },
		{ NODE_THREAD, "info", SITE_NONE },
		{ NODE_MESSAGE, "raw.eml", SITE_NONE },
		{ NODE_MAILDIR, ".uidvalidity", SITE_FILE },
		{ NODE_MAILDIR, "dovecot-uidlist", SITE_FILE },
		{ NODE_FOLDER, ".x", SITE_FILE },
		{ NODE_FOLDER, "maildirfolder", SITE_FILE },
		{ NODE_ROOT, ".x", SITE_NONE },
		{ NODE_THREADS, ".x", SITE_NONE },
		{ NODE_SEARCH, ".x", SITE_NONE },
		{ NODE_SENT, "x", SITE_NONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (!CHECK_INT(site_of(node_make(known[i].dir, 1, 0),
				       known[i].name),
			       known[i].site))
			printf("# %s\n", known[i].name);
}

TEST(what_stands_there_tells_the_state)
{
	CHECK_INT(site_state(SITE_FILE), FILE_PLAIN);
	CHECK_INT(site_state(SITE_MAIL), FILE_ARRIVED);
	CHECK_INT(site_state(SITE_OUTBOX), FILE_RESTING);
}

TEST(no_message_has_a_control_character_in_its_name)
{
	for (int c = 1; c < 256; c++) {
		const char name[] = { 'x', (char)c, 'y', '\0' };
		struct err err = { 0 };
		bool control = c < ' ' || c == 0x7f;

		CHECK_INT(site_check_mail(name, &err), control ? -1 : 0);
		CHECK_INT(err.code, control ? EINVAL : 0);
	}
}

TEST(the_name_of_an_error_is_a_name)
{
	for (size_t len = 1; len < 256; len++) {
		AUTO(str) char *name = g_strnfill(len, 'x');
		AUTO(str) char *error = site_error_name(name);

		CHECK(strlen(error) <= 255);
		CHECK(g_str_has_suffix(error, ".error"));
		if (len + 6 <= 255)
			CHECK(g_str_has_prefix(error, name));
	}
}
