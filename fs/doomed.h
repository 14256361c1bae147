/* SPDX-License-Identifier: ISC */
/* Messages, or threads, whose files somebody has begun to unlink: remembered
 * for a while, so that the rmdir that follows is known to be the end of an rm
 * -r. Any worker. */
#ifndef DEFMS_DOOMED_H
#define DEFMS_DOOMED_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"

struct doomed;

struct doomed *doomed_new(void);
void doomed_free(struct doomed *doomed);
AUTO_KIND(doomed, struct doomed, doomed_free)

/* A file of that with this serial was unlinked; `whole`: the one that holds all
 * of it. */
void doomed_note(struct doomed *doomed, int64_t serial, bool whole);
/* Was any, of late? */
bool doomed_has(struct doomed *doomed, int64_t serial);
/* Was the whole? It is forgotten. */
bool doomed_take(struct doomed *doomed, int64_t serial);

#endif
