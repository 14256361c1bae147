/* SPDX-License-Identifier: ISC */
/* Messages coming in. Three hands work at once: this one reads what the server
 * sends, the mill's workers prepare it, and a writer of its own commits what
 * is ready, a batch with its UIDs in one transaction, so that a kill loses and
 * doubles nothing. What is held is bounded by what the mill and two batches
 * may hold.
 *
 * A server sends CRLF line ends; a message all of whose lines end so is kept
 * with LF, as one that a Maildir had. */
#include <errno.h>
#include <string.h>

#include "defms/change.h"
#include "defms/crash.h"
#include "sync-parts.h"

enum {
	JOBS = 64,
	JOB_BYTES = 512 << 10,
	BATCH_MESSAGES = 1000,
	BATCH_BYTES = 3 << 19,
};

struct job {
	struct arrival *arrival; /* owned */
	uint32_t uid;
	unsigned flags; /* there */
	size_t size;
	struct err err;
	bool failed;
};

/* What the writer is given, and gives back when it is joined. */
struct deposit {
	struct sync *sync;          /* borrowed; only what never changes */
	struct sync_folder *folder; /* borrowed; the writer's meanwhile */
	GPtrArray *jobs;            /* owned: struct job */
	uint64_t added, moved;
	struct err err;
	bool failed;
};

struct intake {
	struct sync *sync;
	struct sync_folder *folder;
	GPtrArray *ready; /* owned: struct job */
	size_t bytes;     /* of these */
	GThread *writer;  /* NULL: none is at work */
	struct deposit *deposit;
};

static void free_job(gpointer data)
{
	struct job *job = data;

	arrival_free(job->arrival);
	g_free(job);
}

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
	struct job *job = data;

	if (has_crlf_only(job->arrival->raw))
		to_lf(job->arrival->raw);
	if (!context)
		job->failed =
			err_set(&job->err, EIO, "state.db cannot be opened");
	else
		job->failed =
			arrival_prepare(job->arrival, context, &job->err) < 0;
}

/* -- the writer ------------------------------------------------------------ */

/* The folder here may have been renamed or removed since we looked. */
static int find_here(struct batch *batch, struct state_imap_folder *row,
		     struct state_folder *here_r, struct err *err)
{
	struct state *state = batch_state(batch);
	int found = state_folder_get(state, row->folder, here_r, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (state_folder_find(state, row->name, true, here_r, err) < 0)
		return -1;
	row->folder = here_r->serial;
	return state_imap_folder_put(state, row, err);
}

/* It was here already: flags of both, or if it was known, each as who changed
 * it says. */
static int bind_known(struct deposit *deposit, struct batch *batch,
		      struct state_imap_uid *row, struct err *err)
{
	struct state *state = batch_state(batch);
	struct plan_item item = { .there = { true, row->flags } };
	struct state_imap_uid was;
	struct state_copy copy = { 0 };
	struct plan plan;
	int found = state_imap_gone_of(state, row->copy, &was, err);

