/* SPDX-License-Identifier: ISC */
/* Who asks. The kernel looks a name up before it makes a directory of it, and
 * does not say what for: where looking up makes the name, nothing could be made
 * any more. */
#ifndef DEFMS_CALLER_H
#define DEFMS_CALLER_H

#include <stdbool.h>

#include <sys/types.h>

/* Is `pid`, which waits for an answer, making a directory? As far as it can be
 * told. */
bool caller_makes_directory(pid_t pid);

#endif
