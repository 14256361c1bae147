/* SPDX-License-Identifier: ISC */
/* maildir/ as Maildir++: INBOX's cur, new and tmp at the top, each other folder
 * as a directory with a dot before its name. */
#include <string.h>

#include "defms/name.h"
#include "fresh.h"
#include "render.h"
#include "view.h"

#define INBOX "INBOX"

static const struct fixed box_entries[] = {
	{ "cur", NODE_FOLDER_CUR },
	{ "new", NODE_FOLDER_NEW },
	{ "tmp", NODE_FOLDER_TMP },
	{ NULL, NODE_KINDS },
};

static int64_t folder_time(const struct state_folder *folder)
{
	return MAX(folder->new_time, folder->cur_time);
}

/* INBOX is serial 0 to the kernel, for its cur, new and tmp are there, and
 * watched, before anything came into it. */
static int find_folder(struct work *work, uint32_t serial,
		       struct state_folder *folder, struct err *err)
{
	memset(folder, 0, sizeof(*folder));
	if (serial != 0)
		return state_folder_get(work->state, serial, folder, err);
	return state_folder_find(work->state, INBOX, false, folder, err);
}

static int maildir_entry(struct work *work, struct node node,
			 struct entry *entry, struct err *err)
{
	struct state_folder folder = { 0 };
	int64_t time = 0;
	uint64_t links = 2 + 3;
	int more;

	while ((more = state_folder_next(work->state, folder.serial, &folder,
					 err)) > 0) {
		if (strcmp(folder.name, INBOX) == 0)
			time = folder_time(&folder);
		else
			links++;
	}
	entry_dir(work, node, links, view_files_time(work, node, time), entry);
	return more < 0 ? -1 : 1;
}

static int maildir_lookup(struct work *work, struct node dir, const char *name,
			  struct entry *entry, struct err *err)
{
	struct state_folder folder = { 0 };
	int more;

	if (view_files_lookup(work, dir, name, entry))
		return 1;
	if (name[0] != '.')
		return fixed_lookup(work, box_entries, dir, name, entry, err);
	while ((more = state_folder_next(work->state, folder.serial, &folder,
					 err)) > 0) {
		AUTO(str) char *shown = name_folder_maildir(folder.name);

		if (strcmp(shown, name) != 0)
			continue;
		entry_dir(work, node_make(NODE_FOLDER, folder.serial, 0), 5,
			  folder_time(&folder), entry);
		return 1;
	}
	return more;
}

static int maildir_list(struct work *work, struct node dir,
			struct listing *listing, struct err *err)
{
	struct state_folder folder = { .serial = listing_after(listing) };
	AUTO(view_files) struct view_files files;
	int more;

	view_files_open(work, dir, false, &files);
	more = fixed_list(work, box_entries, dir, listing, err);

	while (more > 0) {
		AUTO(str) char *shown = NULL;
		struct entry entry;

		more = state_folder_next(work->state, folder.serial, &folder,
					 err);
		if (more <= 0)
			break;
		shown = name_folder_maildir(folder.name);
		if (!shown[0])
			continue;
		entry_dir(work, node_make(NODE_FOLDER, folder.serial, 0), 5,
			  folder_time(&folder), &entry);
		more = listing->add(listing, shown, &entry,
				    OFFSET_SERIAL + (uint64_t)folder.serial);
		if (more == 0)
			return 0;
	}
	if (more == 0)
		(void)view_files_add(work, &files, UINT64_MAX, listing);
	return more < 0 ? -1 : 0;
}

const struct node_ops view_maildir = {
	.entry = maildir_entry,
	.lookup = maildir_lookup,
	.list = maildir_list,
};

static int folder_entry(struct work *work, struct node node,
			struct entry *entry, struct err *err)
{
	struct state_folder folder;
	int found = state_folder_get(work->state, node.serial, &folder, err);

	if (found > 0)
		entry_dir(work, node, 5,
			  view_files_time(work, node, folder_time(&folder)),
			  entry);
	return found;
}

static int folder_lookup(struct work *work, struct node dir, const char *name,
			 struct entry *entry, struct err *err)
{
	int found;

	if (view_files_lookup(work, dir, name, entry))
		return 1;
	found = fixed_lookup(work, box_entries, dir, name, entry, err);
	if (found > 0 && work->makes && fresh_has(work->fs->fresh, entry->node))
		return 0;
	return found;
}

static int folder_list(struct work *work, struct node dir,
		       struct listing *listing, struct err *err)
{
	AUTO(view_files) struct view_files files;
	int more;

	view_files_open(work, dir, false, &files);
	more = fixed_list(work, box_entries, dir, listing, err);
	if (more > 0)
		(void)view_files_add(work, &files, UINT64_MAX, listing);
	return more < 0 ? -1 : 0;
}

const struct node_ops view_folder = {
	.entry = folder_entry,
	.lookup = folder_lookup,
	.list = folder_list,
};

static int box_entry(struct work *work, struct node node, struct entry *entry,
		     struct err *err)
{
	struct state_folder folder;
	int64_t time = 0;
	int found = find_folder(work, node.serial, &folder, err);

