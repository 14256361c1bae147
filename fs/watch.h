/* SPDX-License-Identifier: ISC */
/* What other processes change shows in the mount: the watcher follows the
 * index, takes back what the kernel keeps, and wakes who waits for mail. It
 * is a worker of its own and holds no lock. */
#ifndef DEFMS_WATCH_H
#define DEFMS_WATCH_H

#include "defms/auto.h"
#include "defms/err.h"
#include "mount.h"

struct watch;

int watch_start(struct mount *mount, struct watch **watch_r, struct err *err);
/* Returns when it is done: it must be before an unmount. */
void watch_stop(struct watch *watch);
AUTO_KIND(watch, struct watch, watch_stop)

#endif
