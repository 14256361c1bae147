/* SPDX-License-Identifier: ISC */
/* Serials of copies that are to be: they are inode numbers, and rise with
 * arrival, so they are given out when a file arrives, a block in advance. */
#ifndef DEFMS_SERIALS_H
#define DEFMS_SERIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "fs.h"

struct serials;

struct serials *serials_new(void);
void serials_free(struct serials *serials);
AUTO_KIND(serials, struct serials, serials_free)

/* The next one. `last` is the highest that was given out to anybody: over it
 * the block is of no use; 0 takes it all the same. 0 if there is none:
 * serials_wait(). */
int64_t serials_next(struct serials *serials, int64_t last);
/* Is it of a block that was reserved here? */
bool serials_gave(struct serials *serials, int64_t serial);
/* Is it time for another block? */
bool serials_are_few(struct serials *serials);
/* Wait until serials_fill(), which was asked for before, has filled it: 1; 0 if
 * something is left after a while, for another process may be writing; -1. */
int serials_wait(struct serials *serials, struct err *err);
/* Reserve another block; takes the mailbox's lock. Whoever waits goes on. */
void serials_fill(struct serials *serials, struct fs *fs);

#endif