	if (found < 0 || (found == 0 && node.serial != 0))
		return found;
	if (found > 0 && node.kind == NODE_FOLDER_NEW)
		time = folder.new_time;
	else if (found > 0 && node.kind == NODE_FOLDER_CUR)
		time = folder.cur_time;
	entry_dir(work, node, 2, view_files_time(work, node, time), entry);
	return 1;
}

/* A copy that was committed, but whose message is not in the index yet, comes
 * with the next change: it could not be read. `behind` tells whether there may
 * be one. 1/0/-1. */
static int is_ready(struct work *work, bool behind,
		    const struct state_copy *copy, struct err *err)
{
	const struct index_message *message;

	return behind ? work_message(work, copy->message, &message, err) : 1;
}

static int find_copy(struct work *work, struct node dir, const char *name,
		     struct state_copy *copy_r, struct err *err)
{
	int64_t folder;
	int found = work_folder(work, dir.serial, &folder, err);

	if (found > 0)
		found = state_copy_called(work->state, folder,
					  dir.kind == NODE_FOLDER_NEW, name,
					  copy_r, err);
	return found;
}

/* The same in one transaction, where there is none yet: to begin another for
 * each question, while somebody writes, takes longer than to answer it. */
static int find_at_once(struct work *work, struct node dir, const char *name,
			struct state_copy *copy_r, struct err *err)
{
	int found;

	if (work->settled)
		return find_copy(work, dir, name, copy_r, err);
	if (state_begin(work->state, false, err) < 0)
		return -1;
	found = find_copy(work, dir, name, copy_r, err);
	state_rollback(work->state);
	return found;
}

static int box_lookup(struct work *work, struct node dir, const char *name,
		      struct entry *entry, struct err *err)
{
	struct state_copy copy;
	int found;

	if (view_files_lookup(work, dir, name, entry))
		return 1;
	if (dir.kind == NODE_FOLDER_TMP)
		return 0;
	found = find_at_once(work, dir, name, &copy, err);
	if (found > 0)
		found = is_ready(work, !work->settled, &copy, err);
	if (found <= 0)
		return found;
	view_copy_entry(work, &copy, false, entry);
	return 1;
}

/* 1 shown or passed over, 0 no room. */
static bool box_add(struct work *work, const struct state_copy *copy,
		    struct listing *listing)
{
	AUTO(str) char *name = render_copy(copy, false);
	struct entry entry;

	if (!name)
		return true;
	view_copy_entry(work, copy, false, &entry);
	return listing->add(listing, name, &entry,
			    OFFSET_SERIAL + (uint64_t)copy->serial);
}

/* 1 if all of `copies`, and the files before and among them, found room, 0, -1.
 * Where a file is to become a copy, it is the file until it has done so. */
static int box_add_all(struct work *work, const GArray *copies, bool behind,
		       struct view_files *files, struct listing *listing,
		       struct err *err)
{
	for (guint i = 0; i < copies->len; i++) {
		const struct state_copy *copy =
			&g_array_index(copies, struct state_copy, i);
		uint64_t offset = OFFSET_SERIAL + (uint64_t)copy->serial;
		int ready;

		if (!view_files_add(work, files, offset, listing))
			return 0;
		if (view_files_at(files, offset))
			continue;
		ready = is_ready(work, behind, copy, err);
		if (ready < 0)
			return -1;
		if (ready > 0 && !box_add(work, copy, listing))
			return 0;
	}
	return 1;
}

/* 1 if all copies in the folder found room, 0, -1. */
static int box_list_copies(struct work *work, struct node dir,
			   struct view_files *files, struct listing *listing,
			   struct err *err)
{
	struct state_copy after = { .serial = listing_after(listing),
				    .is_new = dir.kind == NODE_FOLDER_NEW };
	struct state_folder folder;
	int64_t committed, indexed;
	int more;

	/* In this order, or what is committed meanwhile is missed. */
	if (index_seq(work->index, &indexed, err) < 0)
		return -1;
	more = find_folder(work, dir.serial, &folder, err);
	if (more == 0)
		return 1;
	after.folder = folder.serial;
	while (more > 0) {
		AUTO(array) GArray *copies = NULL;

		if (state_copy_range(work->state, &after,
				     (int64_t)listing->room, &copies,
				     err) < 0 ||
		    state_get(work->state, "seq", &committed, err) < 0)
			return -1;
		if (copies->len == 0)
			return 1;
		after = g_array_index(copies, struct state_copy,
				      copies->len - 1);
		more = box_add_all(work, copies, committed > indexed, files,
				   listing, err);
	}
	return more;
}

static int box_list(struct work *work, struct node dir, struct listing *listing,
		    struct err *err)
{
	AUTO(view_files) struct view_files files;
	int more = 1;

	view_files_open(work, dir, true, &files);
	if (dir.kind != NODE_FOLDER_TMP)
		more = box_list_copies(work, dir, &files, listing, err);
	if (more > 0)
		(void)view_files_add(work, &files, UINT64_MAX, listing);
	return more < 0 ? -1 : 0;
}

const struct node_ops view_folder_box = {
	.entry = box_entry,
	.lookup = box_lookup,
	.list = box_list,
};
