/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "defms/cmd.h"

extern const struct cmd cmd_bridge_smtp;

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;

	(void)config;
	(void)mailbox;
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--now") != 0))
		return cmd_usage(&cmd_bridge_smtp,
				 "it takes no arguments but --now");
	(void)err_set(&err, ENOSYS, "nothing leaves yet");
	return cmd_fail(&err);
}

const struct cmd cmd_bridge_smtp = {
	.name = "bridge smtp",
	.args = "[--now]",
	.summary = "send what waits to be sent",
	.options = "--now         also what was to be tried again later\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
