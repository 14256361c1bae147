/* SPDX-License-Identifier: ISC */
/* The order of an end: the watcher, and what lets files rest, first, while
 * their last touch of the mount still is answered; then the loop; then the
 * writer, which commits what it was given and answers it; then the slow
 * workers; then the mount. A signal is waited for by a worker of its own, so
 * that this order holds. */
#include "serve.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "defms/secret.h"
#include "fs.h"
#include "mount.h"
#include "rest.h"
#include "watch.h"
#include "writer.h"

struct ending {
	struct mount *mount; /* borrowed */
	struct watch *watch; /* ended by wait_for_end(), as is the next */
	struct rest *rest;
	pthread_t loop; /* who runs mount_serve() */
	int ended;      /* atomic: it has returned */
	int calm;       /* atomic: the watcher has ended */
};

enum { NUDGE_US = 10000 };

static void do_nothing(int number)
{
	(void)number;
}

static void end_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
}

static void *wait_for_end(void *data)
{
	struct ending *ending = data;
	sigset_t set;
	int number;

	end_signals(&set);
	(void)sigwait(&set, &number);
	rest_stop(ending->rest);
	watch_stop(ending->watch);
	if (mount_fs(ending->mount)->writer)
		writer_send_no_more(mount_fs(ending->mount)->writer);
	mount_hush(ending->mount);
	g_atomic_int_set(&ending->calm, 1);
	if (g_atomic_int_get(&ending->ended))
		return NULL;
	mount_stop(ending->mount);
	/* The loop sleeps until a signal interrupts it. */
	while (!g_atomic_int_get(&ending->ended)) {
		(void)pthread_kill(ending->loop, SIGUSR2);
		g_usleep(NUDGE_US);
	}
	return NULL;
}

static int run_loop(struct mount *mount, struct watch *watch, struct rest *rest,
		    struct err *err)
{
	struct ending ending = { mount, watch, rest, pthread_self(), 0, 0 };
	struct sigaction nudge = { .sa_handler = do_nothing };
	pthread_t waiter;
	int result;

	(void)sigaction(SIGUSR2, &nudge, NULL);
	result = pthread_create(&waiter, NULL, wait_for_end, &ending);
	if (result != 0) {
		rest_stop(rest);
		watch_stop(watch);
		return err_set(err, result, "no worker for signals");
	}
	result = mount_serve(mount, err);
	g_atomic_int_set(&ending.ended, 1);
	/* The loop ended by itself: the watcher may wait for its answer. */
	if (!g_atomic_int_get(&ending.calm))
		mount_abort(mount);
	(void)pthread_kill(waiter, SIGTERM);
	(void)pthread_join(waiter, NULL);
	return result;
}

/* With mount(8)'s "ro" nothing is asked of a writer. */
static bool is_read_only(const char *options)
{
	g_auto(GStrv) each = g_strsplit(options, ",", -1);

	return g_strv_contains((const char *const *)each, "ro");
}

int serve(struct mailbox *mailbox, const char *path, const char *options,
	  void (*ready)(void *data), void *data, struct err *err)
{
	AUTO(fs) struct fs *fs = NULL;
	AUTO(mount) struct mount *mount = NULL;
	struct watch *watch = NULL;
	struct rest *rest = NULL;
	sigset_t set;
	int result;

	/* Each worker would have an arena of its own, which keeps what it once
	 * needed. */
	(void)mallopt(M_ARENA_MAX, 2);
	end_signals(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (fs_new(mailbox, &fs, err) < 0 ||
	    (!is_read_only(options) && writer_new(fs, &fs->writer, err) < 0) ||
	    mount_open(fs, path, options, &mount, err) < 0 ||
	    watch_start(mount, &watch, err) < 0)
		return -1;
	if (rest_start(mount, &rest, err) < 0) {
		watch_stop(watch);
		return -1;
	}
	secret_close_memory();
	journal_add(fs->log, "mounted");
	ready(data);
	result = run_loop(mount, watch, rest, err);
	writer_free(fs->writer);
	fs->writer = NULL; /* until it has ended its jobs know it by that */
	return result;
}
