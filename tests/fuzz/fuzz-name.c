/* SPDX-License-Identifier: ISC */
/* Any bytes make names that are safe. The input: two numbers, a text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "defms/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_name(const char *name)
{
	require(name[0] != '\0' && name[0] != '.' && name[0] != '-');
	require(strlen(name) <= NAME_LIMIT);
	require(g_utf8_validate(name, -1, NULL));
	for (const char *at = name; *at; at = g_utf8_next_char(at))
		require(*at != '/' && !g_unichar_iscntrl(g_utf8_get_char(at)));
}

static void check_attachment(const char *text, unsigned number)
{
	AUTO(table)
	GHashTable *taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int i = 0; i < 20; i++) {
		char *name = name_attachment(text, "image/png", number, taken);

		check_name(name);
		require(g_hash_table_add(taken, name));
	}
}

static void check_folder(const char *text)
{
	AUTO(str) char *folder = NULL;
	AUTO(str) char *again = NULL;
	AUTO(str) char *maildir = NULL;
	struct err err;

	if (name_folder(text, &folder, &err) < 0)
		return;
	maildir = name_folder_maildir(folder);
	require(strchr(maildir, '/') == NULL && strstr(maildir, "..") == NULL);
	if (maildir[0] == '\0')
		return;
	require(name_folder(maildir, &again, &err) == 0);
	require(strcmp(folder, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str) char *text = NULL;
	AUTO(str) char *slug = NULL;
	AUTO(str) char *thread = NULL;
	int64_t date;

	if (size < 9)
		return 0;
	memcpy(&date, data, sizeof(date));
	text = g_strndup((const char *)data + 9, size - 9);
	slug = name_slug(text, data[8], true);
	require(strlen(slug) <= data[8] && g_utf8_validate(slug, -1, NULL));
	thread = name_thread(date, text, text, data[8]);
	check_name(thread);
	check_attachment(text, data[8]);
	check_folder(text);
	(void)name_flags_parse(text);
	return 0;
}
