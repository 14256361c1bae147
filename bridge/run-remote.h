/* SPDX-License-Identifier: ISC */
/* A remote's part of `bridge run`: pushed to after a change here, pulled from
 * now and then, and a folder as soon as something appears in it. What happens
 * is said on stderr, a complaint that lasts once. */
#ifndef BRIDGE_RUN_REMOTE_H
#define BRIDGE_RUN_REMOTE_H

#include "defms/remote.h"
#include "run-worker.h"

/* Goes with run_remote_new(). */
extern const struct run_task run_remote_task;

/* Takes over `remote`. */
struct run_remote *run_remote_new(struct remote *remote);

#endif
