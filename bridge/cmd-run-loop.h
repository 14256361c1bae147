/* SPDX-License-Identifier: ISC */
/* The bridge at work for good: it waits at each server for news, looks at the
 * rest now and then, pushes what is changed here and sends what is queued. */
#ifndef BRIDGE_CMD_RUN_LOOP_H
#define BRIDGE_CMD_RUN_LOOP_H

#include <stdbool.h>

#include "defms/mailbox.h"

struct run_loop;

/* Begin, with workers of its own; what they do they say on stderr, a line each.
 * EBUSY if another process does it for this mailbox. */
int run_loop_start(struct mailbox *mailbox, const struct config *config,
		   struct run_loop **loop_r, struct err *err);
/* Ask for an end, and wait at most `timeout_ms` for the steps in hand: true if
 * all is at rest, so that run_loop_free() need not wait. */
bool run_loop_stop(struct run_loop *loop, int timeout_ms);
void run_loop_free(struct run_loop *loop);

/* Does a process run for this mailbox? 1/0/-1. */
int run_loop_is_on(const struct mailbox *mailbox, struct err *err);

#endif
