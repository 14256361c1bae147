/* SPDX-License-Identifier: ISC */
/* The remotes' part of `bridge run`: pushed to after a change here, pulled from
 * now and then, and folders as soon as something appears in them. For one
 * worker. */
#ifndef BRIDGE_RUN_REMOTES_H
#define BRIDGE_RUN_REMOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/config.h"
#include "defms/err.h"
#include "defms/mailbox.h"

struct run_remotes;

/* Both are borrowed. */
int run_remotes_new(struct mailbox *mailbox, const struct config *config,
		    struct run_remotes **run_r, struct err *err);
void run_remotes_free(struct run_remotes *run);

/* How many there are. */
unsigned run_remotes_count(const struct run_remotes *run);

/* An inotify descriptor that is readable once a folder changed; -1: none. */
int run_remotes_fd(const struct run_remotes *run);
/* It was: look into it. */
void run_remotes_look(struct run_remotes *run);

/* Something changed here; or all is to be tried at once, as after a suspend. */
void run_remotes_changed(struct run_remotes *run);
void run_remotes_hurry(struct run_remotes *run);

/* When the next is due, in ms of the monotonic clock; INT64_MAX: never. */
int64_t run_remotes_due(const struct run_remotes *run);
/* Do what is due, until `stop` is set (atomically). What happens is said on
 * stderr, a complaint that lasts once. */
void run_remotes_work(struct run_remotes *run, int *stop);

#endif
