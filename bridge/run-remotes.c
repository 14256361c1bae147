/* SPDX-License-Identifier: ISC */
#include "run-remotes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "replicate.h"
#include "run-wait.h"

/* All in ms. */
enum {
	POLL = 5 * 60 * 1000,
	HOPELESS = 15 * 60 * 1000, /* after a failure that lasts */
	SETTLE = 300,              /* after a change: more may follow */
	LINES = 5,                 /* of a complaint */
};

struct entry {
	const struct remote *remote; /* borrowed */
	int watch;                   /* of its folder; -1: none */
	int64_t push_due, pull_due;
	unsigned failures; /* in a row */
	char *said;        /* owned: the last complaint */
};

struct run_remotes {
	struct mailbox *mailbox; /* borrowed */
	GPtrArray *remotes;      /* owned: struct remote */
	GArray *entries;         /* owned: struct entry */
	int inotify;             /* owned */
};

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static struct entry *entry_at(const struct run_remotes *run, guint number)
{
	return &g_array_index(run->entries, struct entry, number);
}

/* -- life ------------------------------------------------------------------ */

static void watch_folder(const struct run_remotes *run, struct entry *entry)
{
	const struct remote *remote = entry->remote;

	if (run->inotify >= 0 && remote->scheme == REMOTE_DIR)
		entry->watch = inotify_add_watch(run->inotify, remote->location,
						 IN_CLOSE_WRITE | IN_MOVED_TO);
}

int run_remotes_new(struct mailbox *mailbox, const struct config *config,
		    struct run_remotes **run_r, struct err *err)
{
	struct run_remotes *run = g_new0(struct run_remotes, 1);

	run->mailbox = mailbox;
	run->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	run->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (remote_list(config, &run->remotes, err) < 0) {
		run_remotes_free(run);
		return -1;
	}
	for (guint i = 0; i < run->remotes->len; i++) {
		struct entry entry = { .remote = run->remotes->pdata[i],
				       .watch = -1,
				       .push_due = now_ms(),
				       .pull_due = now_ms() };

		watch_folder(run, &entry);
		(void)g_array_append_val(run->entries, entry);
	}
	*run_r = run;
	return 0;
}

void run_remotes_free(struct run_remotes *run)
{
	if (!run)
		return;
	for (guint i = 0; i < run->entries->len; i++)
		g_free(entry_at(run, i)->said);
	g_array_unref(run->entries);
	if (run->remotes)
		g_ptr_array_unref(run->remotes);
	if (run->inotify >= 0)
		(void)close(run->inotify);
	g_free(run);
}

unsigned run_remotes_count(const struct run_remotes *run)
{
	return run->entries->len;
}

int run_remotes_fd(const struct run_remotes *run)
{
	return run->inotify;
}

/* -- when ------------------------------------------------------------------ */

static void pull_soon(struct run_remotes *run, int watch)
{
	for (guint i = 0; i < run->entries->len; i++) {
		struct entry *entry = entry_at(run, i);

		if (entry->watch == watch && entry->failures == 0)
			entry->pull_due =
				MIN(entry->pull_due, now_ms() + SETTLE);
	}
}

