/* SPDX-License-Identifier: ISC */
/* A few workers and the jobs that wait for them, first come first served. */
#ifndef DEFMS_WORKERS_H
#define DEFMS_WORKERS_H

#include <stddef.h>

struct workers;

/* `count` workers; each calls `run` for a job. They start with the first. */
struct workers *workers_new(size_t count, void (*run)(void *job));
/* From any worker. */
void workers_push(struct workers *workers, void *job);
/* Returns when all jobs are done. */
void workers_free(struct workers *workers);

#endif
