/* SPDX-License-Identifier: ISC */
/* What a person names on the command line: a thread's directory or a part of
 * its name, a path into the mount, the start of a message's hash, a query. */
#ifndef DEFMS_CMD_TARGET_H
#define DEFMS_CMD_TARGET_H

#include "defms/reader.h"

struct target {
	GArray *threads; /* owned; of int64_t; none if it is a message */
	int64_t message; /* its serial, or 0 */
	int64_t only;    /* the only message that a query found, or 0 */
};

/* ENOENT if nothing is so called. */
int target_find(struct reader *reader, char **words, struct target *target_r,
		struct err *err);
static inline void target_auto_(struct target *held)
{
	if (held->threads)
		g_array_unref(held->threads);
}

#endif
