/* SPDX-License-Identifier: ISC */
/* Directories of the tree as directories below files/: "drafts",
 * "thread-12-outbox", "folder-0-new". */
#include "files-parts.h"

#include <string.h>

#include "site.h"

static const struct {
	const char *start, *end;
	bool serial;
	enum node_kind kind;
} keys[] = {
	{ "drafts", "", false, NODE_DRAFTS },
	{ "outbox", "", false, NODE_OUTBOX },
	{ "maildir", "", false, NODE_MAILDIR },
	{ "thread-", "", true, NODE_THREAD },
	{ "thread-", "-drafts", true, NODE_THREAD_DRAFTS },
	{ "thread-", "-outbox", true, NODE_THREAD_OUTBOX },
	{ "thread-", "-cur", true, NODE_THREAD_CUR },
	{ "thread-", "-new", true, NODE_THREAD_NEW },
	{ "thread-", "-tmp", true, NODE_THREAD_TMP },
	{ "message-", "", true, NODE_MESSAGE },
	{ "folder-", "", true, NODE_FOLDER },
	{ "folder-", "-cur", true, NODE_FOLDER_CUR },
	{ "folder-", "-new", true, NODE_FOLDER_NEW },
	{ "folder-", "-tmp", true, NODE_FOLDER_TMP },
};

bool files_key(struct node dir, char key[FILES_KEY])
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (keys[i].kind != dir.kind)
			continue;
		if (keys[i].serial)
			(void)g_snprintf(key, FILES_KEY, "%s%u%s",
					 keys[i].start, dir.serial,
					 keys[i].end);
		else
			(void)g_strlcpy(key, keys[i].start, FILES_KEY);
		return true;
	}
	return false;
}

bool files_holds(struct node dir)
{
	char key[FILES_KEY];

	return files_key(dir, key);
}

bool files_key_parse(const char *key, struct node *dir_r)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		size_t start = strlen(keys[i].start);
		char again[FILES_KEY];
		guint64 serial = 0;

		if (strncmp(key, keys[i].start, start) != 0)
			continue;
		if (keys[i].serial)
			serial = g_ascii_strtoull(key + start, NULL, 10);
		*dir_r = node_make(keys[i].kind,
				   (int64_t)MIN(serial, UINT32_MAX), 0);
		/* Exactly as it is written. */
		if (files_key(*dir_r, again) && strcmp(again, key) == 0)
			return true;
	}
	return false;
}

enum file_state files_state_of(struct node dir, const char *name)
{
	enum site site = site_of(dir, name);

	return site == SITE_MAIL ? FILE_COMING : site_state(site);
}
