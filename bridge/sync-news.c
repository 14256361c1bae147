/* SPDX-License-Identifier: ISC */
/* What the server has to tell of one folder. It is all heard before anything
 * is changed here, so that nobody waits for the lock while we wait for the
 * server: twelve bytes for each message that changed, and ranges. */
#include <errno.h>
#include <string.h>

#include "defms/change.h"
#include "defms/crash.h"
#include "imap-fetch.h"
#include "imap-folder.h"
#include "sync-parts.h"

enum {
	ROWS = 4096,    /* looked at in one go */
	CHANGES = 10000 /* made in one batch */
};

/* Flags of a message that are not what they were. */
struct change {
	uint32_t uid;
	unsigned flags;
};

struct news {
	struct sync *sync;
	struct sync_folder *folder;
	GArray *changes;           /* owned: struct change */
	struct imap_set *present;  /* owned: what is there, if all was listed */
	struct imap_set *vanished; /* owned */
	uint32_t highest;
};

/* -- what there is to know --------------------------------------------------
 */

static bool may_have_news(const struct sync_folder *folder)
{
	const struct imap_folder *listed = folder->listed;
	const struct state_imap_folder *row = &folder->row;

	if (folder->again || !listed || !listed->has_status ||
	    row->uidvalidity == 0 || listed->uidvalidity != row->uidvalidity ||
	    listed->uidnext != row->uidnext ||
	    listed->messages != row->messages)
		return true;
	if (row->messages == 0)
		return false;
	return !listed->has_modseq || listed->modseq == 0 ||
	       listed->modseq != row->modseq;
}

/* A flag that the server does not keep is no change of its. */
static unsigned known_flags(const struct sync_folder *folder, unsigned there,
			    unsigned base)
{
	return (there & folder->flags) | (base & ~folder->flags);
}

static int hear(struct news *news, const struct imap_flag *flag,
		struct err *err)
{
	const struct state_imap_folder *row = &news->folder->row;
	struct change change = { flag->uid, flag->flags };
	struct state_imap_uid known;
	int found = 0;

	if (news->present)
		imap_set_add(news->present, flag->uid);
	news->highest = MAX(news->highest, flag->uid);
	if (row->messages > 0)
		found = state_imap_uid_get(news->sync->state, row->serial,
					   flag->uid, &known, err);
	if (found < 0)
		return -1;
	if (found == 0) {
		if (flag->uid >= row->uidnext)
			imap_set_add(news->folder->fresh, flag->uid);
		return 0;
	}
	if (known_flags(news->folder, flag->flags, known.flags) != known.flags)
		(void)g_array_append_val(news->changes, change);
	return 0;
}

static int hear_flags(struct news *news, struct err *err)
{
	struct sync *sync = news->sync;
	struct imap_flag flag;
	int more = -1;

	if (imap_flags_start(sync->imap, 1, news->folder->row.modseq, err) == 0)
		while ((more = imap_flags_next(sync->imap, &flag, err)) > 0)
			if (hear(news, &flag, err) < 0)
				return -1;
	return more < 0 ? sync_refused(sync, news->folder, err) : 0;
}

/* -- what has vanished ------------------------------------------------------
 */

/* Of all rows, those that the server did not name. */
static int compare_rows(struct news *news, struct err *err)
{
	uint32_t range[2] = { 1, UINT32_MAX };
	guint len = ROWS;

	while (len == ROWS) {
		AUTO(array) GArray *rows = NULL;

		if (state_imap_uid_range(news->sync->state,
					 news->folder->row.serial, range, ROWS,
					 &rows, err) < 0)
			return -1;
		len = rows->len;
		for (guint i = 0; i < len; i++) {
			uint32_t uid =
				g_array_index(rows, struct state_imap_uid, i)
					.uid;

			if (!imap_set_has(news->present, uid))
				imap_set_add(news->vanished, uid);
			range[0] = uid + 1;
		}
	}
	return 0;
}

static int hear_vanished(struct news *news, struct err *err)
{
	struct sync *sync = news->sync;
	bool since = news->folder->row.modseq != 0;

	if (since && imap_can(sync->imap) & IMAP_CAN_QRESYNC) {
		imap_set_add_set(news->vanished, imap_vanished(sync->imap));
		return 0;
	}
	if (since) {
		imap_set_clear(news->present);
		if (imap_uids(sync->imap, news->present, err) < 0)
			return sync_refused(sync, news->folder, err);
	}
	return news->folder->row.messages > 0 ? compare_rows(news, err) : 0;
}

