/* SPDX-License-Identifier: ISC */
/* Flags, moves and deletions that were made here go to the server, folder by
 * folder. What it has agreed to is the last common state then; a kill in
 * between has the same said again, which changes nothing: flags are set to
 * what they are, a UID that was moved or deleted is there no longer (and its
 * copy is met where it went). Only a COPY without MOVE would double: such a
 * copy is noted as pending before. */
#include <stdlib.h>

#include "defms/crash.h"
#include "imap-change.h"
#include "imap-folder.h"
#include "sync-push.h"

enum { CHANGES = 5000 }; /* looked at in one go */

/* -- what is to be said -----------------------------------------------------
 */

/* What was moved to a folder that no server has is deleted there, but not if
 * that folder just could not be made. */
static int note_change(GHashTable *by_folder, struct sync *sync,
		       const struct state_imap_change *change, struct err *err)
{
	struct sync_folder *folder = sync_folder_of(sync, change->row.folder);
	struct push_item item = { .row = change->row };
	GArray *items;
	int lacks = 0;

	if (!folder || folder->failed || !folder->there)
		return 0;
	items = g_hash_table_lookup(by_folder, folder);
	if (!items) {
		items = g_array_new(FALSE, FALSE, sizeof(struct push_item));
		(void)g_hash_table_insert(by_folder, folder, items);
	}
	if (change->here && change->flags != change->row.flags) {
		item.kind = PUSH_STORE;
		item.add = change->flags & ~change->row.flags;
		item.remove = change->row.flags & ~change->flags;
		item.row.flags = change->flags;
		(void)g_array_append_val(items, item);
	}
	item.add = item.remove = 0;
	item.target = sync_folder_here(sync, change->folder);
	item.kind = change->here && item.target ? PUSH_MOVE : PUSH_DELETE;
	if (change->here && !item.target)
		lacks = sync_lacks_folder(sync, change->folder, err);
	if (lacks == 0 &&
	    (!change->here || change->folder != folder->row.folder))
		(void)g_array_append_val(items, item);
	return lacks < 0 ? -1 : 0;
}

/* Items of which one command tells stand together, by UID. */
static int compare(gconstpointer a, gconstpointer b)
{
	const struct push_item *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->target != y->target)
		return (uintptr_t)x->target < (uintptr_t)y->target ? -1 : 1;
	if (x->add != y->add)
		return x->add < y->add ? -1 : 1;
	if (x->remove != y->remove)
		return x->remove < y->remove ? -1 : 1;
	return (x->row.uid > y->row.uid) - (x->row.uid < y->row.uid);
}

static bool is_like(const struct push_item *a, const struct push_item *b)
{
	return a->kind == b->kind && a->target == b->target &&
	       a->add == b->add && a->remove == b->remove;
}

bool push_next_run(const struct push *push, enum push_kind kind, guint *at,
		   struct push_run *run)
{
	const struct push_item *items = (const void *)push->items->data;
	guint len = push->items->len;

	while (*at < len && items[*at].kind != kind)
		++*at;
	imap_set_clear(run->uids);
	run->items = items + *at;
	run->count = 0;
	for (; *at < len && is_like(run->items, items + *at); ++*at) {
		imap_set_add(run->uids, items[*at].row.uid);
		run->count++;
	}
	return run->count > 0;
}

/* -- flags ----------------------------------------------------------------- */

static int record_stores(struct push *push, struct err *err)
{
	struct sync *sync = push->sync;

	if (ledger_begin(sync, err) < 0)
		return -1;
	for (guint i = 0; i < push->items->len; i++) {
		const struct push_item *item =
			&g_array_index(push->items, struct push_item, i);

		if (item->kind != PUSH_STORE)
			continue;
		if (state_imap_uid_put(sync->state, &item->row, err) < 0) {
			ledger_undo(sync);
			return -1;
		}
		sync_count(sync, SYNC_FLAGGED_THERE, 1);
	}
	crash_point("imap: before flags are agreed on");
	return ledger_commit(sync, err);
}

static void release_changes(GArray *changes)
{
	for (guint i = 0; i < changes->len; i++)
		imap_set_free((struct imap_set *)(uintptr_t)g_array_index(
				      changes, struct imap_change, i)
				      .uids);
	g_array_unref(changes);
}

/* One command for all that get the same flags. */
static GArray *group_stores(struct push *push)
{
	GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct imap_change));
	unsigned kept = push->folder->flags;
	struct push_run run = { .uids = imap_set_new() };

	for (guint at = 0; push_next_run(push, PUSH_STORE, &at, &run);) {
		struct imap_change change = { .add = run.items->add & kept,
					      .remove =
						      run.items->remove & kept,
					      .add_keywords = "",
					      .remove_keywords = "" };

		if (!change.add && !change.remove)
			continue;
		change.uids = run.uids;
		(void)g_array_append_val(changes, change);
		run.uids = imap_set_new();
	}
	imap_set_free(run.uids);
	return changes;
}

