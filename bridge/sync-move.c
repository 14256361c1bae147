/* SPDX-License-Identifier: ISC */
/* What leaves a folder of the server's, because it was moved or removed here.
 */
#include <stdlib.h>

#include "defms/crash.h"
#include "imap-change.h"
#include "sync-push.h"

/* -- moves ----------------------------------------------------------------- */

static int by_uid(const void *a, const void *b)
{
	const struct push_item *x = a, *y = b;

	return (x->row.uid > y->row.uid) - (x->row.uid < y->row.uid);
}

/* What has another UID now, in the target. */
static int record_moved(struct push *push, const struct push_run *run,
			const GArray *moved, struct err *err)
{
	for (guint i = 0; i < moved->len; i++) {
		const struct imap_moved *one =
			&g_array_index(moved, struct imap_moved, i);
		struct push_item key = { .row.uid = one->from };
		const struct push_item *item = bsearch(
			&key, run->items, run->count, sizeof(key), by_uid);
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
static int record_gone(struct push *push, const struct push_run *run,
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

static int push_move(struct push *push, const struct push_run *run,
		     struct err *err)
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

static int note_pending(struct push *push, const struct push_run *run,
			struct err *err)
{
	struct sync *sync = push->sync;

	if (ledger_begin(sync, err) < 0)
		return -1;
	for (guint i = 0; i < run->count; i++) {
		const struct push_item *item = run->items + i;

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
static int record_copied(struct push *push, const struct push_run *run,
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
static int push_copy(struct push *push, const struct push_run *run,
		     struct err *err)
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

static int delete (struct push *push, struct push_run *run, struct err *err)
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

int push_deletions(struct push *push, struct err *err)
{
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct push_run run = { .uids = uids };

	for (guint i = 0; i < push->items->len; i++) {
		const struct push_item *item =
			&g_array_index(push->items, struct push_item, i);

		if (item->kind == PUSH_DELETE)
			imap_set_add(uids, item->row.uid);
	}
	if (add_doomed(push, uids, err) < 0)
		return -1;
	return imap_set_is_empty(uids) ? 0 : delete (push, &run, err);
}

int push_moves(struct push *push, struct err *err)
{
	bool can_move = imap_can(push->sync->imap) & IMAP_CAN_MOVE;
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct push_run run = { .uids = uids };

	for (guint at = 0; push_next_run(push, PUSH_MOVE, &at, &run);) {
		const struct sync_folder *target = run.items->target;

		if (target->failed || !target->there || push->folder->failed)
			continue;
		if ((can_move ? push_move(push, &run, err)
			      : push_copy(push, &run, err)) < 0)
			return -1;
	}
	return 0;
}
