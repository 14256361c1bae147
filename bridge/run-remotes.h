/* SPDX-License-Identifier: ISC */
/* The remotes of `bridge run` (run-remote.h), all of them. For one worker. */
#ifndef BRIDGE_RUN_REMOTES_H
#define BRIDGE_RUN_REMOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/config.h"
#include "defms/err.h"
#include "defms/mailbox.h"

struct run_remotes;

/* Begin with those of `config`, which is not needed afterwards; `mailbox` is
 * borrowed. */
int run_remotes_new(struct mailbox *mailbox, const struct config *config,
		    struct run_remotes **run_r, struct err *err);
/* Waits for the steps in hand. */
void run_remotes_free(struct run_remotes *run);

/* Go on with those of `config` instead. It does not wait for those before: they
 * end after the step in hand. After an error all is as it was. */
int run_remotes_renew(struct run_remotes *run, const struct config *config,
		      struct err *err);

/* How many there are. */
unsigned run_remotes_count(const struct run_remotes *run);

/* Something changed here; or all is to be tried at once, as after a suspend. */
void run_remotes_changed(struct run_remotes *run);
void run_remotes_hurry(struct run_remotes *run);

/* Ask all for an end, and wait for it until the time `until` (us) of the
 * monotonic clock; 0 does not wait. Are all at rest? */
bool run_remotes_stop(struct run_remotes *run, int64_t until);

#endif
