/* SPDX-License-Identifier: ISC */
/* One worker sends, and tells those of the accounts and remotes what happens
 * here. It sleeps until the next of: a change (inotify on state.db's log) or
 * other settings, mail that is due, a while gone by. So while a server for
 * sending does not answer they are told of nothing. */
#include "cmd-run-loop.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "defms/queue.h"
#include "defms/reader.h"
#include "defms/sending.h"
#include "defms/state-imap.h"
#include "imap-lock.h"
#include "run-crew.h"
#include "run-settings.h"
#include "run-worker.h"
#include "send.h"

/* All in ms. */
enum {
	NAP = 30 * 1000,      /* the longest sleep */
	LOOK = 200,           /* between looks, for a while after */
	LOOK_FOR = 3 * 1000,  /* state.db's log was written to: a commit can be
			       * seen only after its last write */
	SUSPENDED = 5 * 1000, /* a longer gap of the clock was a suspend */
	SEND_AGAIN = 60 * 1000, /* after no server could be reached */
};

struct run_loop {
	struct mailbox *mailbox;       /* borrowed */
	struct run_settings *settings; /* owned */
	struct run_crew *crew;         /* owned; the worker's */
	struct reader *reader;         /* owned; the worker's */
	int lock, wake, changes;       /* owned; descriptors */
	int stop;                      /* atomic */
	int64_t seq;                   /* of the mailbox, when last looked at */
	int64_t send_after, look_until;
	int64_t asleep; /* how far the clocks were apart */
	GMutex mutex;   /* a leaf; waking a waiter does not block */
	GCond rested;
	bool is_at_rest; /* protected by mutex */
	GThread *worker; /* owned */
};

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static int64_t now_unix(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static bool is_stopped(const struct run_loop *loop)
{
	return g_atomic_int_get(&loop->stop) != 0;
}

/* -- what is changed here -------------------------------------------------- */

/* Was there another batch? */
static bool has_batch(struct run_loop *loop)
{
	int64_t seq;

	if (state_get(reader_state(loop->reader), "seq", &seq, NULL) < 0 ||
	    seq == loop->seq)
		return false;
	loop->seq = seq;
	return true;
}

/* Is there anything for the servers? Asked only after another batch: what
 * cannot be pushed would keep us busy for ever. */
static bool has_changes(struct run_loop *loop)
{
	struct state *state = reader_state(loop->reader);
	AUTO(array) GArray *changes = NULL;

	return state_imap_changes(state, 0, 1, &changes, NULL) == 0 &&
	       changes->len > 0;
}

static void look_here(struct run_loop *loop)
{
	unsigned news = RUN_CHANGED;

	if (!has_batch(loop))
		return;
	if (has_changes(loop))
		news |= RUN_FOR_SERVERS;
	run_crew_tell(loop->crew, news);
}

/* -- SMTP ------------------------------------------------------------------ */

/* When the next of the queue is due, Unix seconds; INT64_MAX: none waits. */
static int64_t next_due(struct run_loop *loop)
{
	struct state *state = reader_state(loop->reader);
	int64_t due = INT64_MAX, id = 0;
	int more;

	do {
		AUTO(queue_entry) struct queue_entry *entry = NULL;

		more = queue_next(state, id, &entry, NULL);
		if (more <= 0)
			break;
		id = entry->id;
		if (entry->state == QUEUE_WAITING)
			due = MIN(due, entry->due);
	} while (more > 0);
	return due;
}

static void send_what_is_due(struct run_loop *loop)
{
	struct send_report report = { 0 };
	struct err err;
	int result;

	if (now_ms() < loop->send_after || next_due(loop) > now_unix())
		return;
	result = send_queue(loop->mailbox, run_settings_config(loop->settings),
			    false, &report, &err);
	if (result < 0)
		(void)fprintf(stderr, "defms: send: %s\n", err.text);
	for (guint i = 0; report.lines && i < report.lines->len; i++)
		(void)fprintf(stderr, "defms: send: %s\n",
			      (char *)report.lines->pdata[i]);
	if (report.sent > 0)
		(void)fprintf(stderr, "defms: send: %u sent\n", report.sent);
	/* What is still due could not even be tried. */
	if (result < 0 || next_due(loop) <= now_unix())
		loop->send_after = now_ms() + SEND_AGAIN;
	send_report_release(&report);
}

/* -- the settings ---------------------------------------------------------- */

/* What cannot be read is told, and what was read before goes on. */
static void look_at_settings(struct run_loop *loop)
{
	AUTO(run_settings) struct run_settings *fresh = NULL;
	struct err err;
	int changed = run_settings_look(loop->settings, &fresh, &err);

	if (changed == 0)
		return;
	if (changed < 0 ||
	    run_crew_renew(loop->crew, run_settings_config(fresh), &err) < 0) {
		(void)fprintf(stderr, "defms: settings: %s\n", err.text);
		return;
	}
	(void)fprintf(stderr, "defms: settings: read again\n");
	run_settings_free(loop->settings);
	loop->settings = take(fresh);
	loop->send_after = 0;
}

/* -- the worker -------------------------------------------------------------
 */

static int64_t clock_gap(void)
{
	struct timespec all = { 0 }, awake = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &all);
	(void)clock_gettime(CLOCK_MONOTONIC, &awake);
	return (all.tv_sec - awake.tv_sec) * 1000;
}

