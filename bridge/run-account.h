/* SPDX-License-Identifier: ISC */
/* An account's part of `bridge run`: its IMAP server, synced when it has news,
 * something changed here, or now and then. What happens is said on stderr, a
 * complaint that lasts once. */
#ifndef BRIDGE_RUN_ACCOUNT_H
#define BRIDGE_RUN_ACCOUNT_H

#include "account.h"
#include "run-worker.h"

/* Goes with run_account_new(). */
extern const struct run_task run_account_task;

/* Takes over `settings`, which have an IMAP server. */
struct run_account *run_account_new(struct account *settings);

#endif
