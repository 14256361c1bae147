/* SPDX-License-Identifier: ISC */
#ifndef DEFMS_CMD_QUEUE_H
#define DEFMS_CMD_QUEUE_H

#include "defms/err.h"
#include "defms/mailbox.h"

/* A line on stdout for each entry that is not sent: id, state, the recipients
 * it did not reach, subject, reason, with tabs between. */
int cmd_queue_print(struct mailbox *mailbox, struct err *err);

#endif
