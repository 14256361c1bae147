/* SPDX-License-Identifier: ISC */
/* Messages coming in. Three hands work at once: this one reads what the server
 * sends, the mill's workers prepare it, and a writer of its own commits what
 * is ready, a batch with its UIDs in one transaction, so that a kill loses and
 * doubles nothing. What is held is bounded by what the mill and the writer may
 * hold, so a server that is faster waits.
 *
 * A server sends CRLF line ends; a message all of whose lines end so is kept
 * with LF, as one that a Maildir had. */
#include <errno.h>
#include <string.h>

#include "defms/crash.h"
#include "imap-fetch.h"
#include "imap-folder.h"
#include "sync-deposit.h"

enum {
	JOBS = 64,
	JOB_BYTES = 256 << 10,
	SHOWN = 100, /* bytes of UIDs in a line */
};

struct intake {
	struct sync *sync;
	struct sync_folder *folder;
	struct deposit *deposit;
};

/* -- the workers ----------------------------------------------------------- */

static void *start_worker(void *data)
{
	struct reader *reader = NULL;

	return reader_open(data, &reader, NULL) < 0 ? NULL : reader;
}

static void stop_worker(void *context)
{
	reader_close(context);
}

/* Is there no LF without a CR before it? */
static bool has_crlf_only(const GByteArray *raw)
{
	const uint8_t *at = raw->data, *end = at + raw->len;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		if (at == raw->data || at[-1] != '\r')
			return false;
		if (++at == end)
			break;
	}
	return true;
}

/* Take the CR before each LF away. */
static void to_lf(GByteArray *raw)
{
	const uint8_t *at = raw->data, *end = at + raw->len;
	uint8_t *to = raw->data;

	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((lf ? lf - 1 : end) - at);

		memmove(to, at, size);
		to += size;
		if (lf)
			*to++ = '\n';
		at = lf ? lf + 1 : end;
	}
	(void)g_byte_array_set_size(raw, (guint)(to - raw->data));
}

static void prepare(void *data, void *context)
{
	struct deposit_job *job = data;

	if (has_crlf_only(job->arrival->raw))
		to_lf(job->arrival->raw);
	if (!context)
		job->failed =
			err_set(&job->err, EIO, "state.db cannot be opened");
	else
		job->failed =
			arrival_prepare(job->arrival, context, &job->err) < 0;
}

/* -- this one -------------------------------------------------------------- */

/* Give the oldest job to the writer, if there is one: 1/0/-1. */
static int pass_on(struct intake *intake)
{
	struct deposit_job *job = mill_take(intake->sync->mill);

	if (!job)
		return 0;
	return deposit_put(intake->deposit, job) < 0 ? -1 : 1;
}

static int put(struct intake *intake, const struct imap_mail *mail)
{
	struct mill *mill = intake->sync->mill;
	struct deposit_job *job = g_new0(struct deposit_job, 1);
	int result = 1;

	job->arrival = arrival_new();
	job->arrival->raw = mail->raw;
	job->arrival->received = mail->received;
	job->arrival->flags = mail->flags;
	job->arrival->is_new = mail->flags == 0;
	job->arrival->imap_folder = intake->folder->row.serial;
	job->uid = mail->uid;
	job->flags = mail->flags;
	job->size = mail->raw->len;
	while (result > 0 && !mill_has_room(mill))
		result = pass_on(intake);
	mill_put(mill, job, job->size);
	return result < 0 ? -1 : 0;
}

/* The writer says itself why it failed. */
static int fetch(struct intake *intake, struct err *err)
{
	struct sync *sync = intake->sync;
	struct imap_mail mail;
	int more = -1;

	if (imap_bodies_start(sync->imap, intake->folder->fresh, err) == 0)
		while ((more = imap_bodies_next(sync->imap, &mail, err)) > 0)
			if (put(intake, &mail) < 0 || sync_go_on(sync, err) < 0)
				return -1;
	return more < 0 ? sync_refused(sync, intake->folder, err) : 0;
}

/* What came before something failed is kept all the same. */
static int run_intake(struct sync *sync, struct sync_folder *folder,
		      struct err *err)
{
	struct intake intake = { .sync = sync, .folder = folder };
	struct err second;
	int result;

	intake.deposit = deposit_new(sync, folder);
	result = fetch(&intake, err);
	while (pass_on(&intake) != 0)
		;
	if (deposit_end(intake.deposit, &second) < 0) {
		*err = second;
		return -1;
	}
	return result;
}

/* All below uidnext, and all changes up to modseq, are here. */
static int note_known(struct sync *sync, struct sync_folder *folder,
		      struct err *err)
{
	struct state_imap_folder row;
	int found;

	if (ledger_begin(sync, err) < 0)
		return -1;
	found = state_imap_folder_get(sync->state, folder->row.serial, &row,
				      err);
	if (found > 0) {
		row.uidnext = folder->uidnext;
		row.modseq = folder->modseq;
		found = state_imap_folder_put(sync->state, &row, err);
		folder->row = row;
	}
	if (found < 0) {
		ledger_undo(sync);
		return -1;
	}
	crash_point("imap: before the folder is known");
	folder->known = true;
	return ledger_commit(sync, err);
}

static void need_mill(struct sync *sync)
{
	struct mill_work work = { start_worker, prepare, stop_worker,
				  sync->mailbox };

	if (!sync->mill)
		sync->mill = mill_new(&work, 0, JOBS, JOB_BYTES);
}

static int select_again(struct sync *sync, struct sync_folder *folder,
			struct err *err)
{
	struct imap_selected selected = { 0 };

	if (imap_select(sync->imap, folder->row.raw, true, &selected, err) < 0)
		return sync_refused(sync, folder, err);
	if (selected.uidvalidity != folder->row.uidvalidity) {
		sync_problem(sync, folder, "its UIDs have changed meanwhile");
		folder->failed = true;
	}
	imap_selected_release(&selected);
	return 0;
}

/* What is too large is never asked for: as soon as it is announced, all would
 * end. A server that does not tell sizes is taken as it is. */
static int pass_over_large(struct sync *sync, struct sync_folder *folder,
			   struct err *err)
{
	AUTO(imap_set) struct imap_set *large = imap_set_new();
	AUTO(gstring) GString *uids = g_string_new("");
	size_t range = 0;

	if (imap_larger(sync->imap, folder->fresh, MESSAGE_MAX, large, err) <
		    0 &&
	    !imap_is_alive(sync->imap))
		return -1;
	if (imap_set_print(large, &range, SHOWN, uids))
		sync_problem(
			sync, folder,
			"UID %s%s: larger than 512 MiB, left on the server",
			uids->str, range < large->ranges->len ? "..." : "");
	imap_set_subtract(folder->fresh, large);
	return 0;
}

static int take_in(struct sync *sync, struct sync_folder *folder,
		   struct err *err)
{
	int result;

	if (select_again(sync, folder, err) < 0)
		return -1;
	if (folder->failed)
		return 0;
	if (pass_over_large(sync, folder, err) < 0)
		return -1;
	need_mill(sync);
	result = run_intake(sync, folder, err);
	imap_set_clear(folder->fresh);
	return result;
}

int sync_intake(struct sync *sync, struct sync_folder *folder, struct err *err)
{
	if (sync->options->dry_run || !folder->there ||
	    (folder->known && !folder->again))
		return 0;
	if (!imap_set_is_empty(folder->fresh) && take_in(sync, folder, err) < 0)
		return -1;
	return folder->failed ? 0 : note_known(sync, folder, err);
}
