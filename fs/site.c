/* SPDX-License-Identifier: ISC */
#include "site.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "render.h"

#define ERROR ".error"

bool site_is_folder_box(struct node dir)
{
	return dir.kind == NODE_FOLDER_CUR || dir.kind == NODE_FOLDER_NEW;
}

bool site_is_box(struct node dir)
{
	return site_is_folder_box(dir) || dir.kind == NODE_THREAD_CUR ||
	       dir.kind == NODE_THREAD_NEW;
}

static bool is_outbox(struct node dir)
{
	return dir.kind == NODE_OUTBOX || dir.kind == NODE_THREAD_OUTBOX;
}

/* Any name may stand there, and none means anything. Beside new/ and cur/ it is
 * what Maildir programs keep: maildirfolder, dovecot-uidlist, subscriptions. */
static bool is_plain(struct node dir)
{
	return dir.kind == NODE_FOLDER_TMP || dir.kind == NODE_THREAD_TMP ||
	       dir.kind == NODE_DRAFTS || dir.kind == NODE_THREAD_DRAFTS ||
	       dir.kind == NODE_MAILDIR || dir.kind == NODE_FOLDER;
}

static bool holds_flags(struct node dir)
{
	return dir.kind == NODE_THREAD || dir.kind == NODE_MESSAGE;
}

enum site site_of(struct node dir, const char *name)
{
	bool aside = render_is_scratch(name) || g_str_has_suffix(name, ERROR);

	if (is_plain(dir))
		return SITE_FILE;
	if (site_is_box(dir))
		return aside ? SITE_FILE : SITE_MAIL;
	if (is_outbox(dir))
		return aside ? SITE_FILE : SITE_OUTBOX;
	if (holds_flags(dir) && strcmp(name, "flags") == 0)
		return SITE_FLAGS;
	/* Only what editors and tools make beside the files they know. */
	if (holds_flags(dir) && render_is_scratch(name))
		return SITE_FILE;
	return SITE_NONE;
}

enum file_state site_state(enum site site)
{
	if (site == SITE_MAIL)
		return FILE_ARRIVED;
	return site == SITE_OUTBOX ? FILE_RESTING : FILE_PLAIN;
}

int site_check_mail(const char *name, struct err *err)
{
	for (const char *at = name; *at; at++)
		if (g_ascii_iscntrl(*at))
			return err_set(err, EINVAL,
				       "%s: name with a control character",
				       name);
	return 0;
}

char *site_error_name(const char *name)
{
	size_t room = NAME_MAX - strlen(ERROR);

	return g_strdup_printf("%.*s" ERROR, (int)MIN(strlen(name), room),
			       name);
}
