/* SPDX-License-Identifier: ISC */
/* A mailbox of its own with a queue, for the tests of it. */
#ifndef DEFMS_QUEUE_TEST_H
#define DEFMS_QUEUE_TEST_H

#include "defms/queue.h"
#include "store-test.h"
#include "world-test.h"

/* A message called `name`, with `more` in its header, to `count` people; the
 * caller frees it. */
struct composed *make(const char *name, const char *more, unsigned count);

/* Put it into the queue, in a batch of its own: what queue_add() gave. */
int put(struct world *world, const struct composed *composed,
	const struct queue_source *source, int64_t *id_r);

/* One of that name to two people; its id in the queue. */
int64_t put_named(struct world *world, const char *name);

#endif
