/* SPDX-License-Identifier: ISC */
/* The writer of what comes in: a worker of its own, which adds prepared
 * messages in the order that they are put, and commits them with their UIDs. */
#ifndef BRIDGE_SYNC_DEPOSIT_H
#define BRIDGE_SYNC_DEPOSIT_H

#include "sync-parts.h"

/* One message on its way from a server. */
struct deposit_job {
	struct arrival *arrival; /* owned */
	uint32_t uid;
	unsigned flags; /* there */
	size_t size;    /* that it came in */
	struct err err; /* why it cannot be taken in, if `failed` */
	bool failed;
};

void deposit_job_free(struct deposit_job *job);

struct deposit;

/* Both are borrowed until deposit_end(). */
struct deposit *deposit_new(struct sync *sync, struct sync_folder *folder);
/* Put a job, which becomes the writer's, and wait while too much waits for it.
 * -1: it has failed, as deposit_end() says. */
int deposit_put(struct deposit *deposit, struct deposit_job *job);
/* Wait until all is committed, note in the report what came and what could not
 * be taken in, and free the writer. */
int deposit_end(struct deposit *deposit, struct err *err);

#endif
