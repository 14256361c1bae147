/* SPDX-License-Identifier: ISC */
/* The writer's rounds. In each: the jobs that wait, as one batch; files that
 * arrived, once no more come for a moment; what is to be sent; then whoever
 * asked for the disk is answered. */
#include "writer.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "arrive.h"
#include "sender.h"
#include "serials.h"

/* Microseconds. */
enum {
	QUIET = 10000,          /* after the last arrival, */
	PATIENCE = 50000,       /* but no later than this after the first */
	SYNC = G_USEC_PER_SEC,  /* after the first relaxed commit */
	AGAIN = G_USEC_PER_SEC, /* after a failure */
	BATCH_JOBS = 1000,
};

struct writer {
	struct fs *fs; /* borrowed */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* leaf */
	pthread_cond_t some;  /* goes with lock */
	GQueue jobs, syncs;   /* of struct job, protected by lock, as are: */
	bool ending, fill;
	gint64 arrived;          /* when the first did; 0: none */
	gint64 due;              /* when they are to be messages */
	struct sender *sender;   /* owned */
	struct serials *serials; /* owned */
	struct arrive *arrive;   /* owned; the worker's, as are the next */
	gint64 unsynced;         /* when the first relaxed commit was; 0 */
	int failure;             /* why nothing arrives, an errno value; 0 */
};

/* What a round has to do. */
struct round {
	GQueue jobs, syncs;
	bool arrivals, fill, sync, retry, finish;
};

