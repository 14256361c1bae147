/* SPDX-License-Identifier: ISC */
/* One pass over an account. Its order is what makes a kill at any instant
 * harmless (the table of states is in defms-internals(7)):
 *
 *	folders		made and renamed on both sides
 *	news		of every folder: flags; UIDs that vanished are "gone"
 *	intake		of every folder: what is fresh. What left one folder and
 *			came to another is met here, and so is what went up
 *			without our having heard of it
 *	gone		what was met nowhere is removed here
 *	push		flags, moves and deletions from here
 *	upload		what no UID stands for
 *
 * So nothing goes up before all that is there is known. The mailbox's lock is
 * never held while the server is waited for, but for a moment in which the next
 * message of many may come (sync-deposit.c). */
#include "imap-sync.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "defms/crash.h"
#include "imap-folder.h"
#include "imap-lock.h"
#include "imap-set.h"
#include "sync-parts.h"

enum { SUBJECT = 60 }; /* characters of one in a line */

/* -- reports --------------------------------------------------------------- */

struct sync_report *sync_report_new(void)
{
	struct sync_report *report = g_new0(struct sync_report, 1);

	report->notes = g_ptr_array_new_with_free_func(g_free);
	report->problems = g_ptr_array_new_with_free_func(g_free);
	return report;
}

void sync_report_free(struct sync_report *report)
{
	if (!report)
		return;
	g_ptr_array_unref(report->notes);
	g_ptr_array_unref(report->problems);
	g_free(report);
}

char *sync_report_summary(const struct sync_report *report)
{
	static const char *const counted[SYNC_COUNTS] = {
		[SYNC_FETCHED] = "fetched",
		[SYNC_UPLOADED] = "uploaded",
		[SYNC_FLAGGED_HERE] = "flagged here",
		[SYNC_FLAGGED_THERE] = "flagged there",
		[SYNC_MOVED_HERE] = "moved here",
		[SYNC_MOVED_THERE] = "moved there",
		[SYNC_REMOVED_HERE] = "removed here",
		[SYNC_REMOVED_THERE] = "removed there",
		[SYNC_FOLDERS] = "folders changed",
	};
	AUTO(gstring) GString *text = g_string_new(NULL);

	for (int i = 0; i < SYNC_COUNTS; i++)
		if (report->counts[i] > 0)
			g_string_append_printf(text, "%s%" PRIu64 " %s",
					       text->len ? ", " : "",
					       report->counts[i], counted[i]);
	if (text->len == 0)
		g_string_append(text, "nothing new");
	return g_string_free(take(text), FALSE);
}

__attribute__((format(printf, 3, 0))) static void
say(GPtrArray *lines, const struct sync_folder *folder, const char *format,
    va_list args)
{
	AUTO(str) char *text = g_strdup_vprintf(format, args);

	g_ptr_array_add(lines, folder ? g_strdup_printf("%s: %s",
							folder->row.name, text)
				      : take(text));
}

void sync_note(struct sync *sync, const struct sync_folder *folder,
	       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(sync->report->notes, folder, format, args);
	va_end(args);
}

void sync_problem(struct sync *sync, const struct sync_folder *folder,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(sync->report->problems, folder, format, args);
	va_end(args);
}

static char *subject_of(struct sync *sync, int64_t copy)
{
	struct index *index = reader_index(sync->reader, NULL);
	struct index_message message = { 0 };
	struct state_copy row;
	char *subject;

	if (!index || state_copy_get(sync->state, copy, &row, NULL) <= 0 ||
	    index_message_get(index, row.message, &message, NULL) <= 0)
		return g_strdup("");
	subject = g_utf8_substring(
		message.subject, 0,
		MIN(g_utf8_strlen(message.subject, -1), SUBJECT));
	index_message_release(&message);
	return subject;
}

char *sync_name(struct sync *sync, int64_t copy, const char *kind,
		int64_t number)
{
	AUTO(str) char *subject = subject_of(sync, copy);

	return subject[0] ? g_strdup_printf("\"%s\" (%s %" PRId64 ")", subject,
					    kind, number)
			  : g_strdup_printf("%s %" PRId64, kind, number);
}

int sync_refused(struct sync *sync, struct sync_folder *folder,
		 const struct err *err)
{
	if (!imap_is_alive(sync->imap))
		return -1;
	if (folder)
		folder->failed = true;
	sync_problem(sync, NULL, "%s", err->text);
	return 0;
}

int sync_go_on(const struct sync *sync, struct err *err)
{
	const int *stop = sync->options->stop;

	return stop && g_atomic_int_get(stop)
		       ? err_set(err, ECANCELED, "stopped")
		       : 0;
}

void sync_count(struct sync *sync, enum sync_count what, uint64_t more)
{
	sync->report->counts[what] += more;
}

/* -- transactions ---------------------------------------------------------- */

int ledger_begin(struct sync *sync, struct err *err)
{
	if (mailbox_lock(sync->mailbox, err) < 0)
		return -1;
	if (state_begin(sync->state, true, err) == 0)
		return 0;
	mailbox_unlock(sync->mailbox);
	return -1;
}

int ledger_commit(struct sync *sync, struct err *err)
{
	int result = state_commit(sync->state, err);

	mailbox_unlock(sync->mailbox);
	return result;
}

void ledger_undo(struct sync *sync)
{
	state_rollback(sync->state);
	mailbox_unlock(sync->mailbox);
}