static int mark_range(struct news *news, const struct imap_range *range,
		      struct err *err)
{
	struct sync *sync = news->sync;
	uint32_t uids[2] = { range->first, range->last };
	guint len = ROWS;

	while (len == ROWS) {
		AUTO(array) GArray *rows = NULL;

		if (state_imap_uid_range(sync->state, news->folder->row.serial,
					 uids, ROWS, &rows, err) < 0)
			return -1;
		len = rows->len;
		for (guint i = 0; i < len; i++)
			if (state_imap_gone_add(
				    sync->state,
				    &g_array_index(rows, struct state_imap_uid,
						   i),
				    err) < 0)
				return -1;
	}
	return 0;
}

static int mark_vanished(struct news *news, struct err *err)
{
	const GArray *ranges = news->vanished->ranges;
	struct sync *sync = news->sync;

	if (ranges->len == 0)
		return 0;
	if (ledger_begin(sync, err) < 0)
		return -1;
	for (guint i = 0; i < ranges->len; i++)
		if (mark_range(news,
			       &g_array_index(ranges, struct imap_range, i),
			       err) < 0) {
			ledger_undo(sync);
			return -1;
		}
	crash_point("imap: before what vanished is noted");
	return ledger_commit(sync, err);
}

/* -- flags ----------------------------------------------------------------- */

/* Deleted here, changed there: it comes back, as if it were new. What is below
 * uidnext and has no row is not asked for, so that goes back too. */
static int bring_back(struct news *news, struct batch *batch,
		      const struct state_imap_uid *row, struct err *err)
{
	struct state_imap_folder *known = &news->folder->row;
	AUTO(str)
	char *name = sync_name(news->sync, row->copy, "UID", row->uid);

	sync_note(news->sync, news->folder,
		  "deleted here, changed there: %s stays", name);
	imap_set_add(news->folder->fresh, row->uid);
	known->uidnext = MIN(known->uidnext, row->uid);
	if (state_imap_uid_drop(batch_state(batch), row->folder, row->uid,
				err) < 0)
		return -1;
	return state_imap_folder_put(batch_state(batch), known, err);
}

/* The copy of a row as it is here. 1/0/-1. */
static int look_here(struct state *state, int64_t serial,
		     struct state_copy *copy_r, struct err *err)
{
	struct state_message message;
	int found = state_copy_get(state, serial, copy_r, err);

	if (found > 0)
		found = state_message_get(state, copy_r->message, &message,
					  err);
	return found > 0 ? message.removed == 0 : found;
}

static int apply(struct news *news, struct batch *batch,
		 const struct change *change, struct err *err)
{
	struct state *state = batch_state(batch);
	struct sync_folder *folder = news->folder;
	struct state_imap_uid row;
	struct state_copy copy = { 0 };
	struct plan_item item = { .known = true, .there.is_there = true };
	struct plan plan;
	int found = state_imap_uid_get(state, folder->row.serial, change->uid,
				       &row, err);

	if (found <= 0 || row.copy == 0)
		return found < 0 ? -1 : 0;
	found = look_here(state, row.copy, &copy, err);
	if (found < 0)
		return -1;
	item.base = row.flags;
	item.there.flags = known_flags(folder, change->flags, row.flags);
	item.here.is_there = found > 0;
	item.here.flags = copy.flags;
	plan = plan_merge(&item);
	if (plan.act & PLAN_FETCH)
		return bring_back(news, batch, &row, err);
	row.flags = item.there.flags;
	if (plan.act & PLAN_FLAGS_HERE) {
		if (change_copy_flags(batch, row.copy, plan.flags, err) < 0)
			return -1;
		sync_count(news->sync, SYNC_FLAGGED_HERE, 1);
	}
	return state_imap_uid_put(state, &row, err);
}

