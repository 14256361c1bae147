/* SPDX-License-Identifier: ISC */
/* Flags, moves and deletions that were made here go to the server, folder by
 * folder. What it has agreed to is the last common state then; a kill in
 * between has the same said again, which changes nothing: flags are set to
 * what they are, a UID that was moved or deleted is there no longer (and its
 * copy is met where it went). Only a COPY without MOVE would double: such a
 * copy is noted as pending before. */
#include <stdlib.h>

#include "defms/crash.h"
#include "sync-parts.h"

enum { CHANGES = 5000 }; /* looked at in one go */

enum kind { STORE, MOVE, DELETE };

/* One thing to be said about a UID. */
struct item {
	enum kind kind;
	struct state_imap_uid row; /* with the flags that it gets */
	unsigned add, remove;
	struct sync_folder *target;
};

struct push {
	struct sync *sync;
	struct sync_folder *folder;
	GArray *items; /* owned: struct item, of this folder */
};

/* -- what is to be said -----------------------------------------------------
 */

static void note_change(GHashTable *by_folder, struct sync *sync,
			const struct state_imap_change *change)
{
	struct sync_folder *folder = sync_folder_of(sync, change->row.folder);
	struct item item = { .row = change->row };
	GArray *items;

	if (!folder || folder->failed || !folder->there)
		return;
	items = g_hash_table_lookup(by_folder, folder);
	if (!items) {
		items = g_array_new(FALSE, FALSE, sizeof(struct item));
		(void)g_hash_table_insert(by_folder, folder, items);
	}
	if (change->here && change->flags != change->row.flags) {
		item.kind = STORE;
		item.add = change->flags & ~change->row.flags;
		item.remove = change->row.flags & ~change->flags;
		item.row.flags = change->flags;
		(void)g_array_append_val(items, item);
	}
	item.add = item.remove = 0;
	item.target = sync_folder_here(sync, change->folder);
	item.kind = change->here && item.target ? MOVE : DELETE;
	if (!change->here || change->folder != folder->row.folder)
		(void)g_array_append_val(items, item);
}

