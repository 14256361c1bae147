/* SPDX-License-Identifier: ISC */
/* Which folder is which. A pair is a row of state.db: the folder here by its
 * serial, which a rename keeps, the one there by its name, and the name here as
 * both sides last knew it. What the server marks as \Sent is our Sent, whatever
 * it is called, and so on (RFC 6154). */
#include <errno.h>
#include <string.h>

#include "defms/change.h"
#include "defms/crash.h"
#include "imap-folder.h"
#include "imap-response.h"
#include "sync-parts.h"

#define INBOX "INBOX"

/* Views of what stands in other folders. */
enum { VIEWS = IMAP_FLAGGED | IMAP_IMPORTANT };

static const struct {
	unsigned attribute;
	const char *name;
} special[] = {
	{ IMAP_SENT, "Sent" },       { IMAP_DRAFTS, "Drafts" },
	{ IMAP_TRASH, "Trash" },     { IMAP_JUNK, "Junk" },
	{ IMAP_ARCHIVE, "Archive" },
};

/* -- names ----------------------------------------------------------------- */

static bool is_wanted(const struct account *account, const char *name)
{
	if (account->folders->len == 0)
		return true;
	for (guint i = 0; i < account->folders->len; i++)
		if (g_pattern_match_simple(account->folders->pdata[i], name))
			return true;
	return false;
}

static bool is_selectable(const struct imap_folder *listed)
{
	return !(listed->attributes &
		 (IMAP_NOSELECT | IMAP_NONEXISTENT | VIEWS));
}

static bool is_paired(const struct sync *sync, const struct imap_folder *listed)
{
	for (guint i = 0; i < sync->folders->len; i++) {
		const struct sync_folder *folder = sync->folders->pdata[i];

		if (folder->listed == listed ||
		    strcmp(folder->row.raw, listed->raw) == 0)
			return true;
	}
	return false;
}

static bool is_taken(const struct sync *sync, const char *name)
{
	for (guint i = 0; i < sync->folders->len; i++) {
		const struct sync_folder *folder = sync->folders->pdata[i];

		if (strcmp(folder->row.name, name) == 0)
			return true;
	}
	return false;
}

/* What a folder of the server's that has no row yet is called here. Caller
 * frees. */
static char *name_here(const struct sync *sync,
		       const struct imap_folder *listed)
{
	const char *name = listed->name;
	AUTO(str) char *other = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(special); i++)
		if (listed->attributes & special[i].attribute &&
		    !is_taken(sync, special[i].name))
			name = special[i].name;
	for (unsigned n = 2; is_taken(sync, other ? other : name); n++) {
		g_free(other);
		other = g_strdup_printf("%s-%u", name, n);
	}
	return other ? take(other) : g_strdup(name);
}

static const struct imap_folder *find_listed(const struct sync *sync,
					     const char *raw)
{
	const GPtrArray *all = sync->listing->folders;

	for (guint i = 0; i < all->len; i++) {
		const struct imap_folder *listed = all->pdata[i];

		if (strcmp(listed->raw, raw) == 0)
			return is_selectable(listed) ? listed : NULL;
	}
	return NULL;
}

/* -- pairs ----------------------------------------------------------------- */

static struct sync_folder *add_pair(struct sync *sync)
{
	struct sync_folder *folder = g_new0(struct sync_folder, 1);

	folder->fresh = imap_set_new();
	folder->row.account = sync->serial;
	folder->row.uidnext = 1;
	g_ptr_array_add(sync->folders, folder);
	return folder;
}

static int load_pairs(struct sync *sync, struct err *err)
{
	struct state_imap_folder row = { 0 };
	int more = 0;

	while (sync->serial != 0 &&
	       (more = state_imap_folder_next(sync->state, sync->serial,
					      row.serial, &row, err)) > 0) {
		if (!is_wanted(sync->account, row.name))
			continue;
		add_pair(sync)->row = row;
	}
	return more;
}

/* The folder `name` here, made if it is not there; its serial. */
static int make_here(struct sync *sync, const char *name, int64_t *serial_r,
		     struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	struct state_folder here;
	int found = state_folder_find(sync->state, name, false, &here, err);

	*serial_r = here.serial;
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (batch_begin(sync->mailbox, &batch, err) < 0)
		return -1;
	found = state_folder_find(batch_state(batch), name, true, &here, err);
	if (found < 0 ||
	    state_folder_touch(batch_state(batch), here.serial, true, true,
			       g_get_real_time() * 1000, err) < 0)
		return -1;
	*serial_r = here.serial;
	if (strcmp(name, INBOX) != 0)
		sync_count(sync, SYNC_FOLDERS, 1);
	crash_point("imap: before a folder is made here");
	return sync_commit(take(batch), err);
}

