/* SPDX-License-Identifier: ISC */
/* Files come to rest: what is written straight into new/ or cur/ has arrived,
 * and what lies in an outbox is to be sent, once nobody writes to it any more.
 * A worker of its own, which also lets the kernel let go of the names that were
 * noted (files.h). */
#ifndef DEFMS_REST_H
#define DEFMS_REST_H

#include "defms/auto.h"
#include "defms/err.h"
#include "mount.h"

struct rest;

/* EINVAL for a setting send.delay that is no number of seconds. NULL, and 0,
 * for a mount that nothing is written to. */
int rest_start(struct mount *mount, struct rest **rest_r, struct err *err);
/* Returns when it is done: it must be before an unmount. */
void rest_stop(struct rest *rest);
AUTO_KIND(rest, struct rest, rest_stop)

#endif
