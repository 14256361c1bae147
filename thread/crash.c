/* SPDX-License-Identifier: ISC */
#include "defms/crash.h"

#ifdef DEFMS_CRASH_POINTS

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The exit status that tells a test "killed at a point", not "failed". */
enum { CRASHED = 99 };

void crash_point(const char *where)
{
	static atomic_long reached;
	const char *wanted = getenv("DEFMS_CRASH");

	if (!wanted)
		return;
	if (atomic_fetch_add(&reached, 1) + 1 != strtol(wanted, NULL, 10))
		return;
	(void)dprintf(STDERR_FILENO, "crash point: %s\n", where);
	_exit(CRASHED);
}

size_t crash_batch(size_t usual)
{
	const char *wanted = getenv("DEFMS_BATCH");

	return wanted ? strtoul(wanted, NULL, 10) : usual;
}

#else
typedef int crash_points_are_off;
#endif
