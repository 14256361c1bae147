/* SPDX-License-Identifier: ISC */
/* Files of a git repository that stock git may write too. */
#ifndef DEFMS_STORE_LOCK_H
#define DEFMS_STORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "defms/err.h"

/* Put `size` bytes in the place of the file `path` as git does, under
 * "<path>.lock". The mailbox's lock must be held. EAGAIN if another git has
 * that lock. */
int store_write_locked(const char *path, const void *data, size_t size,
		       bool durable, struct err *err);

#endif
