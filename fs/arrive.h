/* SPDX-License-Identifier: ISC */
/* Files that arrived become messages. */
#ifndef DEFMS_ARRIVE_H
#define DEFMS_ARRIVE_H

#include "defms/auto.h"
#include "defms/err.h"
#include "fs.h"

struct arrive;

struct arrive *arrive_new(struct fs *fs);
void arrive_free(struct arrive *arrive);
AUTO_KIND(arrive, struct arrive, arrive_free)

/* What a kill left: files that are messages already go. Before anything else.
 */
int arrive_begin(struct arrive *arrive, struct err *err);
/* All files that have arrived. -1: those that have not become messages are
 * still there, to be tried again. */
int arrive_run(struct arrive *arrive, struct err *err);
/* Nothing of them needs to be remembered any more. */
int arrive_end(struct arrive *arrive, struct err *err);

#endif
