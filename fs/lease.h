/* SPDX-License-Identifier: ISC */
/* Does anybody have a file of the mount open for writing? The kernel knows: it
 * gives a read lease only where nobody has. So the file is opened through the
 * mount, a lease is asked for, and given back at once.
 *
 * It is a worker that does so, with a table of descriptors of its own, for the
 * reason that teller.h gives: killed while it waits for its own answer, the
 * daemon would hang the mount. */
#ifndef DEFMS_LEASE_H
#define DEFMS_LEASE_H

#include <stdint.h>

#include "defms/auto.h"
#include "defms/err.h"

struct lease;

enum leased { LEASED_FREE, LEASED_BUSY, LEASED_UNKNOWN };

int lease_new(struct lease **lease_r, struct err *err);
/* One at a time. LEASED_BUSY also for a path that is not the inode `inode`;
 * LEASED_UNKNOWN with the reason in `err`. */
enum leased lease_ask(struct lease *lease, const char *path, uint64_t inode,
		      struct err *err);
void lease_free(struct lease *lease);
AUTO_KIND(lease, struct lease, lease_free)

#endif
