/* SPDX-License-Identifier: ISC */
/* defms gc: fewer, larger files, and none of what was removed long ago. */
#include <getopt.h>
#include <stdio.h>

#include "defms/cmd.h"
#include "gc.h"

extern const struct cmd cmd_gc;

enum { DAY = 86400, KEEP_MAX = 36500, KEEP = 30 };

/* What was removed then, or earlier, is to be erased. */
static int find_before(const struct config *config, int64_t *before_r,
		       struct err *err)
{
	static const int64_t range[] = { 0, KEEP_MAX };
	int64_t days;

	if (config_get_int(config, "gc.keep", range, KEEP, &days, err) < 0)
		return -1;
	*before_r = g_get_real_time() / G_USEC_PER_SEC - days * DAY;
	return 0;
}

static void print_report(const struct gc_report *report)
{
	if (report->kept > 0)
		(void)fprintf(stderr,
			      "defms: %zu removed messages stay, for their "
			      "threads are damaged; see 'defms check'\n",
			      report->kept);
	if (report->skipped > 0)
		(void)fprintf(stderr,
			      "defms: %zu packs are damaged and were left as "
			      "they are; see 'defms check'\n",
			      report->skipped);
	if (report->unswept)
		(void)fprintf(stderr,
			      "defms: packs hold what was erased until the "
			      "history is mended; see 'defms check'\n");
	(void)printf("%zu messages erased, %zu packs joined, %zu packs "
		     "removed, %zu indexes removed\n",
		     report->erased, report->swept + report->joined,
		     report->dropped, report->indexes);
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "now", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct gc_report report;
	bool now = false;
	int64_t before;
	struct err err;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'n')
			return cmd_usage(&cmd_gc, NULL);
		now = true;
	}
	if (optind != argc)
		return cmd_usage(&cmd_gc, "no arguments are taken");
	if (find_before(config, &before, &err) < 0 ||
	    mailbox_gc(mailbox, now, before, &report, &err) < 0)
		return cmd_fail(&err);
	print_report(&report);
	return CMD_DONE;
}

const struct cmd cmd_gc = {
	.name = "gc",
	.args = "[--now]",
	.summary = "erase what was removed long ago, join packs, pack refs",
	.options = "--now   remove joined packs at once, not after an hour",
	.flags = CMD_MAILBOX,
	.run = run,
};