bool job_is_refused(const struct err *err)
{
	static const int codes[] = {
		EPERM,     EEXIST,  ENOENT,       EINVAL, EXDEV,  EBUSY,
		ENOTEMPTY, ENOTDIR, ENAMETOOLONG, EISDIR, ESTALE,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (err->code == codes[i])
			return true;
	return false;
}

/* -- what is asked for, by any worker -------------------------------------- */

static void push(struct writer *writer, GQueue *queue, void *item)
{
	(void)pthread_mutex_lock(&writer->lock);
	g_queue_push_tail(queue, item);
	(void)pthread_cond_signal(&writer->some);
	(void)pthread_mutex_unlock(&writer->lock);
}

void writer_push(struct writer *writer, struct job *job)
{
	push(writer, &writer->jobs, job);
}

void writer_sync(struct writer *writer, struct job *job)
{
	push(writer, &writer->syncs, job);
}

void writer_send(struct writer *writer, const struct file *file)
{
	sender_send(writer->sender, file);
}

void writer_send_no_more(struct writer *writer)
{
	sender_end(writer->sender);
}

void writer_arrived(struct writer *writer)
{
	gint64 now = g_get_monotonic_time();

	(void)pthread_mutex_lock(&writer->lock);
	if (writer->arrived == 0)
		writer->arrived = now;
	writer->due =
		MAX(writer->due, MIN(now + QUIET, writer->arrived + PATIENCE));
	(void)pthread_cond_signal(&writer->some);
	(void)pthread_mutex_unlock(&writer->lock);
}

static void ask_for_serials(struct writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->fill = true;
	(void)pthread_cond_signal(&writer->some);
	(void)pthread_mutex_unlock(&writer->lock);
}

static int last_serial(struct fs *fs, int64_t *last_r, struct err *err)
{
	struct work work;
	int result;

	if (work_begin(fs, true, &work, err) < 0)
		return -1;
	result = state_copy_last(work.state, last_r, err);
	work_end(&work);
	return result;
}

/* What comes beside others that have come arrives with them: it need not be
 * over what another process has added just now. */
static bool is_beside_others(struct writer *writer)
{
	bool beside;

	(void)pthread_mutex_lock(&writer->lock);
	beside = writer->arrived != 0;
	(void)pthread_mutex_unlock(&writer->lock);
	return beside;
}

int writer_serial(struct writer *writer, int64_t *serial_r, struct err *err)
{
	int64_t last = 0;

	if (!is_beside_others(writer) &&
	    last_serial(writer->fs, &last, err) < 0)
		return -1;
	while ((*serial_r = serials_next(writer->serials, last)) == 0) {
		ask_for_serials(writer);
		if (serials_wait(writer->serials, err) < 0)
			return -1;
	}
	if (serials_are_few(writer->serials))
		ask_for_serials(writer);
	return 0;
}

/* -- waiting for something to do ------------------------------------------- */

static void move_all(GQueue *from, GQueue *to)
{
	*to = *from;
	g_queue_init(from);
}

/* Under the lock: take what is due now. */
static bool take_round(struct writer *writer, struct round *round)
{
	gint64 now = g_get_monotonic_time();
	bool hurry = writer->ending || !g_queue_is_empty(&writer->syncs);

	move_all(&writer->jobs, &round->jobs);
	move_all(&writer->syncs, &round->syncs);
	round->retry = !writer->ending && now >= sender_due(writer->sender);
	round->fill = writer->fill;
	round->arrivals = writer->arrived != 0 && (hurry || now >= writer->due);
	round->sync = writer->unsynced != 0 &&
		      (hurry || now >= writer->unsynced + SYNC);
	round->finish = writer->fs->unfinished != 0 &&
			(hurry || now >= writer->fs->unfinished + AGAIN);
	writer->fill = false;
	if (round->arrivals)
		writer->arrived = writer->due = 0;
	return round->fill || round->arrivals || round->sync || round->retry ||
	       round->finish || round->jobs.length + round->syncs.length > 0;
}

/* Under the lock: wait until there may be something. */
static void wait_for_some(struct writer *writer)
{
	gint64 until = INT64_MAX;
	struct timespec time;

	if (writer->arrived != 0)
		until = writer->due;
	if (writer->unsynced != 0)
		until = MIN(until, writer->unsynced + SYNC);
	if (writer->fs->unfinished != 0)
		until = MIN(until, writer->fs->unfinished + AGAIN);
	until = MIN(until, sender_due(writer->sender));
	if (until == INT64_MAX) {
		(void)pthread_cond_wait(&writer->some, &writer->lock);
		return;
	}
	time.tv_sec = until / G_USEC_PER_SEC;
	time.tv_nsec = until % G_USEC_PER_SEC * 1000;
	(void)pthread_cond_timedwait(&writer->some, &writer->lock, &time);
}

/* False at the end. */
static bool next_round(struct writer *writer, struct round *round)
{
	bool some;

	(void)pthread_mutex_lock(&writer->lock);
	while (!(some = take_round(writer, round)) && !writer->ending)
		wait_for_some(writer);
	(void)pthread_mutex_unlock(&writer->lock);
	return some;
}

/* -- a batch of jobs ------------------------------------------------------- */

static void answer_all(GQueue *jobs, const struct err *failure)
{
	struct job *job;

	while ((job = g_queue_pop_head(jobs)))
		job->done(job, failure);
}

static bool is_relaxed(const GQueue *jobs)
{
	const GList *at = jobs->head;

	while (at && ((struct job *)at->data)->relaxed)
		at = at->next;
	return !at;
}

/* Jobs from the head on that go into a batch, up to `some`. Those that cannot
 * be done are answered. -1: the batch is no good any more. */
static int apply_some(struct batch *batch, struct work *work, GQueue *jobs,
		      GQueue *applied, struct err *err)
{
	while (!g_queue_is_empty(jobs) && applied->length < BATCH_JOBS) {
		struct job *job = jobs->head->data;

		if (!job->apply || batch_should_end(batch))
			break;
		(void)g_queue_pop_head(jobs);
		work_forget(work);
		if (job->apply(job, batch, work, err) == 0) {
			g_queue_push_tail(applied, job);
			continue;
		}
		if (!job_is_refused(err)) {
			g_queue_push_tail(applied, job);
			return -1;
		}
		job->done(job, err);
	}
	return 0;
}

static int commit_some(struct fs *fs, GQueue *jobs, GQueue *applied,
		       bool relaxed, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	struct work work;
	int result;

	if ((relaxed ? batch_begin_relaxed : batch_begin)(fs->mailbox, &batch,
							  err) < 0 ||
	    work_begin(fs, false, &work, err) < 0)
		return -1;
	work.state = batch_state(batch);
	result = apply_some(batch, &work, jobs, applied, err);
	work_end(&work);
	if (result < 0)
		return -1;
	if (g_queue_is_empty(applied))
		return 0;
	if (batch_commit(batch, err) < 0)
		return -1;
	writer_look_back(fs, batch);
	return 0;
}

static void run_batch(struct writer *writer, GQueue *jobs)
{
	GQueue applied = G_QUEUE_INIT;
	bool relaxed = is_relaxed(jobs);
	struct err err;

	if (commit_some(writer->fs, jobs, &applied, relaxed, &err) == 0) {
		if (relaxed && applied.length > 0 && writer->unsynced == 0)
			writer->unsynced = g_get_monotonic_time();
		answer_all(&applied, NULL);
		return;
	}
	journal_add(writer->fs->errors, err.text);
	/* The batch could not even begin: it would not for the rest. */
	if (g_queue_is_empty(&applied))
		answer_all(jobs, &err);
	answer_all(&applied, &err);
}

static void run_jobs(struct writer *writer, GQueue *jobs)
{
	while (!g_queue_is_empty(jobs)) {
		struct job *job = jobs->head->data;

		if (job->apply) {
			run_batch(writer, jobs);
			continue;
		}
		(void)g_queue_pop_head(jobs);
		job->done(job, NULL);
	}
}

/* -- the rest of a round --------------------------------------------------- */

static int run_arrivals(struct writer *writer, struct err *err)
{
	gint64 now;

	if (arrive_run(writer->arrive, err) == 0) {
		writer->failure = 0;
		return 0;
	}
	/* Tried again each second, and told once: the text may name another
	 * file each time. */
	if (err->code != writer->failure)
		journal_add(writer->fs->errors, err->text);
	writer->failure = err->code;
	now = g_get_monotonic_time();
	(void)pthread_mutex_lock(&writer->lock);
	if (!writer->ending) {
		writer->arrived = now;
		writer->due = now + AGAIN;
	}
	(void)pthread_mutex_unlock(&writer->lock);
	return -1;
}

void writer_look_back(struct fs *fs, const struct batch *batch)
{
	const struct err *left = batch_unfinished(batch);

	if (!left)
		return;
	journal_add(fs->errors, left->text);
	fs->unfinished = g_get_monotonic_time();
}

/* A batch that begins finishes what is left of those before. Until then names
 * that the index does not have yet cannot be found. */
static void run_finish(struct fs *fs)
{
	AUTO(batch) struct batch *batch = NULL;
	struct err err;

	fs->unfinished = 0;
	if (batch_begin(fs->mailbox, &batch, &err) == 0)
		return;
	journal_add(fs->errors, err.text);
	fs->unfinished = g_get_monotonic_time();
}

static int run_sync(struct writer *writer, struct err *err)
{
	if (writer->unsynced == 0)
		return 0;
	if (mailbox_sync(writer->fs->mailbox, err) < 0) {
		journal_add(writer->fs->errors, err->text);
		writer->unsynced = g_get_monotonic_time();
		return -1;
	}
	writer->unsynced = 0;
	return 0;
}

static void *run(void *data)
{
	struct writer *writer = data;
	struct round round;

	while (next_round(writer, &round)) {
		struct err err;
		int result = 0;

		if (round.fill)
			serials_fill(writer->serials, writer->fs);
		run_jobs(writer, &round.jobs);
		if (round.arrivals)
			result = run_arrivals(writer, &err);
		if (round.finish)
			run_finish(writer->fs);
		if (round.retry)
			sender_retry(writer->sender);
		if ((round.sync || round.syncs.length > 0) && result == 0)
			result = run_sync(writer, &err);
		answer_all(&round.syncs, result < 0 ? &err : NULL);
	}
	return NULL;
}

/* -- beginning and end ----------------------------------------------------- */

static void init_lock(struct writer *writer)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&writer->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&writer->some, &attr);
	(void)pthread_condattr_destroy(&attr);
}

