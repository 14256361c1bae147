/* SPDX-License-Identifier: ISC */
/* What `bridge push` and `bridge pull` share: one remote, or all. */
#ifndef BRIDGE_CMD_REMOTE_LINE_H
#define BRIDGE_CMD_REMOTE_LINE_H

#include "defms/config.h"
#include "defms/mailbox.h"
#include "replicate.h"

/* Do `step` with each remote, or with the one called `name` unless NULL; what
 * `say` makes of the report is a line on standard output (caller frees; NULL:
 * none). The exit status: "failed" outweighs "later". */
struct remote_step {
	int (*step)(struct mailbox *mailbox, const struct remote *remote,
		    struct replicate_report *report, struct err *err);
	char *(*say)(const struct replicate_report *report);
};
int cmd_remote_each(struct mailbox *mailbox, const struct config *config,
		    const char *name, const struct remote_step *step);

#endif
