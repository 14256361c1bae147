/* SPDX-License-Identifier: ISC */
/* A worker of `bridge run`. Each account and each remote has one, with a
 * mailbox of its own, so that a server which does not answer holds up nobody
 * else. */
#ifndef BRIDGE_RUN_WORKER_H
#define BRIDGE_RUN_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/mailbox.h"

/* What a worker is told, or-ed. */
enum run_news {
	RUN_CHANGED = 1,     /* something changed here, */
	RUN_FOR_SERVERS = 2, /* that IMAP servers do not have yet */
	RUN_HURRY = 4,       /* all is to be tried at once: after a suspend */
};

/* What is lent to a task. */
struct run_place {
	struct mailbox *mailbox;
	const int *stop; /* atomic: an end is wanted */
	int wake;        /* an eventfd: written to, it makes the worker look */
};

/* What there is to do. All is called by the worker, with `data`. */
struct run_task {
	const char *name; /* of the worker */
	/* A descriptor that makes the worker look once it is readable, which
	 * look() makes it no more; -1: none. */
	int (*begin)(void *data, const struct run_place *place);
	/* What is new? `told` is of enum run_news. */
	void (*look)(void *data, unsigned told);
	/* When to work, in ms of the monotonic clock. */
	int64_t (*due)(const void *data);
	void (*work)(void *data);
	/* Frees `data`. Also called if it never began. */
	void (*end)(void *data);
};

struct run_worker;

/* Takes over `data` in any case; `mailbox` and `task` are borrowed. The worker
 * calls `tell` as its last act. */
int run_worker_start(const struct mailbox *mailbox, const struct run_task *task,
		     void *data, void (*tell)(void *crew), void *crew,
		     struct run_worker **worker_r, struct err *err);

/* `news` is of enum run_news. */
void run_worker_tell(struct run_worker *worker, unsigned news);

/* Ask for an end, after the step in hand. Has it come? */
void run_worker_stop(struct run_worker *worker);
bool run_worker_has_ended(const struct run_worker *worker);
/* Stops it and waits. For a GPtrArray, too. */
void run_worker_free(void *worker);

#endif
