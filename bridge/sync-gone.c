/* SPDX-License-Identifier: ISC */
/* What left a folder of the server's and came to no other one. */
#include "defms/change.h"
#include "defms/crash.h"
#include "sync-parts.h"

enum { ROWS = 1000 };

static void tell(struct sync *sync, const struct sync_folder *folder,
		 int64_t copy)
{
	AUTO(str) char *name = sync_name(sync, copy, "copy", copy);

	sync_note(sync, folder, "deleted there, changed here: %s goes up again",
		  name);
}

static int settle(struct sync *sync, struct sync_folder *folder,
		  struct batch *batch, const struct state_imap_uid *gone,
		  struct err *err)
{
	struct state *state = batch_state(batch);
	struct plan_item item = { .known = true, .base = gone->flags };
	struct state_message message = { 0 };
	struct state_copy copy = { 0 };
	struct plan plan;
	int found = state_copy_get(state, gone->copy, &copy, err);

	if (found > 0)
		found = state_message_get(state, copy.message, &message, err);
	if (found < 0 || state_imap_gone_drop(state, gone->copy, err) < 0 ||
	    state_imap_touch(state, gone->copy, err) < 0)
		return -1;
	item.here.is_there = found > 0 && message.removed == 0;
	item.here.flags = copy.flags;
	item.moved_here = copy.folder != folder->row.folder;
	plan = plan_merge(&item);
	if (plan.act & PLAN_CONFLICT)
		tell(sync, folder, gone->copy);
	if (plan.act & PLAN_REMOVE_HERE) {
		if (change_copy_remove(batch, gone->copy, err) < 0)
			return -1;
		sync_count(sync, SYNC_REMOVED_HERE, 1);
	}
	return state_imap_settle(state, gone->copy, err);
}

/* 1 if there may be more. */
static int settle_some(struct sync *sync, struct sync_folder *folder,
		       int64_t *after, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	AUTO(array) GArray *rows = NULL;
	guint i = 0;

	if (batch_begin(sync->mailbox, &batch, err) < 0 ||
	    state_imap_gone_range(batch_state(batch), folder->row.serial,
				  *after, (int64_t)crash_batch(ROWS), &rows,
				  err) < 0)
		return -1;
	while (i < rows->len && !batch_should_end(batch)) {
		const struct state_imap_uid *gone =
			&g_array_index(rows, struct state_imap_uid, i++);

		if (settle(sync, folder, batch, gone, err) < 0)
			return -1;
		*after = gone->copy;
	}
	crash_point("imap: before what is gone goes here");
	if (i > 0 && sync_commit(take(batch), err) < 0)
		return -1;
	return i > 0;
}

int sync_gone(struct sync *sync, struct sync_folder *folder, struct err *err)
{
	struct state_imap_folder row;
	int found = state_imap_folder_get(sync->state, folder->row.serial, &row,
					  err);
	int64_t after = 0;

	if (found <= 0 || row.gone == 0 || sync->options->dry_run)
		return found < 0 ? -1 : 0;
	if (plan_is_mass(row.gone, row.gone + row.messages) &&
	    !sync->options->force) {
		sync_problem(sync, folder,
			     "%lld of %lld messages are gone on the server; "
			     "none is removed here without --force",
			     (long long)row.gone,
			     (long long)(row.gone + row.messages));
		return 0;
	}
	do {
		found = settle_some(sync, folder, &after, err);
	} while (found > 0);
	return found;
}
