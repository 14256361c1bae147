/* SPDX-License-Identifier: ISC */
/* defms join: threads that are one, whatever their headers say. */
#include <getopt.h>

#include "cmd-links.h"
#include "defms/links.h"

extern const struct cmd cmd_join;

static int join_all(struct mailbox *mailbox, char **names, struct err *err)
{
	AUTO(deciding) struct deciding deciding = { 0 };
	int64_t first, other;
	int changed = 0;

	if (deciding_begin(&deciding, mailbox, err) < 0 ||
	    deciding_thread(&deciding, names[0], &first, err) < 0)
		return -1;
	for (char **name = names + 1; *name; name++) {
		int joined;

		if (deciding_thread(&deciding, *name, &other, err) < 0)
			return -1;
		joined = links_join(deciding.batch, first, other, err);
		if (joined < 0)
			return err_prefix(err, "%s", *name);
		changed |= joined;
	}
	if (changed && deciding_commit(&deciding, err) < 0)
		return -1;
	return deciding_print(&deciding, first, err);
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;
	int status = deciding_options(&cmd_join, argc, argv);

	(void)config;
	if (status != 0)
		return status;
	if (argc - optind < 2)
		return cmd_usage(&cmd_join, "which threads? (two or more)");
	if (join_all(mailbox, argv + optind, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_join = {
	.name = "join",
	.args = "THREAD THREAD...",
	.summary = "make one thread of several, for good",
	.options = "The oldest directory stays, and is printed; the others "
		   "lead to it.\n"
		   "'defms split' of the first message of one takes it back.\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
