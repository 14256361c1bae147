/* SPDX-License-Identifier: ISC */
/* What arrived, as a copy in a folder; for batch*.c. */
#ifndef DEFMS_BATCH_COPY_H
#define DEFMS_BATCH_COPY_H

#include "arrival.h"

/* File a copy of `copy->message` in `copy->folder`, with its trace; the rest of
 * `copy` is filled in from what arrived, in the batch's transaction. */
int copy_file(struct reader *reader, struct arrival *arrival,
	      struct state_copy *copy, struct err *err);

#endif