static int push_stores(struct push *push, struct err *err)
{
	struct sync *sync = push->sync;
	GArray *changes = group_stores(push);
	int result;

	if (changes->len == 0) {
		release_changes(changes);
		return record_stores(push, err);
	}
	crash_point("imap: before STORE");
	result = imap_store(
		sync->imap,
		(const struct imap_change *)(const void *)changes->data,
		changes->len, NULL, err);
	release_changes(changes);
	if (result < 0)
		return sync_refused(sync, push->folder, err);
	crash_point("imap: after STORE");
	return record_stores(push, err);
}

/* -- one folder ------------------------------------------------------------ */

static int open_folder(struct push *push, struct err *err)
{
	struct imap_selected selected = { 0 };
	struct sync_folder *folder = push->folder;
	struct sync *sync = push->sync;

	if (imap_select(sync->imap, folder->row.raw, false, &selected, err) < 0)
		return sync_refused(sync, folder, err);
	folder->flags = selected.flags;
	if (selected.uidvalidity != folder->row.uidvalidity ||
	    selected.read_only) {
		sync_problem(sync, folder,
			     selected.read_only
				     ? "the server lets nothing be changed"
				     : "its UIDs have changed meanwhile");
		folder->failed = true;
	}
	imap_selected_release(&selected);
	return 0;
}

static void count_only(const struct push *push)
{
	static const enum sync_count counts[] = {
		[PUSH_STORE] = SYNC_FLAGGED_THERE,
		[PUSH_MOVE] = SYNC_MOVED_THERE,
		[PUSH_DELETE] = SYNC_REMOVED_THERE,
	};

	for (guint i = 0; i < push->items->len; i++)
		sync_count(
			push->sync,
			counts[g_array_index(push->items, struct push_item, i)
				       .kind],
			1);
}

static int push_folder(struct push *push, struct err *err)
{
	if (push->sync->options->dry_run) {
		count_only(push);
		return 0;
	}
	if (open_folder(push, err) < 0)
		return -1;
	g_array_sort(push->items, compare);
	if (!push->folder->failed && push_stores(push, err) < 0)
		return -1;
	if (!push->folder->failed && push_moves(push, err) < 0)
		return -1;
	if (!push->folder->failed && push_deletions(push, err) < 0)
		return -1;
	return 0;
}

/* -- all ------------------------------------------------------------------- */

static void free_items(gpointer items)
{
	g_array_unref(items);
}

/* 1 if there may be more behind *after. */
static int push_some(struct sync *sync, int64_t *after, struct err *err)
{
	AUTO(table)
	GHashTable *by_folder =
		g_hash_table_new_full(NULL, NULL, NULL, free_items);
	AUTO(array) GArray *changes = NULL;
	GHashTableIter it;
	gpointer folder, items;

	if (state_imap_changes(sync->state, *after,
			       (int64_t)crash_batch(CHANGES), &changes,
			       err) < 0)
		return -1;
	for (guint i = 0; i < changes->len; i++) {
		const struct state_imap_change *change =
			&g_array_index(changes, struct state_imap_change, i);

		*after = change->copy;
		if (change->row.uid != 0 && change->account == sync->serial &&
		    note_change(by_folder, sync, change, err) < 0)
			return -1;
	}
	g_hash_table_iter_init(&it, by_folder);
	while (g_hash_table_iter_next(&it, &folder, &items)) {
		struct push push = { sync, folder, items };

		if (sync_go_on(sync, err) < 0 ||
		    (push.items->len > 0 && push_folder(&push, err) < 0))
			return -1;
	}
	return changes->len > 0;
}

/* What a copy left behind, when there was a kill or the answer told no UIDs. */
static int push_doomed(struct sync *sync, struct err *err)
{
	AUTO(array)
	GArray *none = g_array_new(FALSE, FALSE, sizeof(struct push_item));

	for (guint i = 0; i < sync->folders->len; i++) {
		struct push push = { sync, sync->folders->pdata[i], none };
		AUTO(array) GArray *rows = NULL;

		if (push.folder->failed || !push.folder->there)
			continue;
		if (state_imap_uid_doomed(sync->state, push.folder->row.serial,
					  &rows, err) < 0)
			return -1;
		if (rows->len > 0 && push_folder(&push, err) < 0)
			return -1;
	}
	return 0;
}

int sync_push(struct sync *sync, struct err *err)
{
	int64_t after = 0;
	int more;

	do {
		more = push_some(sync, &after, err);
	} while (more > 0);
	if (more < 0 || sync->options->dry_run)
		return more;
	return push_doomed(sync, err);
}
