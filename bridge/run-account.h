/* SPDX-License-Identifier: ISC */
/* An account's part of `bridge run`: its IMAP server, synced when it is due or
 * has news. For one worker. */
#ifndef BRIDGE_RUN_ACCOUNT_H
#define BRIDGE_RUN_ACCOUNT_H

#include <stdint.h>

#include "account.h"
#include "defms/mailbox.h"
#include "run-wait.h"

struct run_account {
	const struct account *settings; /* borrowed */
	struct waiter *waiter;          /* owned */
	int64_t due;                    /* in ms of the monotonic clock */
	unsigned failures;              /* in a row */
	char *said; /* owned: the last complaint, not to be repeated */
};

/* Due at once. Its waiter begins, and writes to `wake` once there is news. */
struct run_account *run_account_new(const struct account *settings, int wake);
/* For a GPtrArray, too. */
void run_account_free(void *account);

/* Sync it, until `stop` is set (atomically), and say when it is due again. What
 * happens is said on stderr, a complaint that lasts once. */
void run_account_sync(struct run_account *account, struct mailbox *mailbox,
		      const int *stop);

#endif