/* After a suspend all connections are in doubt, and much may be new. */
static void look_at_clock(struct run_loop *loop)
{
	int64_t gap = clock_gap();

	if (gap - loop->asleep > SUSPENDED)
		run_crew_tell(loop->crew, RUN_HURRY);
	loop->asleep = gap;
}

static int sleep_for(struct run_loop *loop)
{
	int64_t now = now_ms(), until = now + NAP, due = next_due(loop);

	if (due < now_unix() + NAP / 1000) {
		due = now + MAX(due - now_unix(), 0) * 1000;
		until = MIN(until, MAX(due, loop->send_after));
	}
	if (now < loop->look_until)
		until = MIN(until, now + LOOK);
	return (int)MAX(until - now, 0);
}

/* Was there anything in it? */
static bool drain(int fd)
{
	char events[4096];
	bool any = false;

	while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
		any = true;
	return any;
}

static void wait_for_work(struct run_loop *loop)
{
	struct pollfd wait[] = { { .fd = loop->wake, .events = POLLIN },
				 { .fd = loop->changes, .events = POLLIN } };

	(void)poll(wait, G_N_ELEMENTS(wait), sleep_for(loop));
	(void)drain(loop->wake);
	if (drain(loop->changes))
		loop->look_until = now_ms() + LOOK_FOR;
}

static gpointer run_worker(gpointer data)
{
	struct run_loop *loop = data;

	while (!is_stopped(loop)) {
		look_at_settings(loop);
		send_what_is_due(loop);
		if (is_stopped(loop))
			break;
		wait_for_work(loop);
		look_at_clock(loop);
		look_here(loop);
	}
	(void)run_crew_stop(loop->crew, 0);
	g_mutex_lock(&loop->mutex);
	loop->is_at_rest = true;
	g_cond_signal(&loop->rested);
	g_mutex_unlock(&loop->mutex);
	return NULL;
}

/* -- life ------------------------------------------------------------------ */

/* Without inotify all is seen a little later. */
static void watch_files(struct run_loop *loop)
{
	AUTO(str) char *settings = config_file();
	AUTO(str) char *folder = g_path_get_dirname(settings);

	loop->changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (loop->changes < 0)
		return;
	(void)inotify_add_watch(loop->changes, mailbox_home(loop->mailbox),
				IN_MODIFY);
	(void)inotify_add_watch(loop->changes, folder,
				IN_CLOSE_WRITE | IN_MOVED_TO | IN_MASK_ADD);
}

/* Is there anything to do? */
static int check_settings(const struct config *config, struct err *err)
{
	AUTO(ptrs) GPtrArray *accounts = config_sections(config, "account");
	AUTO(ptrs) GPtrArray *remotes = config_sections(config, "remote");

	if (accounts->len + remotes->len == 0)
		return err_set(err, ENOENT,
			       "no account and no remote in the settings");
	return 0;
}

static int open_all(struct run_loop *loop, const struct config *config,
		    struct err *err)
{
	loop->lock = imap_lock(loop->mailbox, IMAP_LOCK_RUN, err);
	if (loop->lock < 0 || check_settings(config, err) < 0 ||
	    run_crew_new(loop->mailbox, config, &loop->crew, err) < 0 ||
	    reader_open(loop->mailbox, &loop->reader, err) < 0)
		return -1;
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake < 0)
		return err_sys(err, "eventfd");
	watch_files(loop);
	return 0;
}

int run_loop_start(struct mailbox *mailbox, const struct config *config,
		   struct run_loop **loop_r, struct err *err)
{
	struct run_loop *loop = g_new0(struct run_loop, 1);

	loop->mailbox = mailbox;
	loop->lock = loop->wake = loop->changes = -1;
	loop->asleep = clock_gap();
	g_mutex_init(&loop->mutex);
	g_cond_init(&loop->rested);
	loop->settings = run_settings_new(config);
	if (open_all(loop, config, err) < 0) {
		run_loop_free(loop);
		return -1;
	}
	loop->worker = g_thread_new("bridge", run_worker, loop);
	*loop_r = loop;
	return 0;
}

bool run_loop_stop(struct run_loop *loop, int timeout_ms)
{
	gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	bool rests;

	g_atomic_int_set(&loop->stop, 1);
	(void)eventfd_write(loop->wake, 1);
	g_mutex_lock(&loop->mutex);
	while (!loop->is_at_rest &&
	       g_cond_wait_until(&loop->rested, &loop->mutex, end))
		;
	rests = loop->is_at_rest;
	g_mutex_unlock(&loop->mutex);
	/* Its own, until then. */
	return rests && run_crew_stop(loop->crew, end);
}

void run_loop_free(struct run_loop *loop)
{
	const int fds[] = { loop->lock, loop->wake, loop->changes };

	if (loop->worker)
		(void)g_thread_join(loop->worker);
	run_settings_free(loop->settings);
	run_crew_free(loop->crew);
	reader_close(loop->reader);
	g_mutex_clear(&loop->mutex);
	g_cond_clear(&loop->rested);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	g_free(loop);
}

int run_loop_is_on(const struct mailbox *mailbox, struct err *err)
{
	return imap_lock_is_held(mailbox, IMAP_LOCK_RUN, err);
}