static int put_row(struct sync *sync, struct sync_folder *folder,
		   struct err *err)
{
	if (ledger_begin(sync, err) < 0)
		return -1;
	if (state_imap_folder_put(sync->state, &folder->row, err) < 0) {
		ledger_undo(sync);
		return -1;
	}
	crash_point("imap: before a folder's row");
	return ledger_commit(sync, err);
}

/* A new one there. */
static int pair_listed(struct sync *sync, const struct imap_folder *listed,
		       struct err *err)
{
	AUTO(str) char *name = name_here(sync, listed);
	struct sync_folder *folder;

	if (!is_wanted(sync->account, name))
		return 0;
	if (strlen(listed->raw) >= sizeof(folder->row.raw)) {
		sync_problem(sync, NULL, "%s: its name is too long", name);
		return 0;
	}
	folder = add_pair(sync);
	folder->listed = listed;
	folder->there = true;
	(void)g_strlcpy(folder->row.name, name, sizeof(folder->row.name));
	(void)g_strlcpy(folder->row.raw, listed->raw, sizeof(folder->row.raw));
	if (sync->options->dry_run)
		return 0;
	if (make_here(sync, name, &folder->row.folder, err) < 0)
		return -1;
	return put_row(sync, folder, err);
}

/* It has another name here than when both sides last agreed. */
static int rename_there(struct sync *sync, struct sync_folder *folder,
			const char *name, struct err *err)
{
	AUTO(str) char *raw = NULL;

	if (imap_raw_name(sync->imap, name, &raw, err) < 0 ||
	    strlen(raw) >= sizeof(folder->row.raw)) {
		sync_problem(sync, folder, "%s cannot be its name there", name);
		return 0;
	}
	sync_count(sync, SYNC_FOLDERS, 1);
	if (sync->options->dry_run)
		return 0;
	/* Not listed, but the new name is: an answer of ours was lost. */
	if (folder->listed) {
		crash_point("imap: before RENAME");
		if (imap_rename(sync->imap, folder->row.raw, raw, err) < 0)
			return sync_refused(sync, NULL, err);
		crash_point("imap: after RENAME");
		folder->again = true; /* its numbers may be others */
	} else {
		folder->listed = find_listed(sync, raw);
		folder->there = true;
	}
	(void)g_strlcpy(folder->row.name, name, sizeof(folder->row.name));
	(void)g_strlcpy(folder->row.raw, raw, sizeof(folder->row.raw));
	return put_row(sync, folder, err);
}

static int match_pair(struct sync *sync, struct sync_folder *folder,
		      struct err *err)
{
	AUTO(str) char *raw = NULL;
	struct state_folder here;
	int found =
		state_folder_get(sync->state, folder->row.folder, &here, err);

	folder->listed = find_listed(sync, folder->row.raw);
	folder->there = folder->listed != NULL;
	if (found <= 0) {
		folder->leaving = true;
		return found;
	}
	if (strcmp(here.name, folder->row.name) == 0)
		return 0;
	if (!folder->listed &&
	    (imap_raw_name(sync->imap, here.name, &raw, err) < 0 ||
	     !find_listed(sync, raw)))
		return 0;
	return rename_there(sync, folder, here.name, err);
}

/* One that is here only. */
static int pair_here(struct sync *sync, const struct state_folder *here,
		     struct err *err)
{
	AUTO(str) char *raw = NULL;
	struct sync_folder *folder;

	if (imap_raw_name(sync->imap, here->name, &raw, err) < 0 ||
	    strlen(raw) >= sizeof(folder->row.raw)) {
		sync_problem(sync, NULL, "%s: %s", here->name, err->text);
		return 0;
	}
	sync_count(sync, SYNC_FOLDERS, 1);
	if (sync->options->dry_run)
		return 0;
	crash_point("imap: before CREATE");
	if (imap_create(sync->imap, raw, err) < 0 && err->code != EEXIST)
		return sync_refused(sync, NULL, err);
	crash_point("imap: after CREATE");
	folder = add_pair(sync);
	folder->there = true;
	folder->row.folder = here->serial;
	(void)g_strlcpy(folder->row.name, here->name, sizeof(folder->row.name));
	(void)g_strlcpy(folder->row.raw, raw, sizeof(folder->row.raw));
	return put_row(sync, folder, err);
}

/* Is this account the one that folders made here go to? The first that was
 * ever synchronised is, unless another has such a folder. 1/0/-1. */
static int is_ours(struct sync *sync, const struct state_folder *here,
		   struct err *err)
{
	struct state_imap_folder row = { 0 };
	bool first = true;
	int more;

	while ((more = state_imap_folder_next(sync->state, 0, row.serial, &row,
					      err)) > 0) {
		first = first && row.account >= sync->serial;
		if (row.folder == here->serial)
			return 0;
	}
	return more < 0 ? -1 : first;
}

