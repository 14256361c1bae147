/* SPDX-License-Identifier: ISC */
/* The writer's rounds. In each: the jobs that wait, as one batch; files that
 * arrived, once no more come for a moment; what is to be sent; then whoever
 * asked for the disk is answered.
 *
 * A job that comes alone, and need not wait for the disk or for another
 * process, is done in the writer's stead by the worker that brings it: to wake
 * the one and be woken by it takes longer than the job. */
#include "writer.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "arrive.h"
#include "jobs.h"
#include "sender.h"
#include "serials.h"

/* Microseconds. */
enum {
	QUIET = 10000,          /* after the last arrival, */
	PATIENCE = 50000,       /* but no later than this after the first */
	SYNC = G_USEC_PER_SEC,  /* after the first relaxed commit */
	AGAIN = G_USEC_PER_SEC, /* after a failure */
};

struct writer {
	struct fs *fs; /* borrowed */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* leaf */
	pthread_cond_t some;  /* goes with lock */
	GQueue jobs, syncs;   /* of struct job, protected by lock, as are: */
	bool ending, fill;
	bool busy;               /* somebody is at a round, or in its stead */
	bool barred;             /* the writer waits for him */
	gint64 arrived;          /* when the first did; 0: none */
	gint64 due;              /* when they are to be messages */
	gint64 unsynced;         /* when the first relaxed commit was; 0 */
	gint64 finish;           /* when what is unfinished is finished; 0 */
	struct sender *sender;   /* owned */
	struct serials *serials; /* owned */
	struct arrive *arrive;   /* owned; who is busy uses it, and the next */
	int failure;             /* why nothing arrives, an errno value; 0 */
};

/* What a round has to do. */
struct round {
	GQueue jobs, syncs;
	bool arrivals, fill, sync, retry, finish;
	bool writes; /* if not, others may meanwhile */
};

/* -- what is asked for, by any worker -------------------------------------- */

static void push(struct writer *writer, GQueue *queue, void *item)
{
	(void)pthread_mutex_lock(&writer->lock);
	g_queue_push_tail(queue, item);
	(void)pthread_cond_signal(&writer->some);
	(void)pthread_mutex_unlock(&writer->lock);
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
		int filled;

		ask_for_serials(writer);
		filled = serials_wait(writer->serials, err);
		if (filled < 0)
			return -1;
		if (filled == 0 &&
		    (*serial_r = serials_next(writer->serials, 0)) != 0)
			break;
	}
	if (serials_are_few(writer->serials))
		ask_for_serials(writer);
	return 0;
}

bool writer_gave(struct writer *writer, int64_t serial)
{
	return serials_gave(writer->serials, serial);
}

/* -- waiting for something to do ------------------------------------------- */

static void move_all(GQueue *from, GQueue *to)
{
	*to = *from;
	g_queue_init(from);
}

/* Under the lock: when to finish what a batch left undone. */
static gint64 finish_due(struct writer *writer)
{
	if (!g_atomic_int_get(&writer->fs->unfinished))
		writer->finish = 0;
	else if (writer->finish == 0)
		writer->finish = g_get_monotonic_time() + AGAIN;
	return writer->finish ? writer->finish : INT64_MAX;
}