/* Items of which one command tells stand together, by UID. */
static int compare(gconstpointer a, gconstpointer b)
{
	const struct item *x = a, *y = b;

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

static bool is_like(const struct item *a, const struct item *b)
{
	return a->kind == b->kind && a->target == b->target &&
	       a->add == b->add && a->remove == b->remove;
}

/* One command's items. */
struct run {
	const struct item *items; /* borrowed */
	guint count;
	struct imap_set *uids; /* owned */
};

/* The next run of items of `kind` from *at on; false if there is none. */
static bool next_run(const struct push *push, enum kind kind, guint *at,
		     struct run *run)
{
	const struct item *items = (const void *)push->items->data;
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
		const struct item *item =
			&g_array_index(push->items, struct item, i);

		if (item->kind != STORE)
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
	struct run run = { .uids = imap_set_new() };

	for (guint at = 0; next_run(push, STORE, &at, &run);) {
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

/* -- moves ----------------------------------------------------------------- */

static int by_uid(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->row.uid > y->row.uid) - (x->row.uid < y->row.uid);
}

/* What has another UID now, in the target. */
static int record_moved(struct push *push, const struct run *run,
			const GArray *moved, struct err *err)
{
	for (guint i = 0; i < moved->len; i++) {
		const struct imap_moved *one =
			&g_array_index(moved, struct imap_moved, i);
		struct item key = { .row.uid = one->from };
		const struct item *item = bsearch(&key, run->items, run->count,
						  sizeof(key), by_uid);
		struct state_imap_uid row;

		if (!item || one->to == 0)
			continue;
		row = item->row;
		row.folder = item->target->row.serial;
		row.uid = one->to;
		if (state_imap_uid_put(push->sync->state, &row, err) < 0)
			return -1;
	}
	return 0;
}

/* The old UIDs are no more; what was not named is to be looked for. */
static int forget_old(struct push *push, const struct imap_set *uids,
		      struct sync_folder *target, struct err *err)
{
	struct state *state = push->sync->state;
	int64_t folder = push->folder->row.serial;

	for (uint32_t uid = 0; imap_set_next(uids, uid, &uid) > 0;) {
		struct state_imap_uid row;
		int found = state_imap_uid_get(state, folder, uid, &row, err);

		if (found > 0 && row.copy != 0 && target)
			target->again = true;
		if (found < 0 ||
		    state_imap_uid_drop(state, folder, uid, err) < 0)
			return -1;
	}
	return 0;
}

/* `moved` is NULL for deletions. */
static int record_gone(struct push *push, const struct run *run,
		       const GArray *moved, struct err *err)
{
	struct sync_folder *target = moved ? run->items->target : NULL;
	struct sync *sync = push->sync;

	if (ledger_begin(sync, err) < 0)
		return -1;
	if ((moved && record_moved(push, run, moved, err) < 0) ||
	    forget_old(push, run->uids, target, err) < 0) {
		ledger_undo(sync);
		return -1;
	}
	crash_point("imap: before what left a folder is agreed on");
	sync_count(sync, moved ? SYNC_MOVED_THERE : SYNC_REMOVED_THERE,
		   imap_set_count(run->uids));
	return ledger_commit(sync, err);
}

static int push_move(struct push *push, const struct run *run, struct err *err)
{
	AUTO(array)
	GArray *moved = g_array_new(FALSE, FALSE, sizeof(struct imap_moved));
	struct sync *sync = push->sync;

	crash_point("imap: before MOVE");
	if (imap_move(sync->imap, run->uids, run->items->target->row.raw, moved,
		      NULL, err) < 0)
		return sync_refused(sync, push->folder, err);
	crash_point("imap: after MOVE");
	return record_gone(push, run, moved, err);
}

/* -- without MOVE ---------------------------------------------------------- */

static int note_pending(struct push *push, const struct run *run,
			struct err *err)
{
	struct sync *sync = push->sync;

	if (ledger_begin(sync, err) < 0)
		return -1;
	for (guint i = 0; i < run->count; i++) {
		const struct item *item = run->items + i;

		if (state_imap_pending_add(sync->state, item->row.copy,
					   item->target->row.serial, err) < 0) {
			ledger_undo(sync);
			return -1;
		}
	}
	crash_point("imap: before copies are pending");
	return ledger_commit(sync, err);
}

/* They stand in the target too: from now on the UIDs there are the copies, and
 * the old ones are to be deleted. */
static int record_copied(struct push *push, const struct run *run,
			 const GArray *moved, struct err *err)
{
	struct sync *sync = push->sync;

	if (ledger_begin(sync, err) < 0)
		return -1;
	if (record_moved(push, run, moved, err) < 0) {
		ledger_undo(sync);
		return -1;
	}
	crash_point("imap: before what was copied is known");
	sync_count(sync, SYNC_MOVED_THERE, run->count);
	return ledger_commit(sync, err);
}

/* Without their UIDs (no UIDPLUS) they are met by content at the next look. */
static int push_copy(struct push *push, const struct run *run, struct err *err)
{
	AUTO(array)
	GArray *moved = g_array_new(FALSE, FALSE, sizeof(struct imap_moved));
	struct sync_folder *target = run->items->target;
	struct sync *sync = push->sync;

	if (note_pending(push, run, err) < 0)
		return -1;
	crash_point("imap: before COPY");
	if (imap_copy(sync->imap, run->uids, target->row.raw, moved, err) < 0)
		return sync_refused(sync, push->folder, err);
	crash_point("imap: after COPY");
	target->again |= moved->len < run->count;
	return record_copied(push, run, moved, err);
}

/* -- deletions ------------------------------------------------------------- */

static int add_doomed(struct push *push, struct imap_set *uids, struct err *err)
{
	AUTO(array) GArray *rows = NULL;

	if (state_imap_uid_doomed(push->sync->state, push->folder->row.serial,
				  &rows, err) < 0)
		return -1;
	for (guint i = 0; i < rows->len; i++)
		imap_set_add(uids,
			     g_array_index(rows, struct state_imap_uid, i).uid);
	return 0;
}

static int delete (struct push *push, struct run *run, struct err *err)
{
	AUTO(imap_set) struct imap_set *left = imap_set_new();
	struct sync *sync = push->sync;

	crash_point("imap: before EXPUNGE");
	if (imap_delete(sync->imap, run->uids, left, err) < 0)
		return sync_refused(sync, push->folder, err);
	crash_point("imap: after EXPUNGE");
	imap_set_subtract(run->uids, left);
	return record_gone(push, run, NULL, err);
}

static int push_deletions(struct push *push, struct err *err)
{
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct run run = { .uids = uids };

	for (guint i = 0; i < push->items->len; i++) {
		const struct item *item =
			&g_array_index(push->items, struct item, i);

		if (item->kind == DELETE)
			imap_set_add(uids, item->row.uid);
	}
	if (add_doomed(push, uids, err) < 0)
		return -1;
	return imap_set_is_empty(uids) ? 0 : delete (push, &run, err);
}

/* -- one folder ------------------------------------------------------------ */

static int push_moves(struct push *push, struct err *err)
{
	bool can_move = imap_can(push->sync->imap) & IMAP_CAN_MOVE;
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct run run = { .uids = uids };

	for (guint at = 0; next_run(push, MOVE, &at, &run);) {
		const struct sync_folder *target = run.items->target;

		if (target->failed || !target->there || push->folder->failed)
			continue;
		if ((can_move ? push_move(push, &run, err)
			      : push_copy(push, &run, err)) < 0)
			return -1;
	}
	return 0;
}

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
		[STORE] = SYNC_FLAGGED_THERE,
		[MOVE] = SYNC_MOVED_THERE,
		[DELETE] = SYNC_REMOVED_THERE,
	};

	for (guint i = 0; i < push->items->len; i++)
		sync_count(
			push->sync,
			counts[g_array_index(push->items, struct item, i).kind],
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
		if (change->row.uid != 0 && change->account == sync->serial)
			note_change(by_folder, sync, change);
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
	GArray *none = g_array_new(FALSE, FALSE, sizeof(struct item));

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
