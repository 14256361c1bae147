/* SPDX-License-Identifier: ISC */
/* A batch begins when enough waits to be worth its syncs, and goes on for as
 * long as more comes without a pause: what a fast server sends is committed in
 * few batches, and for a slow one the mailbox's lock is not held. What was
 * added goes at once, so it is only rows that a long batch gathers. */
#include "sync-deposit.h"

#include "defms/change.h"
#include "defms/crash.h"

enum {
	WAITING_BYTES = 512 << 10, /* of content, till there is no room */
	WORTH_BYTES = WAITING_BYTES,
	WORTH_MESSAGES = 500,
	BATCH_BYTES = 32 << 20,
	BATCH_MESSAGES = 4000,
	PAUSE = 50 * 1000, /* microseconds */
	LONGEST = 2 * G_USEC_PER_SEC,
};

struct deposit {
	struct sync *sync;          /* borrowed; only what never changes */
	struct sync_folder *folder; /* borrowed; the writer's meanwhile */
	GThread *worker;
	GMutex lock;
	GCond more, room;
	GQueue waiting; /* protected by lock, as are the next five */
	size_t bytes;   /* of these */
	bool ended;     /* nothing more is put */
	bool idle;      /* the writer waits for `more` */
	bool full;      /* deposit_put() waits for `room` */
	bool failed;    /* nothing more is taken */
	GPtrArray *bad; /* owned: struct deposit_job; the writer's, till its
			 * end, as is the rest */
	uint64_t added, moved;
	struct err err;
};

void deposit_job_free(struct deposit_job *job)
{
	arrival_free(job->arrival);
	g_free(job);
}

static void free_job(gpointer data)
{
	deposit_job_free(data);
}

/* -- what waits ------------------------------------------------------------ */

static bool is_worth_it(const struct deposit *deposit)
{
	return deposit->ended ||
	       deposit->waiting.length >=
		       MIN(WORTH_MESSAGES, crash_batch(BATCH_MESSAGES)) ||
	       deposit->bytes >= WORTH_BYTES;
}

/* Wait until there is enough for a batch, or the end. Is there anything? */
static bool wait_for_some(struct deposit *deposit)
{
	bool some;

	g_mutex_lock(&deposit->lock);
	deposit->idle = true;
	while (!is_worth_it(deposit))
		g_cond_wait(&deposit->more, &deposit->lock);
	deposit->idle = false;
	some = deposit->waiting.length > 0;
	g_mutex_unlock(&deposit->lock);
	return some;
}

/* The next job; NULL if there is none for a while. */
static struct deposit_job *next_job(struct deposit *deposit)
{
	gint64 until = g_get_monotonic_time() + PAUSE;
	struct deposit_job *job;

	g_mutex_lock(&deposit->lock);
	deposit->idle = true;
	while (deposit->waiting.length == 0 && !deposit->ended &&
	       g_cond_wait_until(&deposit->more, &deposit->lock, until))
		;
	deposit->idle = false;
	job = g_queue_pop_head(&deposit->waiting);
	if (job)
		deposit->bytes -= job->size;
	if (deposit->full)
		g_cond_signal(&deposit->room);
	g_mutex_unlock(&deposit->lock);
	return job;
}

int deposit_put(struct deposit *deposit, struct deposit_job *job)
{
	bool failed;

	g_mutex_lock(&deposit->lock);
	deposit->full = true;
	while (deposit->bytes >= WAITING_BYTES && !deposit->failed)
		g_cond_wait(&deposit->room, &deposit->lock);
	deposit->full = false;
	deposit->bytes += job->size;
	g_queue_push_tail(&deposit->waiting, job);
	if (deposit->idle)
		g_cond_signal(&deposit->more);
	failed = deposit->failed;
	g_mutex_unlock(&deposit->lock);
	return failed ? -1 : 0;
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

static int add(struct deposit *deposit, struct batch *batch,
	       struct deposit_job *job, const char *name, struct err *err)
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

/* Add a job, and free it unless it is to be spoken of. */
static int add_or_keep(struct deposit *deposit, struct batch *batch,
		       struct deposit_job *job, const char *name,
		       struct err *err)
{
	int result;

	if (job->failed) {
		arrival_free(take(job->arrival));
		g_ptr_array_add(deposit->bad, job);
		return 0;
	}
	result = add(deposit, batch, job, name, err);
	deposit_job_free(job);
	return result;
}

static bool has_room(const struct batch *batch, size_t count, size_t bytes,
		     gint64 started)
{
	return count == 0 ||
	       (count < crash_batch(BATCH_MESSAGES) && bytes < BATCH_BYTES &&
		g_get_monotonic_time() - started < LONGEST &&
		!batch_should_end(batch));
}

static int write_batch(struct deposit *deposit, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	struct state_folder here;
	struct deposit_job *job;
	gint64 started = g_get_monotonic_time();
	size_t count = 0, bytes = 0;

	if (batch_begin(deposit->sync->mailbox, &batch, err) < 0 ||
	    find_here(batch, &deposit->folder->row, &here, err) < 0)
		return -1;
	while (has_room(batch, count, bytes, started) &&
	       (job = next_job(deposit))) {
		count++;
		bytes += job->size;
		if (add_or_keep(deposit, batch, job, here.name, err) < 0)
			return -1;
	}
	crash_point("imap: before messages are here");
	if (sync_commit(take(batch), err) < 0)
		return -1;
	crash_point("imap: messages are here");
	return 0;
}

static gpointer work(gpointer data)
{
	struct deposit *deposit = data;

	while (wait_for_some(deposit)) {
		if (write_batch(deposit, &deposit->err) == 0)
			continue;
		g_mutex_lock(&deposit->lock);
		deposit->failed = true;
		g_cond_signal(&deposit->room);
		g_mutex_unlock(&deposit->lock);
		break;
	}
	return NULL;
}

/* -- its life -------------------------------------------------------------- */

struct deposit *deposit_new(struct sync *sync, struct sync_folder *folder)
{
	struct deposit *deposit = g_new0(struct deposit, 1);

	deposit->sync = sync;
	deposit->folder = folder;
	deposit->bad = g_ptr_array_new_with_free_func(free_job);
	g_mutex_init(&deposit->lock);
	g_cond_init(&deposit->more);
	g_cond_init(&deposit->room);
	g_queue_init(&deposit->waiting);
	deposit->worker = g_thread_new("writer", work, deposit);
	return deposit;
}

static void report(const struct deposit *deposit)
{
	struct sync *sync = deposit->sync;

	sync_count(sync, SYNC_FETCHED, deposit->added);
	sync_count(sync, SYNC_MOVED_HERE, deposit->moved);
	for (guint i = 0; i < deposit->bad->len; i++) {
		const struct deposit_job *job = deposit->bad->pdata[i];

		sync_problem(sync, deposit->folder, "UID %u: %s", job->uid,
			     job->err.text);
	}
}

int deposit_end(struct deposit *deposit, struct err *err)
{
	int result = 0;

	g_mutex_lock(&deposit->lock);
	deposit->ended = true;
	g_cond_signal(&deposit->more);
	g_mutex_unlock(&deposit->lock);
	(void)g_thread_join(deposit->worker);
	report(deposit);
	if (deposit->failed)
		result = err_set(err, deposit->err.code, "%s",
				 deposit->err.text);
	g_queue_clear_full(&deposit->waiting, free_job);
	g_ptr_array_unref(deposit->bad);
	g_cond_clear(&deposit->more);
	g_cond_clear(&deposit->room);
	g_mutex_clear(&deposit->lock);
	g_free(deposit);
	return result;
}
