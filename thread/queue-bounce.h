/* SPDX-License-Identifier: ISC */
/* What a message that comes in says of the queue. */
#ifndef THREAD_QUEUE_BOUNCE_H
#define THREAD_QUEUE_BOUNCE_H

#include "defms/batch.h"

/* If this message, which is being added, is a report (bounce.h) about one that
 * was sent: whoever did not get that has failed, and why. 0/-1. */
int queue_bounce(struct batch *batch, struct mime *mime, struct err *err);

#endif
