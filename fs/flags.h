/* SPDX-License-Identifier: ISC */
/* What is written into `flags` of a thread or message. */
#ifndef DEFMS_FLAGS_H
#define DEFMS_FLAGS_H

#include <stddef.h>

#include "defms/batch.h"
#include "defms/err.h"
#include "fs.h"
#include "node.h"

struct flags_change {
	unsigned set, clear; /* enum state_flag; of a thread enum
			      * state_thread_flag and RENDER_SEEN */
};

/* Words with '+' or '-' before them ('+' if there is none) and white space
 * between. The last one about a flag counts. EINVAL for any other word. */
int flags_parse(const void *text, size_t size, bool thread,
		struct flags_change *change_r, struct err *err);

/* A write of `text` to `node`, NODE_THREAD_FLAGS or NODE_FLAGS. */
int flags_apply(struct batch *batch, struct work *work, struct node node,
		const void *text, size_t size, struct err *err);

#endif
