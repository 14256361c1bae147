/* SPDX-License-Identifier: ISC */
#include "run-account.h"

#include "imap-sync.h"
#include "run-say.h"
#include "run-wait.h"
#include <errno.h>

/* All in ms. */
enum {
	POLL = 5 * 60 * 1000,
	SETTLE = 300,              /* after a change here: more may follow */
	HOPELESS = 15 * 60 * 1000, /* after a refused login and the like */
	OTHER_BRIDGE = 5 * 1000,   /* after "another is at work" */
};

struct run_account {
	struct account *settings; /* owned */
	struct run_place place;   /* borrowed */
	struct waiter *waiter;    /* owned; NULL: it has not begun */
	int64_t due;              /* in ms of the monotonic clock */
	unsigned failures;        /* in a row */
	char *said; /* owned: the last complaint, not to be repeated */
};

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void say_report(struct run_account *account,
		       const struct sync_report *report)
{
	AUTO(str) char *summary = sync_report_summary(report);
	AUTO(gstring) GString *problems = g_string_new(NULL);

	for (guint i = 0; i < report->notes->len; i++)
		run_say(account->settings->name, report->notes->pdata[i]);
	for (int i = 0; i < SYNC_COUNTS; i++)
		if (report->counts[i] > 0) {
			run_say(account->settings->name, summary);
			break;
		}
	for (guint i = 0; i < report->problems->len; i++)
		g_string_append_printf(problems, "%s%s", i ? "; " : "",
				       (char *)report->problems->pdata[i]);
	run_complain(account->settings->name, &account->said,
		     g_string_free(take(problems), FALSE));
}

static void fail(struct run_account *account, const struct err *err)
{
	int64_t pause = HOPELESS;

	if (err->code == ECANCELED)
		return;
	account->failures++;
	if (err->code == EBUSY)
		pause = OTHER_BRIDGE;
	else if (err_is_temporary(err))
		pause = wait_before(account->failures);
	account->due = now_ms() + pause;
	if (err->code != EBUSY)
		run_complain(account->settings->name, &account->said,
			     g_strdup(err->text));
}

static void work(void *data)
{
	struct run_account *account = data;
	AUTO(sync_report) struct sync_report *report = sync_report_new();
	struct sync_options options = { .stop = account->place.stop };
	struct err err;

	(void)waiter_take_news(account->waiter);
	if (imap_sync(account->place.mailbox, account->settings, &options,
		      report, &err) < 0) {
		fail(account, &err);
		return;
	}
	if (account->failures > 0 && account->said)
		run_say(account->settings->name, "all is well again");
	say_report(account, report);
	account->failures = 0;
	account->due = now_ms() + POLL;
}

/* -- when ------------------------------------------------------------------ */

static void look(void *data, unsigned told)
{
	struct run_account *account = data;

	if (waiter_take_news(account->waiter))
		account->due = now_ms();
	if (told & RUN_FOR_SERVERS && account->failures == 0)
		account->due = MIN(account->due, now_ms() + SETTLE);
	if (!(told & RUN_HURRY))
		return;
	waiter_poke(account->waiter);
	account->failures = 0;
	account->due = now_ms();
}

static int64_t due(const void *data)
{
	const struct run_account *account = data;

	return account->due;
}

/* -- life ------------------------------------------------------------------ */

struct run_account *run_account_new(struct account *settings)
{
	struct run_account *account = g_new0(struct run_account, 1);

	account->settings = settings;
	account->due = now_ms();
	return account;
}

static int begin(void *data, const struct run_place *place)
{
	struct run_account *account = data;

	account->place = *place;
	account->waiter = waiter_start(account->settings, place->wake);
	return -1;
}

static void end(void *data)
{
	struct run_account *account = data;

	waiter_free(account->waiter);
	account_free(account->settings);
	g_free(account->said);
	g_free(account);
}

const struct run_task run_account_task = {
	.name = "account",
	.begin = begin,
	.look = look,
	.due = due,
	.work = work,
	.end = end,
};