int writer_new(struct fs *fs, struct writer **writer_r, struct err *err)
{
	AUTO(writer) struct writer *writer = g_new0(struct writer, 1);
	int result;

	writer->fs = fs;
	init_lock(writer);
	g_queue_init(&writer->jobs);
	g_queue_init(&writer->syncs);
	writer->sender = sender_new(fs);
	writer->serials = serials_new();
	writer->arrive = arrive_new(fs);
	if (arrive_begin(writer->arrive, err) < 0)
		return -1;
	/* What cannot become a message now stays, and is tried again. */
	(void)run_arrivals(writer, err);
	result = pthread_create(&writer->thread, NULL, run, writer);
	if (result != 0)
		return err_set(err, result, "no worker for the writer");
	writer->started = true;
	*writer_r = take(writer);
	return 0;
}

void writer_free(struct writer *writer)
{
	struct err err;

	if (!writer)
		return;
	sender_end(writer->sender);
	(void)pthread_mutex_lock(&writer->lock);
	writer->ending = true;
	(void)pthread_cond_signal(&writer->some);
	(void)pthread_mutex_unlock(&writer->lock);
	if (writer->started) {
		(void)pthread_join(writer->thread, NULL);
		(void)arrive_end(writer->arrive, &err);
	}
	serials_free(writer->serials);
	sender_free(writer->sender);
	arrive_free(writer->arrive);
	(void)pthread_cond_destroy(&writer->some);
	(void)pthread_mutex_destroy(&writer->lock);
	g_free(writer);
}
