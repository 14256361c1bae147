/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "defms/batch.h"
#include "defms/cmd.h"
#include "defms/crash.h"
#include "defms/mill.h"
#include "defms/name.h"
#include "source.h"

enum {
	JOBS = 512,
	JOB_BYTES = 32 << 20,
	BATCH_MESSAGES = 30000,
	BATCH_BYTES = 512 << 20,
	PROGRESS = G_USEC_PER_SEC / 5,
};

extern const struct cmd cmd_import;

struct job {
	struct arrival *arrival; /* owned */
	struct err err;
	bool failed;
};

struct import {
	struct mailbox *mailbox; /* borrowed */
	struct reader *reader;   /* owned; for looking at state.db */
	struct source *source;   /* owned */
	struct mill *mill;       /* owned */
	struct batch *batch;     /* owned; NULL between two */
	GHashTable *seen;        /* owned; copies met by this import */
	bool quiet, ended;
	gint64 started, shown;
	uint64_t messages, added, copies, known, failed;
};

static void *start_worker(void *data)
{
	struct reader *reader = NULL;

	return reader_open(data, &reader, NULL) < 0 ? NULL : reader;
}

static void stop_worker(void *context)
{
	reader_close(context);
}

static void prepare(void *data, void *context)
{
	struct job *job = data;

	if (!context)
		job->failed =
			err_set(&job->err, EIO, "state.db cannot be opened");
	else
		job->failed =
			arrival_prepare(job->arrival, context, &job->err) < 0;
}

static void free_job(struct job *job)
{
	arrival_free(job->arrival);
	g_free(job);
}

static void wipe_line(struct import *import)
{
	if (!import->quiet && import->shown)
		(void)fputs("\r\033[K", stderr);
}

/* One message or file that could not be taken; the rest goes on. */
static void report(struct import *import, const struct err *err,
		   const char *origin)
{
	wipe_line(import);
	if (origin)
		(void)fprintf(stderr, "defms: %s: %s\n", origin, err->text);
	else
		(void)fprintf(stderr, "defms: %s\n", err->text);
	import->failed++;
}

static void show_progress(struct import *import)
{
	gint64 now = g_get_monotonic_time();
	double seconds = (double)(now - import->started) / G_USEC_PER_SEC;
	uint64_t done = source_done(import->source);
	uint64_t total = source_total(import->source);

	if (import->quiet || now - import->shown < PROGRESS)
		return;
	import->shown = now;
	(void)fprintf(stderr,
		      "\r\033[K%" G_GUINT64_FORMAT " messages, %.0f a second",
		      (guint64)import->messages,
		      (double)import->messages / MAX(seconds, 0.001));
	if (total > done && done > 0) {
		double left = seconds * (double)(total - done) / (double)done;

		(void)fprintf(stderr, ", %d:%02d left", (int)left / 60,
			      (int)left % 60);
	}
	(void)fflush(stderr);
}

static int end_batch(struct import *import, struct err *err)
{
	int result;

	if (!import->batch)
		return 0;
	result = source_remember(import->source, batch_state(import->batch),
				 err);
	if (result == 0)
		result = batch_commit(import->batch, err);
	if (result == 0 && batch_unfinished(import->batch)) {
		wipe_line(import);
		cmd_warn(batch_unfinished(import->batch));
	}
	batch_free(take(import->batch));
	return result;
}

static int add(struct import *import, struct arrival *arrival, struct err *err)
{
	enum batch_result result;

	if (!import->batch &&
	    batch_begin(import->mailbox, &import->batch, err) < 0)
		return -1;
	if (batch_add(import->batch, arrival, import->seen, &result, err) < 0)
		return -1;
	import->added += result == BATCH_NEW;
	import->copies += result == BATCH_COPY;
	import->known += result == BATCH_KNOWN;
	if (batch_count(import->batch) >= crash_batch(BATCH_MESSAGES) ||
	    batch_bytes(import->batch) >= BATCH_BYTES ||
	    batch_should_end(import->batch))
		return end_batch(import, err);
	return 0;
}

/* Take what the workers have done: 1, 0 if there is nothing, -1. */
static int finish_job(struct import *import, struct err *err)
{
	struct job *job = mill_take(import->mill);
	int result = 1;

	if (!job)
		return 0;
	import->messages++;
	source_taken(import->source, job->failed);
	if (job->failed)
		report(import, &job->err, job->arrival->origin);
	else if (add(import, job->arrival, err) < 0)
		result = -1;
	free_job(job);
	show_progress(import);
	return result;
}

