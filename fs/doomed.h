/* SPDX-License-Identifier: ISC */
/* Messages whose files somebody has begun to unlink: remembered for a while, so
 * that the rmdir that follows is known to be the end of an rm -r. Any worker.
 */
#ifndef DEFMS_DOOMED_H
#define DEFMS_DOOMED_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"

struct doomed;

struct doomed *doomed_new(void);
void doomed_free(struct doomed *doomed);
AUTO_KIND(doomed, struct doomed, doomed_free)

/* A file of `message` was unlinked; `whole`: the one that holds all of it. */
void doomed_note(struct doomed *doomed, int64_t message, bool whole);
/* Was any, of late? */
bool doomed_has(struct doomed *doomed, int64_t message);
/* Was the whole? It is forgotten. */
bool doomed_take(struct doomed *doomed, int64_t message);

#endif
