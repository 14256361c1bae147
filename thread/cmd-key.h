/* SPDX-License-Identifier: ISC */
#ifndef DEFMS_CMD_KEY_H
#define DEFMS_CMD_KEY_H

#include "defms/cmd.h"

/* `defms key device ...`; the arguments after "device". */
int cmd_key_device(const struct cmd *cmd, int argc, char **argv,
		   struct mailbox *mailbox);

#endif