/* Give the workers what there is room for. */
static void feed(struct import *import)
{
	while (!import->ended && mill_has_room(import->mill)) {
		struct arrival *arrival;
		struct err err;
		struct job *job;
		int more = source_next(import->source, &arrival, &err);

		if (more < 0)
			report(import, &err, NULL);
		import->ended = more == 0;
		if (more <= 0)
			continue;
		job = g_new0(struct job, 1);
		job->arrival = arrival;
		mill_put(import->mill, job, arrival->raw->len);
	}
}

static int run_import(struct import *import, struct err *err)
{
	int more;

	do {
		feed(import);
		more = finish_job(import, err);
	} while (more > 0 || (more == 0 && !import->ended));
	if (more < 0)
		return -1;
	/* Also what was read to its end without a message is remembered. */
	if (!import->batch && source_finished(import->source) > 0 &&
	    batch_begin(import->mailbox, &import->batch, err) < 0)
		return -1;
	return end_batch(import, err);
}

static void summarize(const struct import *import)
{
	(void)printf("%" G_GUINT64_FORMAT " message%s: %" G_GUINT64_FORMAT
		     " new, %" G_GUINT64_FORMAT " more cop%s, "
		     "%" G_GUINT64_FORMAT " there already",
		     (guint64)import->messages,
		     import->messages == 1 ? "" : "s", (guint64)import->added,
		     (guint64)import->copies, import->copies == 1 ? "y" : "ies",
		     (guint64)import->known);
	if (import->failed)
		(void)printf(", %" G_GUINT64_FORMAT " failed",
			     (guint64)import->failed);
	if (source_skipped(import->source))
		(void)printf("; %zu unchanged since the last import",
			     source_skipped(import->source));
	(void)printf("\n");
}

static void release(struct import *import)
{
	struct job *job;

	while (import->mill && (job = mill_take(import->mill)))
		free_job(job);
	mill_free(import->mill);
	batch_free(import->batch);
	source_free(import->source);
	reader_close(import->reader);
	g_hash_table_unref(import->seen);
}

static int import_paths(char **paths, struct source_options *options,
			struct mailbox *mailbox)
{
	struct import import = {
		.mailbox = mailbox,
		.quiet = !isatty(STDERR_FILENO),
		.started = g_get_monotonic_time(),
		.seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					      g_free, NULL),
	};
	struct mill_work work = { start_worker, prepare, stop_worker, mailbox };
	struct err err;
	int status = CMD_DONE;

	if (reader_open(mailbox, &import.reader, &err) < 0) {
		status = cmd_fail(&err);
	} else {
		options->seen = import.seen;
		import.source =
			source_new(paths, options, reader_state(import.reader));
		import.mill = mill_new(&work, 0, JOBS, JOB_BYTES);
		if (run_import(&import, &err) < 0) {
			wipe_line(&import);
			status = cmd_fail(&err);
		} else {
			wipe_line(&import);
			summarize(&import);
			status = import.failed ? CMD_FAILED : CMD_DONE;
		}
	}
	release(&import);
	return status;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "folder", required_argument, NULL, 'f' },
		{ "format", required_argument, NULL, 'F' },
		{ "public", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct source_options how = { .format = MBOX_RD };
	AUTO(str) char *folder = NULL;
	struct err err;
	int option;

	(void)config;
	while ((option = getopt_long(argc, argv, "f:", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			g_free(take(folder));
			if (name_folder(optarg, &folder, &err) < 0)
				return cmd_usage(&cmd_import, err.text);
			break;
		case 'F':
			if (mbox_format_parse(optarg, &how.format, &err) < 0)
				return cmd_usage(&cmd_import, err.text);
			break;
		case 'p':
			how.is_public = true;
			break;
		case 'h':
			return cmd_help(&cmd_import);
		default:
			return cmd_usage(&cmd_import, NULL);
		}
	}
	if (optind == argc)
		return cmd_usage(&cmd_import, "what is to be imported?");
	how.folder = folder;
	return import_paths(argv + optind, &how, mailbox);
}

const struct cmd cmd_import = {
	.name = "import",
	.args = "[--folder F] [--format mboxrd|mboxo|mboxcl2] [--public] "
		"PATH...",
	.summary = "take in a Maildir, an mbox, messages, or stdin (-)",
	.options =
		"--folder F   file the mail under folder F (default INBOX, or "
		"by Gmail labels)\n"
		"--format X   how an mbox is quoted: mboxrd (default), mboxo, "
		"mboxcl2\n"
		"--public     keep it in public strands, stored plain\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