static int apply_some(struct news *news, guint *at, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	guint end = MIN(news->changes->len, *at + (guint)crash_batch(CHANGES));

	if (batch_begin(news->sync->mailbox, &batch, err) < 0)
		return -1;
	while (*at < end && !batch_should_end(batch))
		if (apply(news, batch,
			  &g_array_index(news->changes, struct change, (*at)++),
			  err) < 0)
			return -1;
	crash_point("imap: before flags are set here");
	return sync_commit(take(batch), err);
}

static int apply_all(struct news *news, struct err *err)
{
	guint at = 0;

	while (at < news->changes->len)
		if (apply_some(news, &at, err) < 0)
			return -1;
	return 0;
}

/* -- one folder ------------------------------------------------------------ */

/* All its UIDs are void: they are to be met again by content. */
static int start_over(struct sync *sync, struct sync_folder *folder,
		      uint32_t uidvalidity, struct err *err)
{
	bool is_first = folder->row.uidvalidity == 0;

	folder->row.uidvalidity = uidvalidity;
	folder->row.uidnext = 1;
	folder->row.modseq = 0;
	folder->row.messages = 0;
	if (sync->options->dry_run)
		return 0;
	if (ledger_begin(sync, err) < 0)
		return -1;
	if ((!is_first &&
	     state_imap_gone_all(sync->state, folder->row.serial, err) < 0) ||
	    state_imap_folder_put(sync->state, &folder->row, err) < 0) {
		ledger_undo(sync);
		return -1;
	}
	crash_point("imap: before a new UIDVALIDITY");
	return ledger_commit(sync, err);
}

/* The server has no such folder any more. */
static int lose_folder(struct sync *sync, struct sync_folder *folder,
		       struct err *err)
{
	if (folder->row.messages == 0)
		return 0;
	sync_note(sync, folder, "is there no longer");
	if (sync->options->dry_run)
		return 0;
	return start_over(sync, folder, UINT32_MAX, err);
}

static int open_folder(struct sync *sync, struct sync_folder *folder,
		       struct err *err)
{
	struct imap_selected selected = { 0 };

	if (imap_select(sync->imap, folder->row.raw, sync->options->dry_run,
			&selected, err) < 0)
		return sync_refused(sync, folder, err);
	folder->uidnext = selected.uidnext;
	folder->modseq = selected.modseq;
	folder->flags = selected.read_only ? ~0U : selected.flags;
	if (selected.uids_not_sticky) {
		sync_problem(sync, folder, "the server keeps no UIDs");
		folder->failed = true;
	}
	imap_selected_release(&selected);
	if (folder->failed || selected.uidvalidity == folder->row.uidvalidity)
		return 0;
	return start_over(sync, folder, selected.uidvalidity, err);
}

static int hear_all(struct news *news, struct err *err)
{
	struct sync_folder *folder = news->folder;

	if (hear_flags(news, err) < 0)
		return -1;
	if (!folder->failed && hear_vanished(news, err) < 0)
		return -1;
	if (folder->uidnext == 0)
		folder->uidnext = news->highest + 1;
	return 0;
}

static void count_only(const struct news *news)
{
	struct sync *sync = news->sync;

	sync_count(sync, SYNC_FLAGGED_HERE, news->changes->len);
	sync_count(sync, SYNC_REMOVED_HERE, imap_set_count(news->vanished));
	sync_count(sync, SYNC_FETCHED, imap_set_count(news->folder->fresh));
}

static void release(struct news *news)
{
	g_array_unref(news->changes);
	imap_set_free(news->present);
	imap_set_free(news->vanished);
}

int sync_news(struct sync *sync, struct sync_folder *folder, struct err *err)
{
	struct news news = { .sync = sync, .folder = folder };
	int result;

	if (!folder->there)
		return lose_folder(sync, folder, err);
	folder->known = !may_have_news(folder);
	if (folder->known)
		return 0;
	if (open_folder(sync, folder, err) < 0)
		return -1;
	if (folder->failed)
		return 0;
	news.changes = g_array_new(FALSE, FALSE, sizeof(struct change));
	news.present = imap_set_new();
	news.vanished = imap_set_new();
	result = hear_all(&news, err);
	if (result == 0 && !folder->failed && sync->options->dry_run)
		count_only(&news);
	else if (result == 0 && !folder->failed &&
		 (apply_all(&news, err) < 0 || mark_vanished(&news, err) < 0))
		result = -1;
	release(&news);
	return result;
}
