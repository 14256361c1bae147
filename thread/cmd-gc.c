/* SPDX-License-Identifier: ISC */
/* defms gc: fewer, larger files. */
#include <getopt.h>
#include <stdio.h>

#include "defms/cmd.h"
#include "gc.h"

extern const struct cmd cmd_gc;

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "now", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct gc_report report;
	bool now = false;
	struct err err;
	int option;

	(void)config;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'n')
			return cmd_usage(&cmd_gc, NULL);
		now = true;
	}
	if (optind != argc)
		return cmd_usage(&cmd_gc, "no arguments are taken");
	if (mailbox_gc(mailbox, now, &report, &err) < 0)
		return cmd_fail(&err);
	if (report.skipped > 0)
		(void)fprintf(stderr,
			      "defms: %zu packs are damaged and were left as "
			      "they are; see 'defms check'\n",
			      report.skipped);
	(void)printf("%zu packs joined, %zu packs removed, %zu indexes "
		     "removed\n",
		     report.joined, report.dropped, report.indexes);
	return CMD_DONE;
}

const struct cmd cmd_gc = {
	.name = "gc",
	.args = "[--now]",
	.summary = "join packs, pack refs, remove what is not needed",
	.options = "--now   remove joined packs at once, not after an hour",
	.flags = CMD_MAILBOX,
	.run = run,
};
