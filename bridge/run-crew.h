/* SPDX-License-Identifier: ISC */
/* The workers of `bridge run` (run-worker.h): one for each account that has an
 * IMAP server, and for each remote. The crew is one worker's. */
#ifndef BRIDGE_RUN_CREW_H
#define BRIDGE_RUN_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/config.h"
#include "defms/err.h"
#include "defms/mailbox.h"

struct run_crew;

/* Begin with those of `config`, which is not needed afterwards; `mailbox` is
 * borrowed. EINVAL, as account_list() and remote_list() say. */
int run_crew_new(const struct mailbox *mailbox, const struct config *config,
		 struct run_crew **crew_r, struct err *err);
/* Waits for the steps in hand. */
void run_crew_free(struct run_crew *crew);

/* Go on with those of `config` instead. It does not wait for those before: they
 * end after the step in hand. After an error all is as it was. */
int run_crew_renew(struct run_crew *crew, const struct config *config,
		   struct err *err);

/* Tell all of them; `news` is of enum run_news. */
void run_crew_tell(struct run_crew *crew, unsigned news);

/* Ask all for an end, and wait for it until `until` (us) of the monotonic
 * clock; 0 does not wait. Are all at rest? */
bool run_crew_stop(struct run_crew *crew, int64_t until);

#endif
