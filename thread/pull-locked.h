/* SPDX-License-Identifier: ISC */
/* Blobs `keys` in which no box is for me. To find that out costs one
 * multiplication on the curve for each box and each generation of my keys, and
 * anybody can offer any number of them: so it is remembered, by the workers
 * while a pull goes on, and by state.db from one to the next. */
#ifndef DEFMS_PULL_LOCKED_H
#define DEFMS_PULL_LOCKED_H

#include <stdbool.h>

#include "defms/mailbox.h"
#include "state-bad.h"

struct pull_locked;
struct pull_locked *pull_locked_new(const struct mailbox *mailbox);
void pull_locked_free(struct pull_locked *locked);

/* Was it tried in vain, with as many generations as I have? 1/0/-1. */
int pull_locked_has(struct pull_locked *locked, struct state *state,
		    const struct object_id *keys, struct err *err);
/* It was. */
void pull_locked_add(struct pull_locked *locked, const struct object_id *keys);

/* Let state.db remember what was added: no batch, for nobody can see it. Should
 * that fail, it is found out once more. */
void pull_locked_keep(struct pull_locked *locked, struct mailbox *mailbox,
		      struct state *state);

#endif
