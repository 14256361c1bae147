/* SPDX-License-Identifier: ISC */
#include "cmd-remote-line.h"
#include "defms/cmd.h"

extern const struct cmd cmd_bridge_push;

static char *say(const struct replicate_report *report)
{
	if (report->objects == 0)
		return g_strdup("nothing new");
	return g_strdup_printf("%zu thread%s, %zu objects pushed",
			       report->strands, report->strands == 1 ? "" : "s",
			       report->objects);
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct remote_step step = { replicate_push, say };

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return cmd_usage(&cmd_bridge_push, NULL);
	return cmd_remote_each(mailbox, config, argv[1], &step);
}

const struct cmd cmd_bridge_push = {
	.name = "bridge push",
	.args = "[REMOTE]",
	.summary = "bring to remotes what they may see",
	.flags = CMD_MAILBOX,
	.run = run,
};
