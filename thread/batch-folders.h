/* SPDX-License-Identifier: ISC */
/* The folders that a batch files copies in; for batch*.c. */
#ifndef DEFMS_BATCH_FOLDERS_H
#define DEFMS_BATCH_FOLDERS_H

#include "defms/state.h"

struct folders;

/* `state`, which has the batch's transaction, is borrowed. */
struct folders *folders_new(struct state *state);
void folders_free(struct folders *folders);
AUTO_KIND(folders, struct folders, folders_free)

/* The serial of the folder `name`, which is made if there is none. */
int folders_find(struct folders *folders, const char *name, int64_t *serial_r,
		 struct err *err);

/* Something came to its new/ or cur/, or went. */
void folders_touch(struct folders *folders, int64_t folder, bool is_new);
/* Let the times of those grow: once a batch, not once a copy. */
int folders_settle(struct folders *folders, struct err *err);

#endif
