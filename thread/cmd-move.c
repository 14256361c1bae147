/* SPDX-License-Identifier: ISC */
/* defms move: a message is shown in another thread. */
#include <getopt.h>

#include "cmd-links.h"
#include "defms/links.h"

extern const struct cmd cmd_move;

static int move_all(struct mailbox *mailbox, char **names, int count,
		    struct err *err)
{
	AUTO(deciding) struct deciding deciding = { 0 };
	int64_t message, thread;
	int changed = 0;

	if (deciding_begin(&deciding, mailbox, err) < 0 ||
	    deciding_thread(&deciding, names[count - 1], &thread, err) < 0)
		return -1;
	for (int i = 0; i < count - 1; i++) {
		int moved;

		if (deciding_message(&deciding, names[i], &message, err) < 0)
			return -1;
		moved = links_move(deciding.batch, message, thread, err);
		if (moved < 0)
			return err_prefix(err, "%s", names[i]);
		changed |= moved;
	}
	return changed ? deciding_commit(&deciding, err) : 0;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;
	int status = deciding_options(&cmd_move, argc, argv);

	(void)config;
	if (status != 0)
		return status;
	if (argc - optind < 2)
		return cmd_usage(&cmd_move, "which messages, to which thread?");
	if (move_all(mailbox, argv + optind, argc - optind, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_move = {
	.name = "move",
	.args = "ID... THREAD",
	.summary = "show messages in another thread, for good",
	.options = "What answers them stays. To the thread that its header "
		   "names: as it was.\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