/* Under the lock: take what is due now. */
static bool take_round(struct writer *writer, struct round *round)
{
	gint64 now = g_get_monotonic_time();
	bool hurry = writer->ending || !g_queue_is_empty(&writer->syncs);

	memset(round, 0, sizeof(*round));
	if (writer->busy)
		return false;
	move_all(&writer->jobs, &round->jobs);
	move_all(&writer->syncs, &round->syncs);
	round->retry = !writer->ending && now >= sender_due(writer->sender);
	round->fill = writer->fill;
	round->arrivals = writer->arrived != 0 && (hurry || now >= writer->due);
	round->sync = writer->unsynced != 0 &&
		      (hurry || now >= writer->unsynced + SYNC);
	round->finish = now >= finish_due(writer) || (hurry && writer->finish);
	writer->fill = false;
	if (round->arrivals)
		writer->arrived = writer->due = 0;
	round->writes = round->fill || round->arrivals || round->retry ||
			round->finish || round->jobs.length > 0;
	writer->busy = round->writes;
	return round->writes || round->sync || round->syncs.length > 0;
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
	until = MIN(until, finish_due(writer));
	until = MIN(until, sender_due(writer->sender));
	writer->barred = writer->busy;
	if (writer->busy || until == INT64_MAX) {
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
	while (!(some = take_round(writer, round)) &&
	       (!writer->ending || writer->busy))
		wait_for_some(writer);
	(void)pthread_mutex_unlock(&writer->lock);
	return some;
}

/* -- a batch of jobs ------------------------------------------------------- */

/* What was committed must be on the disk within SYNC. */
static void note_unsynced(struct writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	if (writer->unsynced == 0) {
		writer->unsynced = g_get_monotonic_time();
		(void)pthread_cond_signal(&writer->some);
	}
	(void)pthread_mutex_unlock(&writer->lock);
}

/* What is committed from here on is for the next. */
static bool begin_sync(struct writer *writer)
{
	bool some;

	(void)pthread_mutex_lock(&writer->lock);
	some = writer->unsynced != 0;
	writer->unsynced = 0;
	(void)pthread_mutex_unlock(&writer->lock);
	return some;
}

static void run_batch(struct writer *writer, GQueue *jobs)
{
	bool relaxed = jobs_are_relaxed(jobs);
	struct batch *batch = NULL;
	struct err err;

	(void)(relaxed ? batch_begin_relaxed : batch_begin)(writer->fs->mailbox,
							    &batch, &err);
	if (jobs_run(writer->fs, batch, jobs, &err) && relaxed)
		note_unsynced(writer);
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
	g_atomic_int_set(&fs->unfinished, 1);
}

/* A batch that begins finishes what is left of those before. Until then names
 * that the index does not have yet cannot be found. */
static void run_finish(struct writer *writer)
{
	AUTO(batch) struct batch *batch = NULL;
	struct err err;

	(void)pthread_mutex_lock(&writer->lock);
	writer->finish = 0; /* if it fails, AGAIN */
	(void)pthread_mutex_unlock(&writer->lock);
	if (batch_begin(writer->fs->mailbox, &batch, &err) == 0)
		g_atomic_int_set(&writer->fs->unfinished, 0);
	else
		journal_add(writer->fs->errors, err.text);
}

static int run_sync(struct writer *writer, struct err *err)
{
	if (!begin_sync(writer) || mailbox_sync(writer->fs->mailbox, err) == 0)
		return 0;
	journal_add(writer->fs->errors, err->text);
	note_unsynced(writer);
	return -1;
}

static void end_round(struct writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->busy = false;
	if (writer->barred || g_atomic_int_get(&writer->fs->unfinished))
		(void)pthread_cond_signal(&writer->some);
	writer->barred = false;
	(void)pthread_mutex_unlock(&writer->lock);
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
			run_finish(writer);
		if (round.retry)
			sender_retry(writer->sender);
		if ((round.sync || round.syncs.length > 0) && result == 0)
			result = run_sync(writer, &err);
		jobs_answer(&round.syncs, result < 0 ? &err : NULL);
		if (round.writes)
			end_round(writer);
	}
	return NULL;
}

/* -- in its stead ---------------------------------------------------------- */

static bool begin_alone(struct writer *writer, const struct job *job)
{
	bool alone;

	(void)pthread_mutex_lock(&writer->lock);
	alone = job->apply && job->relaxed && !writer->busy &&
		!writer->ending &&
		writer->jobs.length + writer->syncs.length == 0;
	writer->busy = writer->busy || alone;
	(void)pthread_mutex_unlock(&writer->lock);
	return alone;
}

/* False: it has to wait for another process. */
static bool run_alone(struct writer *writer, struct job *job)
{
	struct batch *batch = NULL;
	GQueue jobs = G_QUEUE_INIT;
	struct err err;

	if (batch_try_relaxed(writer->fs->mailbox, &batch, &err) == 0)
		return false;
	g_queue_push_tail(&jobs, job);
	if (jobs_run(writer->fs, batch, &jobs, &err))
		note_unsynced(writer);
	return true;
}

void writer_push(struct writer *writer, struct job *job)
{
	bool done = false;

	if (begin_alone(writer, job)) {
		done = run_alone(writer, job);
		end_round(writer);
	}
	if (!done)
		push(writer, &writer->jobs, job);
}

struct reader *writer_lend(struct writer *writer)
{
	struct reader *reader = NULL;

	(void)pthread_mutex_lock(&writer->lock);
	if (!writer->busy && !writer->ending)
		reader = batch_idle_reader(writer->fs->mailbox);
	writer->busy = writer->busy || reader;
	(void)pthread_mutex_unlock(&writer->lock);
	return reader;
}

void writer_take_back(struct writer *writer)
{
	end_round(writer);
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
