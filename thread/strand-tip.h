/* SPDX-License-Identifier: ISC */
/* From the tip of a chain to what it holds. */
#ifndef DEFMS_STRAND_TIP_H
#define DEFMS_STRAND_TIP_H

#include "defms/strand.h"

/* The tree of the commit `tip`; an empty one if that is null. ENOENT, EBADMSG
 * if it is damaged. */
int strand_tip_read(struct store *store, const struct object_id *tip,
		    struct strand_tree **tree_r, struct err *err);

#endif