int sync_lacks_folder(struct sync *sync, int64_t folder, struct err *err)
{
	struct state_folder here;
	int found = state_folder_get(sync->state, folder, &here, err);

	if (found <= 0 || !is_wanted(sync->account, here.name))
		return found < 0 ? -1 : 0;
	return is_ours(sync, &here, err);
}

static int pair_what_is_here(struct sync *sync, struct err *err)
{
	struct state_folder here = { 0 };
	int more;

	while ((more = state_folder_next(sync->state, here.serial, &here,
					 err)) > 0) {
		int ours;

		if (sync_folder_here(sync, here.serial) ||
		    is_taken(sync, here.name) ||
		    !is_wanted(sync->account, here.name))
			continue;
		ours = is_ours(sync, &here, err);
		if (ours < 0 || (ours > 0 && pair_here(sync, &here, err) < 0))
			return -1;
	}
	return more;
}

int sync_match_folders(struct sync *sync, struct err *err)
{
	const GPtrArray *listed = sync->listing->folders;

	if (load_pairs(sync, err) < 0)
		return -1;
	for (guint i = 0; i < sync->folders->len; i++)
		if (match_pair(sync, sync->folders->pdata[i], err) < 0)
			return -1;
	/* Those with a special use first: their names are given. */
	for (int round = 0; round < 2; round++)
		for (guint i = 0; i < listed->len; i++) {
			const struct imap_folder *one = listed->pdata[i];
			bool plain = true;

			for (size_t j = 0; j < G_N_ELEMENTS(special); j++)
				if (one->attributes & special[j].attribute)
					plain = false;
			if (plain == (round == 0) || !is_selectable(one) ||
			    is_paired(sync, one))
				continue;
			if (pair_listed(sync, one, err) < 0)
				return -1;
		}
	return pair_what_is_here(sync, err);
}

/* -- removing -------------------------------------------------------------- */

static int drop_row(struct sync *sync, struct sync_folder *folder,
		    struct err *err)
{
	if (ledger_begin(sync, err) < 0)
		return -1;
	if (state_imap_folder_drop(sync->state, folder->row.serial, err) < 0) {
		ledger_undo(sync);
		return -1;
	}
	crash_point("imap: before a folder's row goes");
	folder->failed = true;
	return ledger_commit(sync, err);
}

/* What came into it meanwhile keeps it, on both sides. */
static int keep(struct sync *sync, struct sync_folder *folder, struct err *err)
{
	sync_note(sync, folder,
		  "removed here, but there is mail in it there: it stays");
	if (make_here(sync, folder->row.name, &folder->row.folder, err) < 0)
		return -1;
	return put_row(sync, folder, err);
}

/* It was removed here, and all that stood in it there is deleted by now. */
static int remove_there(struct sync *sync, struct sync_folder *folder,
			struct err *err)
{
	struct imap_selected selected = { 0 };
	int result =
		imap_select(sync->imap, folder->row.raw, true, &selected, err);
	uint32_t left = selected.exists;

	imap_selected_release(&selected);
	if (result < 0)
		return sync_refused(sync, folder, err);
	if (left > 0)
		return keep(sync, folder, err);
	crash_point("imap: before DELETE");
	if (imap_remove(sync->imap, folder->row.raw, err) < 0)
		return sync_refused(sync, folder, err);
	crash_point("imap: after DELETE");
	sync_count(sync, SYNC_FOLDERS, 1);
	return drop_row(sync, folder, err);
}

/* The server has it no longer; here it goes if nothing stands in it, else it
 * will be made there again. */
static int remove_here(struct sync *sync, struct sync_folder *folder,
		       struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	int result;

	if (batch_begin(sync->mailbox, &batch, err) < 0)
		return -1;
	result = change_folder_remove(batch, folder->row.folder, err);
	if (result < 0 && err->code != ENOTEMPTY && err->code != EBUSY)
		return -1;
	if (result > 0) {
		sync_count(sync, SYNC_FOLDERS, 1);
		crash_point("imap: before a folder goes here");
		if (sync_commit(take(batch), err) < 0)
			return -1;
	}
	batch_free(take(batch));
	return drop_row(sync, folder, err);
}

static int remove_one(struct sync *sync, struct sync_folder *folder,
		      struct err *err)
{
	int found = state_imap_folder_get(sync->state, folder->row.serial,
					  &folder->row, err);

	if (found <= 0 || folder->failed || folder->row.gone > 0)
		return found < 0 ? -1 : 0;
	if (!folder->there)
		return remove_here(sync, folder, err);
	if (folder->leaving)
		return remove_there(sync, folder, err);
	return 0;
}

int sync_remove_folders(struct sync *sync, struct err *err)
{
	for (guint i = 0; !sync->options->dry_run && i < sync->folders->len;
	     i++)
		if (remove_one(sync, sync->folders->pdata[i], err) < 0)
			return -1;
	return 0;
}
