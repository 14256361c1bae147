/* SPDX-License-Identifier: ISC */
#include "run-remote.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "replicate.h"
#include "run-say.h"
#include "run-wait.h"

/* All in ms. */
enum {
	POLL = 5 * 60 * 1000,
	HOPELESS = 15 * 60 * 1000, /* after a failure that lasts */
	SETTLE = 300,              /* after a change: more may follow */
	LINES = 5,                 /* of a complaint */
};

struct run_remote {
	struct remote *remote;      /* owned */
	struct run_place place;     /* borrowed */
	int inotify;                /* owned */
	int watch;                  /* of the folder; -1: none */
	int64_t push_due, pull_due; /* in ms of the monotonic clock */
	unsigned failures;          /* in a row */
	char *said;                 /* owned: the last complaint */
};

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

/* -- what is said ---------------------------------------------------------- */

static void fail(struct run_remote *run, const struct err *err)
{
	int64_t pause = HOPELESS;

	run->failures++;
	if (err_is_temporary(err))
		pause = MIN((int64_t)wait_before(run->failures), HOPELESS);
	run->push_due = run->pull_due = now_ms() + pause;
	run_complain(run->remote->name, &run->said, g_strdup(err->text));
	replicate_note(run->place.mailbox, run->remote, err->text);
}

static void note_lines(struct run_remote *run,
		       const struct replicate_report *report)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	for (guint i = 0; i < MIN(report->lines->len, LINES); i++)
		g_string_append_printf(text, "%s%s", i ? "; " : "",
				       (char *)report->lines->pdata[i]);
	if (report->lines->len > LINES)
		g_string_append_printf(text, "; and %u more",
				       report->lines->len - LINES);
	/* One that serves pulls may refuse pushes: that lasts. */
	if (text->len == 0 && run->failures > 0)
		return;
	if (text->len > 0)
		replicate_note(run->place.mailbox, run->remote,
			       report->lines->pdata[0]);
	run_complain(run->remote->name, &run->said,
		     g_string_free(take(text), FALSE));
}

/* -- what is done ---------------------------------------------------------- */

/* Anew each time: it may be another folder by now, as a stick's is once that
 * was elsewhere. */
static void watch_folder(struct run_remote *run)
{
	int watch;

	if (run->inotify < 0 || run->remote->scheme != REMOTE_DIR)
		return;
	watch = inotify_add_watch(run->inotify, run->remote->location,
				  IN_CLOSE_WRITE | IN_MOVED_TO);
	if (run->watch >= 0 && run->watch != watch)
		(void)inotify_rm_watch(run->inotify, run->watch);
	run->watch = watch;
}

/* 0, or -1 after a failure that was said. */
static int pull(struct run_remote *run)
{
	AUTO(replicate_report)
	struct replicate_report *report = replicate_report_new();
	struct err err;

	run->pull_due = now_ms() + POLL;
	if (replicate_pull(run->place.mailbox, run->remote, report, &err) < 0) {
		fail(run, &err);
		return -1;
	}
	if (report->pulled.messages > 0) {
		AUTO(str) char *text = replicate_pulled(report);

		run_say(run->remote->name, text);
	}
	note_lines(run, report);
	return 0;
}

static int push(struct run_remote *run)
{
	AUTO(replicate_report)
	struct replicate_report *report = replicate_report_new();
	struct err err;

	run->push_due = now_ms() + POLL;
	if (replicate_push(run->place.mailbox, run->remote, report, &err) < 0) {
		fail(run, &err);
		return -1;
	}
	if (report->objects > 0)
		(void)fprintf(stderr, "defms: %s: %zu objects pushed\n",
			      run->remote->name, report->objects);
	if (report->lines->len > 0)
		note_lines(run, report);
	return 0;
}

static void work(void *data)
{
	struct run_remote *run = data;
	bool failed = run->failures > 0;

	/* What comes after the look into it is told. */
	watch_folder(run);
	if (run->pull_due <= now_ms() && pull(run) < 0)
		return;
	if (g_atomic_int_get(run->place.stop) == 0 &&
	    run->push_due <= now_ms() && push(run) < 0)
		return;
	if (failed) {
		run_say(run->remote->name, "all is well again");
		g_clear_pointer(&run->said, g_free);
	}
	run->failures = 0;
}

/* -- when ------------------------------------------------------------------ */

static bool drain(int fd)
{
	char events[4096];
	bool any = false;

	while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
		any = true;
	return any;
}

/* After failures only time helps, or a hurry. */
static void soon(const struct run_remote *run, int64_t *due)
{
	if (run->failures == 0)
		*due = MIN(*due, now_ms() + SETTLE);
}

static void look(void *data, unsigned told)
{
	struct run_remote *run = data;

	if (drain(run->inotify))
		soon(run, &run->pull_due);
	if (told & RUN_CHANGED)
		soon(run, &run->push_due);
	if (!(told & RUN_HURRY))
		return;
	run->failures = 0;
	run->push_due = run->pull_due = now_ms();
}

static int64_t due(const void *data)
{
	const struct run_remote *run = data;

	return MIN(run->push_due, run->pull_due);
}

/* -- life ------------------------------------------------------------------ */

struct run_remote *run_remote_new(struct remote *remote)
{
	struct run_remote *run = g_new0(struct run_remote, 1);

	run->remote = remote;
	run->watch = -1;
	run->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	run->push_due = run->pull_due = now_ms();
	return run;
}

static int begin(void *data, const struct run_place *place)
{
	struct run_remote *run = data;

	run->place = *place;
	watch_folder(run);
	return run->inotify;
}

static void end(void *data)
{
	struct run_remote *run = data;

	remote_free(run->remote);
	if (run->inotify >= 0)
		(void)close(run->inotify);
	g_free(run->said);
	g_free(run);
}

const struct run_task run_remote_task = {
	.name = "remote",
	.begin = begin,
	.look = look,
	.due = due,
	.work = work,
	.end = end,
};