int sync_commit(struct batch *batch, struct err *err)
{
	int result = batch_commit(batch, err);

	batch_free(batch);
	return result;
}

/* -- folders --------------------------------------------------------------- */

struct sync_folder *sync_folder_of(struct sync *sync, int64_t row)
{
	for (guint i = 0; i < sync->folders->len; i++) {
		struct sync_folder *folder = sync->folders->pdata[i];

		if (folder->row.serial == row)
			return folder;
	}
	return NULL;
}

struct sync_folder *sync_folder_here(struct sync *sync, int64_t folder)
{
	for (guint i = 0; i < sync->folders->len; i++) {
		struct sync_folder *one = sync->folders->pdata[i];

		if (one->row.folder == folder)
			return one;
	}
	return NULL;
}

static void free_folder(gpointer data)
{
	struct sync_folder *folder = data;

	imap_set_free(folder->fresh);
	g_free(folder);
}

/* -- one pass -------------------------------------------------------------- */

typedef int sync_step(struct sync *sync, struct sync_folder *folder,
		      struct err *err);

/* A step in every folder that it is to be taken in. */
static int each(struct sync *sync, sync_step *step, struct err *err)
{
	for (guint i = 0; i < sync->folders->len; i++) {
		struct sync_folder *folder = sync->folders->pdata[i];

		if (folder->failed)
			continue;
		if (sync_go_on(sync, err) < 0 || step(sync, folder, err) < 0)
			return -1;
	}
	return 0;
}

/* What went there without our hearing its UID is found by its content. */
static int look_again(struct sync *sync, struct sync_folder *folder,
		      struct err *err)
{
	if (!folder->again)
		return 0;
	if (sync_news(sync, folder, err) < 0 ||
	    (!folder->failed && sync_intake(sync, folder, err) < 0))
		return -1;
	folder->again = false;
	return 0;
}

static int run_pass(struct sync *sync, struct err *err)
{
	if (imap_list(sync->imap, &sync->listing, err) < 0 ||
	    sync_match_folders(sync, err) < 0 ||
	    each(sync, sync_news, err) < 0 ||
	    each(sync, sync_intake, err) < 0 || each(sync, sync_gone, err) < 0)
		return -1;
	for (guint i = 0; i < sync->listing->refused->len; i++)
		sync_problem(sync, NULL, "%s",
			     (char *)sync->listing->refused->pdata[i]);
	if (sync_push(sync, err) < 0 || each(sync, look_again, err) < 0 ||
	    sync_upload(sync, err) < 0 || each(sync, look_again, err) < 0)
		return -1;
	return sync_remove_folders(sync, err);
}

/* The account's row; in a dry run only if there is one. */
static int find_account(struct sync *sync, struct err *err)
{
	int found = state_imap_account(sync->state, sync->account->name, false,
				       &sync->serial, err);

	if (found != 0 || sync->options->dry_run)
		return found < 0 ? -1 : 0;
	if (ledger_begin(sync, err) < 0)
		return -1;
	if (state_imap_account(sync->state, sync->account->name, true,
			       &sync->serial, err) < 0) {
		ledger_undo(sync);
		return -1;
	}
	crash_point("imap: before the account is known");
	return ledger_commit(sync, err);
}

static int run_sync(struct sync *sync, struct err *err)
{
	AUTO(fd) int lock = -1;

	sync->folders = g_ptr_array_new_with_free_func(free_folder);
	if (reader_open(sync->mailbox, &sync->reader, err) < 0)
		return -1;
	sync->state = reader_state(sync->reader);
	if (find_account(sync, err) < 0)
		return -1;
	if (sync->serial != 0)
		lock = imap_lock(sync->mailbox, sync->serial, err);
	if (sync->serial != 0 && lock < 0)
		return err_prefix(err, "account %s", sync->account->name);
	if (imap_open(sync->account, &sync->imap, err) < 0)
		return -1;
	return run_pass(sync, err);
}

/* For `bridge status`. It need not wait for the disk: the next pass says it
 * again. */
static void note_end(struct sync *sync, int result, const struct err *err)
{
	const GPtrArray *problems = sync->report->problems;
	struct state_imap_account row = { 0 };
	const char *problem = "";

	if (sync->serial == 0 || sync->options->dry_run ||
	    (result < 0 && err->code == ECANCELED) ||
	    state_imap_account_get(sync->state, sync->account->name, &row,
				   NULL) <= 0)
		return;
	if (result < 0)
		problem = err->text;
	else if (problems->len > 0)
		problem = problems->pdata[0];
	if (result == 0)
		row.synced = g_get_real_time() / G_USEC_PER_SEC;
	(void)g_strlcpy(row.problem, problem, sizeof(row.problem));
	if (state_relax(sync->state, NULL) < 0 || ledger_begin(sync, NULL) < 0)
		return;
	if (state_imap_account_put(sync->state, &row, NULL) < 0)
		ledger_undo(sync);
	else
		(void)ledger_commit(sync, NULL);
}

int imap_sync(struct mailbox *mailbox, const struct account *account,
	      const struct sync_options *options, struct sync_report *report,
	      struct err *err)
{
	struct sync sync = {
		.mailbox = mailbox,
		.account = account,
		.options = options,
		.report = report,
	};
	int result = run_sync(&sync, err);

	if (sync.state)
		note_end(&sync, result, err);
	mill_free(sync.mill);
	imap_close(sync.imap);
	imap_listing_free(sync.listing);
	g_ptr_array_unref(sync.folders);
	reader_close(sync.reader);
	return result;
}
