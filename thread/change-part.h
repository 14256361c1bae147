/* SPDX-License-Identifier: ISC */
/* What the files of change.h share. */
#ifndef DEFMS_CHANGE_PART_H
#define DEFMS_CHANGE_PART_H

#include "defms/change.h"

/* The box that `copy` stands in has changed. */
int change_touch_folder(struct batch *batch, const struct state_copy *copy,
			struct err *err);
/* Write a copy that has another name now; its base goes where the name would be
 * another's. In a write transaction. */
int change_put_renamed(struct state *state, struct state_copy *copy,
		       struct err *err);

#endif
