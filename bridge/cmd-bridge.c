/* SPDX-License-Identifier: ISC */
/* The commands that touch the network, one level below `defms bridge`. */
#include <stddef.h>

#include "defms/cmd.h"

extern const struct cmd cmd_bridge, cmd_bridge_imap, cmd_bridge_smtp,
	cmd_bridge_push, cmd_bridge_pull, cmd_bridge_run, cmd_bridge_status;

static const struct cmd *const commands[] = {
	&cmd_bridge_imap,
	&cmd_bridge_smtp,
	&cmd_bridge_push,
	&cmd_bridge_pull,
	&cmd_bridge_run,
	&cmd_bridge_status,
	NULL,
};

const struct cmd cmd_bridge = {
	.name = "bridge",
	.args = "COMMAND [ARGUMENT...]",
	.summary = "exchange mail with servers elsewhere",
	.commands = commands,
};
