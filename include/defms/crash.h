/* SPDX-License-Identifier: ISC */
/* Crash points stand on each side of each durable step. In test builds the
 * n-th one reached ends the process at once when DEFMS_CRASH=n is set; in
 * others they are nothing. */
#ifndef DEFMS_CRASH_H
#define DEFMS_CRASH_H

#include <stddef.h>

#ifdef DEFMS_CRASH_POINTS
/* `where` names the step, for the test's report. */
void crash_point(const char *where);
/* Messages in a batch: $DEFMS_BATCH, else `usual`. */
size_t crash_batch(size_t usual);
#else
static inline void crash_point(const char *where)
{
	(void)where;
}
static inline size_t crash_batch(size_t usual)
{
	return usual;
}
#endif

#endif
