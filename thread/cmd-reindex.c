/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "defms/cmd.h"

extern const struct cmd cmd_reindex;

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct err err;
	struct mailbox_reindexed done;
	int option;

	(void)config;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		return option == 'h' ? cmd_help(&cmd_reindex)
				     : cmd_usage(&cmd_reindex, NULL);
	if (optind != argc)
		return cmd_usage(&cmd_reindex, "no arguments are taken");
	if (mailbox_reindex(mailbox, &done, &err) < 0)
		return cmd_fail(&err);
	(void)printf("%" PRId64 " messages\n", done.done);
	if (done.damaged == 0)
		return CMD_DONE;
	(void)fprintf(stderr,
		      "defms: %" PRId64 " messages or threads are damaged and "
		      "not in the index; see 'defms check'\n",
		      done.damaged);
	return CMD_FAILED;
}

const struct cmd cmd_reindex = {
	.name = "reindex",
	.args = "",
	.summary = "write the index anew from the history",
	.flags = CMD_MAILBOX,
	.run = run,
};
