/* SPDX-License-Identifier: ISC */
/* The highest serials that are in use. */
#ifndef DEFMS_LAST_H
#define DEFMS_LAST_H

#include <stdint.h>

#include "defms/err.h"
#include "fs.h"

/* Of the copies in a folder, if it is over *last; a few probes, no scan. */
int last_copy(struct work *work, int64_t folder, int64_t *last,
	      struct err *err);
/* Of the threads that show anything. */
int last_thread(struct work *work, int64_t *last, struct err *err);

#endif
