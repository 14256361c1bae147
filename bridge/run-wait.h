/* SPDX-License-Identifier: ISC */
/* Waiting at one server for news in INBOX: a worker with a connection of its
 * own, which reconnects for ever. It touches no mailbox. */
#ifndef BRIDGE_RUN_WAIT_H
#define BRIDGE_RUN_WAIT_H

#include "account.h"

struct waiter;

/* `account` is borrowed; `wake`, an eventfd, is written to when there is news,
 * and after a connection was made anew. */
struct waiter *waiter_start(const struct account *account, int wake);
/* Was there news since the last call? */
bool waiter_take_news(struct waiter *waiter);
/* The network may be another one: look whether the connection is alive. */
void waiter_poke(struct waiter *waiter);
/* Ask for an end; waiter_free() waits for it. */
void waiter_stop(struct waiter *waiter);
void waiter_free(struct waiter *waiter);

/* How long to wait before the try number `tries` (1 is the first again), in ms:
 * doubling from a second to five minutes, half of it by chance, so that a
 * thousand clients do not come back at once. */
int wait_before(unsigned tries);

#endif
