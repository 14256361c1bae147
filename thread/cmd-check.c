/* SPDX-License-Identifier: ISC */
/* defms check: is all that was kept still there, and what it was? */
#include <getopt.h>
#include <stdio.h>

#include "check.h"
#include "defms/cmd.h"

extern const struct cmd cmd_check;

static int print(struct check *check)
{
	const struct check_report *report = check_report(check);
	const char *line;

	while (check_next(check, &line) > 0)
		(void)printf("%s\n", line);
	if (report->findings > 0) {
		(void)fflush(stdout);
		(void)fprintf(stderr, "defms: %zu findings\n",
			      report->findings);
		return CMD_FAILED;
	}
	(void)printf("%zu messages in %zu strands and %zu packs: all is "
		     "well\n",
		     report->messages, report->strands, report->packs);
	return CMD_DONE;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "repair", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	AUTO(check) struct check *check = NULL;
	bool repair = false;
	struct err err;
	int option;

	(void)mailbox;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'r')
			return cmd_usage(&cmd_check, NULL);
		repair = true;
	}
	if (optind != argc)
		return cmd_usage(&cmd_check, "no arguments are taken");
	if (check_begin(config, repair, &check, &err) < 0)
		return cmd_fail(&err);
	return print(check);
}

const struct cmd cmd_check = {
	.name = "check",
	.args = "[--repair]",
	.summary = "look at everything that is kept for damage",
	.options = "--repair   mend what can be mended, and look again",
	.run = run,
};
