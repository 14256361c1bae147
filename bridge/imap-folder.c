/* SPDX-License-Identifier: ISC */
/* The folders of an account. */
#include "imap-folder.h"

#include <errno.h>
#include <string.h>

#include "imap-parts.h"

enum { FOLDERS = 100000 };

/* A listing on its way. */
struct making {
	struct imap *imap;
	struct imap_listing *listing;
	GHashTable *by_name, *by_raw; /* of struct imap_folder *, borrowed */
};

static void folder_free(gpointer data)
{
	struct imap_folder *folder = data;

	g_free(folder->name);
	g_free(folder->raw);
	g_free(folder);
}

static struct imap_listing *listing_new(void)
{
	struct imap_listing *listing = g_new(struct imap_listing, 1);

	listing->folders = g_ptr_array_new_with_free_func(folder_free);
	listing->refused = g_ptr_array_new_with_free_func(g_free);
	return listing;
}

void imap_listing_free(struct imap_listing *listing)
{
	if (!listing)
		return;
	g_ptr_array_unref(listing->folders);
	g_ptr_array_unref(listing->refused);
	g_free(listing);
}

/* A server may call its INBOX as it likes, here one way and there another. */
static const char *raw_key(const char *raw)
{
	return imap_name_is_inbox(raw) ? "INBOX" : raw;
}

static void refuse(struct imap_listing *listing, const char *raw,
		   const char *why)
{
	struct err line;

	(void)err_set(&line, EINVAL, "folder \"%.100s\": %s", raw, why);
	g_ptr_array_add(listing->refused, g_strdup(line.text));
}

static void take_folder(struct making *making, const struct imap_list *list)
{
	struct imap_folder *folder;
	AUTO(str) char *name = NULL;
	struct err err;

	if (!making->imap->names.delimiter)
		making->imap->names.delimiter = list->delimiter;
	folder = g_hash_table_lookup(making->by_raw, raw_key(list->name));
	if (folder) { /* once more, with other attributes */
		folder->attributes |= list->attributes;
		return;
	}
	if (imap_name_from(&making->imap->names, list->name, &name, &err) < 0) {
		refuse(making->listing, list->name, err.text);
		return;
	}
	if (g_hash_table_contains(making->by_name, name)) {
		refuse(making->listing, list->name,
		       "another has the same name here");
		return;
	}
	folder = g_new0(struct imap_folder, 1);
	folder->name = take(name);
	folder->raw = g_strdup(raw_key(list->name));
	folder->delimiter = list->delimiter;
	folder->attributes = list->attributes;
	g_ptr_array_add(making->listing->folders, folder);
	g_hash_table_insert(making->by_name, folder->name, folder);
	g_hash_table_insert(making->by_raw, folder->raw, folder);
}

static void take_status(struct making *making, const struct imap_list *list)
{
	struct imap_folder *folder =
		g_hash_table_lookup(making->by_raw, raw_key(list->name));

	if (!folder || !list->has_messages || !list->uidvalidity)
		return;
	folder->has_status = true;
	folder->messages = list->messages;
	folder->uidnext = list->uidnext;
	folder->uidvalidity = list->uidvalidity;
	folder->has_modseq = list->has_modseq;
	folder->modseq = list->modseq;
}

/* Run `job` and take what it brings. */
static int gather(struct making *making, struct imap_job *job, struct err *err)
{
	struct imap_response response;
	int more;

	while ((more = imap_job_next(making->imap, job, &response, err)) > 0) {
		if (response.kind == IMAP_LIST)
			take_folder(making, &response.list);
		else if (response.kind == IMAP_STATUS)
			take_status(making, &response.list);
		if (making->listing->folders->len +
			    making->listing->refused->len >
		    FOLDERS) {
			(void)err_set(err, EMSGSIZE, "over %d folders",
				      FOLDERS);
			return imap_die(making->imap, err);
		}
	}
	return more;
}

static const char *status_items(const struct imap *imap)
{
	return imap->can & IMAP_CAN_CONDSTORE
		       ? "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
		       : "(MESSAGES UIDNEXT UIDVALIDITY)";
}

static int ask_names(struct making *making, struct err *err)
{
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	AUTO(gstring) GString *line = g_string_new("LIST \"\" \"*\"");
	unsigned can = making->imap->can;
	const char *use = can & IMAP_CAN_SPECIAL_USE ? "SPECIAL-USE" : "";

	if (can & IMAP_CAN_LIST_STATUS)
		g_string_append_printf(line, " RETURN (%s%sSTATUS %s)", use,
				       *use ? " " : "",
				       status_items(making->imap));
	else if (*use && can & IMAP_CAN_LIST_EXTENDED)
		g_string_append_printf(line, " RETURN (%s)", use);
	imap_job_add_line(&job, line->str);
	return gather(making, &job, err);
}

/* Ask those that have not told (LIST-STATUS may leave some out, RFC 5819); a
 * folder that refuses has no numbers, and that is all. */
static int ask_numbers(struct making *making, struct err *err)
{
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	const GPtrArray *folders = making->listing->folders;

	for (size_t i = 0; i < folders->len; i++) {
		const struct imap_folder *folder = folders->pdata[i];
		AUTO(gstring) GString *line = g_string_new("STATUS ");

		if (folder->has_status || folder->attributes & IMAP_NOSELECT)
			continue;
		imap_quote(line, folder->raw);
		g_string_append_printf(line, " %s", status_items(making->imap));
		imap_job_add_line(&job, line->str);
	}
	return gather(making, &job, err) < 0 && !making->imap->alive ? -1 : 0;
}

int imap_list(struct imap *imap, struct imap_listing **listing_r,
	      struct err *err)
{
	AUTO(imap_listing) struct imap_listing *listing = listing_new();
	AUTO(table)
	GHashTable *by_name = g_hash_table_new(g_str_hash, g_str_equal);
	AUTO(table)
	GHashTable *by_raw = g_hash_table_new(g_str_hash, g_str_equal);
	struct making making = { imap, listing, by_name, by_raw };

	imap_step(imap, "list");
	if (ask_names(&making, err) < 0)
		return -1;
	imap_step(imap, "status");
	if (ask_numbers(&making, err) < 0)
		return -1;
	*listing_r = take(listing);
	return 0;
}

int imap_raw_name(const struct imap *imap, const char *name, char **raw_r,
		  struct err *err)
{
	return imap_name_to(&imap->names, name, raw_r, err);
}

/* "CREATE "name"", and another name if there is one. */
static int change_folder(struct imap *imap, const char *verb, const char *raw,
			 const char *to, struct err *err)
{
	AUTO(gstring) GString *line = g_string_new(verb);

	imap_step(imap, "%s %s", verb, raw);
	(void)g_string_append_c(line, ' ');
	imap_quote(line, raw);
	if (to) {
		(void)g_string_append_c(line, ' ');
		imap_quote(line, to);
	}
	return imap_run(imap, line->str, err);
}

int imap_create(struct imap *imap, const char *raw, struct err *err)
{
	return change_folder(imap, "CREATE", raw, NULL, err);
}

int imap_rename(struct imap *imap, const char *raw, const char *to,
		struct err *err)
{
	return change_folder(imap, "RENAME", raw, to, err);
}

int imap_remove(struct imap *imap, const char *raw, struct err *err)
{
	return change_folder(imap, "DELETE", raw, NULL, err);
}