	if (found == 0)
		found = state_imap_uid_of(state, row->copy, &was, err);
	if (found < 0 || state_copy_get(state, row->copy, &copy, err) < 0)
		return -1;
	item.known = found > 0;
	item.base = found > 0 ? was.flags : 0;
	item.here = (struct plan_side){ true, copy.flags };
	plan = plan_merge(&item);
	deposit->moved += found > 0;
	if (plan.act & PLAN_FLAGS_HERE &&
	    change_copy_flags(batch, row->copy, plan.flags, err) < 0)
		return -1;
	return state_imap_uid_put(state, row, err);
}

static int add(struct deposit *deposit, struct batch *batch, struct job *job,
	       const char *name, struct err *err)
{
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	struct state_imap_uid row = { .folder = deposit->folder->row.serial,
				      .uid = job->uid,
				      .flags = job->flags };
	enum batch_result result;

	job->arrival->folder = g_strdup(name);
	if (batch_add(batch, job->arrival, seen, &result, err) < 0)
		return -1;
	row.copy = batch_last_copy(batch);
	if (result == BATCH_KNOWN)
		return bind_known(deposit, batch, &row, err);
	deposit->added++;
	return state_imap_uid_put(batch_state(batch), &row, err);
}

static int write_some(struct deposit *deposit, guint *at, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	struct state_folder here;

	if (batch_begin(deposit->sync->mailbox, &batch, err) < 0 ||
	    find_here(batch, &deposit->folder->row, &here, err) < 0)
		return -1;
	while (*at < deposit->jobs->len && !batch_should_end(batch)) {
		struct job *job = deposit->jobs->pdata[(*at)++];

		if (!job->failed &&
		    add(deposit, batch, job, here.name, err) < 0)
			return -1;
	}
	crash_point("imap: before messages are here");
	if (sync_commit(take(batch), err) < 0)
		return -1;
	crash_point("imap: messages are here");
	return 0;
}

static gpointer write_deposit(gpointer data)
{
	struct deposit *deposit = data;
	guint at = 0;

	while (at < deposit->jobs->len && !deposit->failed)
		deposit->failed = write_some(deposit, &at, &deposit->err) < 0;
	return NULL;
}

/* -- this one -------------------------------------------------------------- */

/* Wait for the writer; what could not be taken in is said. */
static int join_writer(struct intake *intake, struct err *err)
{
	struct deposit *deposit = take(intake->deposit);
	struct sync *sync = intake->sync;
	int result = 0;

	if (!intake->writer)
		return 0;
	(void)g_thread_join(take(intake->writer));
	sync_count(sync, SYNC_FETCHED, deposit->added);
	sync_count(sync, SYNC_MOVED_HERE, deposit->moved);
	for (guint i = 0; i < deposit->jobs->len; i++) {
		const struct job *job = deposit->jobs->pdata[i];

		if (job->failed)
			sync_problem(sync, intake->folder, "UID %u: %s",
				     job->uid, job->err.text);
	}
	if (deposit->failed)
		result = err_set(err, deposit->err.code, "%s",
				 deposit->err.text);
	g_ptr_array_unref(deposit->jobs);
	g_free(deposit);
	return result;
}

static int hand_over(struct intake *intake, struct err *err)
{
	if (join_writer(intake, err) < 0)
		return -1;
	if (intake->ready->len == 0)
		return 0;
	intake->deposit = g_new0(struct deposit, 1);
	intake->deposit->sync = intake->sync;
	intake->deposit->folder = intake->folder;
	intake->deposit->jobs = take(intake->ready);
	intake->ready = g_ptr_array_new_with_free_func(free_job);
	intake->bytes = 0;
	intake->writer = g_thread_new("writer", write_deposit, intake->deposit);
	return 0;
}

/* Take a job that is done, if there is one inside: 1/0/-1. */
static int take_one(struct intake *intake, struct err *err)
{
	struct job *job = mill_take(intake->sync->mill);

	if (!job)
		return 0;
	g_ptr_array_add(intake->ready, job);
	intake->bytes += job->size;
	if (intake->ready->len >= crash_batch(BATCH_MESSAGES) ||
	    intake->bytes >= BATCH_BYTES)
		return hand_over(intake, err) < 0 ? -1 : 1;
	return 1;
}

static int put(struct intake *intake, const struct imap_mail *mail,
	       struct err *err)
{
	struct mill *mill = intake->sync->mill;
	struct job *job = g_new0(struct job, 1);

	job->arrival = arrival_new();
	job->arrival->raw = mail->raw;
	job->arrival->received = mail->received;
	job->arrival->flags = mail->flags;
	job->arrival->is_new = mail->flags == 0;
	job->arrival->imap_folder = intake->folder->row.serial;
	job->uid = mail->uid;
	job->flags = mail->flags;
	job->size = mail->raw->len;
	while (!mill_has_room(mill))
		if (take_one(intake, err) < 0) {
			free_job(job);
			return -1;
		}
	mill_put(mill, job, job->size);
	return 0;
}

static int fetch(struct intake *intake, struct err *err)
{
	struct sync *sync = intake->sync;
	struct imap_mail mail;
	int more = -1;

	if (imap_bodies_start(sync->imap, intake->folder->fresh, err) == 0)
		while ((more = imap_bodies_next(sync->imap, &mail, err)) > 0)
			if (put(intake, &mail, err) < 0 ||
			    sync_go_on(sync, err) < 0)
				return -1;
	return more < 0 ? sync_refused(sync, intake->folder, err) : 0;
}

static int finish(struct intake *intake, struct err *err)
{
	int more;

	while ((more = take_one(intake, err)) > 0)
		;
	if (more < 0 || hand_over(intake, err) < 0)
		return -1;
	return join_writer(intake, err);
}

/* What came before something failed is kept all the same. */
static int run_intake(struct intake *intake, struct err *err)
{
	int result = fetch(intake, err);
	struct err second;

	if (finish(intake, result < 0 ? &second : err) < 0)
		result = -1;
	return result;
}

static void release(struct intake *intake)
{
	struct job *job;

	(void)join_writer(intake, NULL);
	while ((job = mill_take(intake->sync->mill)))
		free_job(job);
	g_ptr_array_unref(intake->ready);
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

static bool need_mill(struct sync *sync)
{
	struct mill_work work = { start_worker, prepare, stop_worker,
				  sync->mailbox };

	if (!sync->mill)
		sync->mill = mill_new(&work, 0, JOBS, JOB_BYTES);
	return true;
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

int sync_intake(struct sync *sync, struct sync_folder *folder, struct err *err)
{
	struct intake intake = { .sync = sync, .folder = folder };
	int result;

	if (sync->options->dry_run || !folder->there ||
	    (folder->known && !folder->again))
		return 0;
	if (!imap_set_is_empty(folder->fresh)) {
		if (select_again(sync, folder, err) < 0)
			return -1;
		if (folder->failed)
			return 0;
		need_mill(sync);
		intake.ready = g_ptr_array_new_with_free_func(free_job);
		result = run_intake(&intake, err);
		release(&intake);
		imap_set_clear(folder->fresh);
		if (result < 0 || folder->failed)
			return result;
	}
	return note_known(sync, folder, err);
}
