/* SPDX-License-Identifier: ISC */
/* A process that outlives the daemon, to end the mount if the daemon cannot.
 *
 * Killed in the instant when it tells the kernel of a name (teller.h), the
 * daemon does not quite end: its teller waits, not to be interrupted, for
 * whoever changes that directory, who waits for an answer of the daemon. The
 * kernel keeps the connection as long as the teller has a descriptor of it,
 * and so the mount would hang for good. The guard notices that the rest of the
 * daemon is gone, as the kernel closes its end of a socket then, and aborts
 * the connection.
 *
 * It is forked before the daemon opens anything, holds nothing but that socket
 * and what aborts the connection, and ends with the daemon. */
#ifndef DEFMS_GUARD_H
#define DEFMS_GUARD_H

#include "defms/auto.h"
#include "defms/err.h"

struct guard;

/* Fork it. To be called while there are neither workers nor secrets. */
int guard_new(struct guard **guard_r, struct err *err);

/* When the caller's process is gone, however it went, "1" is written to what
 * `fd` is open for. Once; EPIPE if the guard was killed. */
int guard_hold(struct guard *guard, int fd, struct err *err);

/* As if the process were gone; the guard has ended when this returns. */
void guard_free(struct guard *guard);
AUTO_KIND(guard, struct guard, guard_free)

#endif