void run_remotes_look(struct run_remotes *run)
{
	union {
		struct inotify_event event;
		char bytes[4096];
	} buffer;
	ssize_t size;

	while (run->inotify >= 0 &&
	       (size = read(run->inotify, &buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0;
		     at + (ssize_t)sizeof(struct inotify_event) <= size;) {
			struct inotify_event event;

			memcpy(&event, buffer.bytes + at, sizeof(event));
			pull_soon(run, event.wd);
			at += (ssize_t)sizeof(event) + (ssize_t)event.len;
		}
}

void run_remotes_changed(struct run_remotes *run)
{
	for (guint i = 0; i < run->entries->len; i++) {
		struct entry *entry = entry_at(run, i);

		if (entry->failures == 0)
			entry->push_due =
				MIN(entry->push_due, now_ms() + SETTLE);
	}
}

void run_remotes_hurry(struct run_remotes *run)
{
	for (guint i = 0; i < run->entries->len; i++) {
		struct entry *entry = entry_at(run, i);

		entry->failures = 0;
		entry->push_due = entry->pull_due = now_ms();
	}
}

int64_t run_remotes_due(const struct run_remotes *run)
{
	int64_t due = INT64_MAX;

	for (guint i = 0; i < run->entries->len; i++) {
		const struct entry *entry = entry_at(run, i);

		due = MIN(due, MIN(entry->push_due, entry->pull_due));
	}
	return due;
}

/* -- what is done ---------------------------------------------------------- */

static void say(const struct entry *entry, const char *text)
{
	(void)fprintf(stderr, "defms: %s: %s\n", entry->remote->name, text);
}

/* "" is none. Takes over `text`. */
static void complain(struct entry *entry, char *text)
{
	if (text[0] && g_strcmp0(text, entry->said) != 0)
		say(entry, text);
	g_free(entry->said);
	entry->said = text;
}

static void fail(struct run_remotes *run, struct entry *entry,
		 const struct err *err)
{
	int64_t pause = HOPELESS;

	entry->failures++;
	if (err_is_temporary(err))
		pause = MIN((int64_t)wait_before(entry->failures), HOPELESS);
	entry->push_due = entry->pull_due = now_ms() + pause;
	complain(entry, g_strdup(err->text));
	replicate_note(run->mailbox, entry->remote, err->text);
}

static void note_lines(struct run_remotes *run, struct entry *entry,
		       const struct replicate_report *report)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	for (guint i = 0; i < MIN(report->lines->len, LINES); i++)
		g_string_append_printf(text, "%s%s", i ? "; " : "",
				       (char *)report->lines->pdata[i]);
	if (report->lines->len > LINES)
		g_string_append_printf(text, "; and %u more",
				       report->lines->len - LINES);
	if (text->len > 0)
		replicate_note(run->mailbox, entry->remote,
			       report->lines->pdata[0]);
	complain(entry, g_string_free(take(text), FALSE));
}

/* 0, or -1 after a failure that was said. */
static int pull_one(struct run_remotes *run, struct entry *entry)
{
	AUTO(replicate_report)
	struct replicate_report *report = replicate_report_new();
	struct err err;

	entry->pull_due = now_ms() + POLL;
	if (replicate_pull(run->mailbox, entry->remote, report, &err) < 0) {
		fail(run, entry, &err);
		return -1;
	}
	if (report->pulled.messages > 0) {
		AUTO(str) char *text = replicate_pulled(report);

		say(entry, text);
	}
	note_lines(run, entry, report);
	return 0;
}

static int push_one(struct run_remotes *run, struct entry *entry)
{
	AUTO(replicate_report)
	struct replicate_report *report = replicate_report_new();
	struct err err;

	entry->push_due = now_ms() + POLL;
	if (replicate_push(run->mailbox, entry->remote, report, &err) < 0) {
		fail(run, entry, &err);
		return -1;
	}
	if (report->objects > 0)
		(void)fprintf(stderr, "defms: %s: %zu objects pushed\n",
			      entry->remote->name, report->objects);
	if (report->lines->len > 0)
		note_lines(run, entry, report);
	return 0;
}

static void work_on(struct run_remotes *run, struct entry *entry)
{
	bool failed = entry->failures > 0;

	if (entry->pull_due <= now_ms() && pull_one(run, entry) < 0)
		return;
	if (entry->push_due <= now_ms() && push_one(run, entry) < 0)
		return;
	if (failed)
		say(entry, "all is well again");
	entry->failures = 0;
	/* A folder that was not there may be now. */
	if (entry->watch < 0)
		watch_folder(run, entry);
}

void run_remotes_work(struct run_remotes *run, int *stop)
{
	for (guint i = 0; i < run->entries->len; i++) {
		struct entry *entry = entry_at(run, i);

		if (g_atomic_int_get(stop))
			return;
		if (MIN(entry->push_due, entry->pull_due) <= now_ms())
			work_on(run, entry);
	}
}
