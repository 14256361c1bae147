/* SPDX-License-Identifier: ISC */
/* What tells that a mail of mine did not reach somebody. */
#ifndef THREAD_QUEUE_NOTICE_H
#define THREAD_QUEUE_NOTICE_H

#include "defms/queue.h"

/* File a notice in INBOX, which answers the message of `entry` and so stands
 * in its thread: `failed` (of struct queue_recipient) did not get it. 0/-1. */
int queue_notice(struct batch *batch, struct reader *reader,
		 const struct queue_entry *entry, const GPtrArray *failed,
		 int64_t now, struct err *err);

#endif
