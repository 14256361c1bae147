/* SPDX-License-Identifier: ISC */
/* A remote's part of `bridge run`: pushed to after a change here, pulled from
 * now and then, and a folder as soon as something appears in it. Each has a
 * worker and a mailbox of its own, so that one that does not answer holds up
 * nobody. */
#ifndef BRIDGE_RUN_REMOTE_H
#define BRIDGE_RUN_REMOTE_H

#include <stdbool.h>

#include "defms/mailbox.h"
#include "defms/remote.h"

struct run_remote;

/* Begin. `remote` is taken over in any case; `mailbox` is borrowed. What
 * happens is said on stderr, a complaint that lasts once. `tell` is called by
 * the worker once it has ended. */
int run_remote_start(struct mailbox *mailbox, struct remote *remote,
		     void (*tell)(void *data), void *data,
		     struct run_remote **run_r, struct err *err);

/* Something changed here; or all is to be tried at once, as after a suspend. */
void run_remote_changed(struct run_remote *run);
void run_remote_hurry(struct run_remote *run);

/* Ask for an end, after the step in hand. Has it come? */
void run_remote_stop(struct run_remote *run);
bool run_remote_has_ended(const struct run_remote *run);
/* Stops it and waits. For a GPtrArray, too. */
void run_remote_free(void *run);

#endif
