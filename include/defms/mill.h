/* SPDX-License-Identifier: ISC */
/* An ordered pool of workers: what is put in one order is taken in the same
 * order, worked on in between by as many workers as there are cores. */
#ifndef DEFMS_MILL_H
#define DEFMS_MILL_H

#include <stdbool.h>
#include <stddef.h>

#include "defms/auto.h"

struct mill;

/* What a worker does with a job; `context` is that worker's. */
struct mill_work {
	void *(*start)(void *data); /* a worker's context */
	void (*work)(void *job, void *context);
	void (*stop)(void *context);
	void *data;
};

/* `workers` of 0: one a core. There is room until `jobs` jobs or `bytes` bytes
 * are inside: the last one put may go beyond, by all that it weighs. */
struct mill *mill_new(const struct mill_work *work, unsigned workers,
		      size_t jobs, size_t bytes);
/* Waits for the workers; jobs that were not taken must be taken before. */
void mill_free(struct mill *mill);
AUTO_KIND(mill, struct mill, mill_free)

/* Is there room for another job? If not, take one. */
bool mill_has_room(struct mill *mill);
/* Put a job that weighs `bytes`. */
void mill_put(struct mill *mill, void *job, size_t bytes);
/* The oldest job, waiting until it is done; NULL if there is none inside. */
void *mill_take(struct mill *mill);

#endif
