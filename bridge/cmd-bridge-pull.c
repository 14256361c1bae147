/* SPDX-License-Identifier: ISC */
#include "cmd-remote-line.h"
#include "defms/cmd.h"

extern const struct cmd cmd_bridge_pull;

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct remote_step step = { replicate_pull,
						 replicate_pulled };

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return cmd_usage(&cmd_bridge_pull, NULL);
	return cmd_remote_each(mailbox, config, argv[1], &step);
}

const struct cmd cmd_bridge_pull = {
	.name = "bridge pull",
	.args = "[REMOTE]",
	.summary = "take what is new in remotes",
	.flags = CMD_MAILBOX,
	.run = run,
};
