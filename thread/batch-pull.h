/* SPDX-License-Identifier: ISC */
/* What others wrote, into the mailbox: a batch like any other, but that the
 * objects come as they are and the refs are those of other devices. */
#ifndef DEFMS_BATCH_PULL_H
#define DEFMS_BATCH_PULL_H

#include "pull-head.h"

struct batch_pull {
	struct batch *batch;        /* borrowed; so are the rest */
	struct pull_worker *worker; /* with the batch's reader */
	struct store *store;        /* opened under the lock */
	const GPtrArray *own_mails; /* of char *, address_key() form */
	struct pull_report *report;
};

/* Take a head that was judged sound. 1; 0 if it is to be judged again, for what
 * it was judged from has changed; -1. What is wrong with the head itself makes
 * it PULL_BAD, and 1. */
int batch_pull(const struct batch_pull *pull, struct pull_head *head,
	       struct err *err);

/* A card that state.db has not, or an older one of. */
int batch_pull_card(struct batch *batch, const char *text, struct err *err);

/* What a device of mine left out of its chain, and is still wanted here, goes
 * into this device's. (batch-refile.c) */
int batch_refile(const struct batch_pull *pull, const struct pull_head *head,
		 struct err *err);

#endif
