/* SPDX-License-Identifier: ISC */
/* What a worker looks at: a pack, a strand, one of the two databases. */
#ifndef DEFMS_CHECK_JOB_H
#define DEFMS_CHECK_JOB_H

#include "check-parts.h"
#include "defms/mill.h"

enum check_kind { CHECK_PACK, CHECK_STATE, CHECK_INDEX, CHECK_STRAND };

struct check_job {
	enum check_kind kind;
	const char *pack;                  /* borrowed from the look */
	const struct state_strand *strand; /* borrowed from the look */
	struct findings findings;
	GArray *serials; /* owned: int64_t */
};

struct check_job *check_job_new(enum check_kind kind);
/* Its findings are released by who took them. */
void check_job_free(struct check_job *job);

/* The work of a mill whose workers take a reader each from `readers`. */
struct mill_work check_work(GAsyncQueue *readers);

#endif
