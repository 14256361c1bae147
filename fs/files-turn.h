/* SPDX-License-Identifier: ISC */
/* What becomes of files: a state changes, the kernel lets go of a name or of
 * the file. */
#ifndef DEFMS_FILES_TURN_H
#define DEFMS_FILES_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "files.h"

/* The state changes, if it still is `from` and nothing was written since
 * `changed`: true. To FILE_MESSAGE its name goes, here and below files/, and
 * from then on the node is its copy's. */
bool files_turn(struct files *files, const struct file *from,
		enum file_state to);
/* The copy it becomes, if it has none yet. */
void files_set_copy(struct files *files, uint32_t number, int64_t copy);

/* Who lets go of names (rest.c): the kernel believes a name until it changes it
 * itself, so one that the daemon changed by its own doing (an error beside a
 * file, an outbox that was emptied) must be noted after that; what became a
 * message is noted by files_turn(). rest.c, a worker that answers nobody, drops
 * them. */
void files_note(struct files *files, struct node dir, const char *name);
/* One that was noted; its file was `number` (0: do not know). */
bool files_take_note(struct files *files, struct node *dir_r, char name_r[256],
		     uint32_t *number_r);
/* Sleep until there is a note, a file begins to come or to rest, somebody
 * calls files_wake(), or the monotonic time (ns) `until`. */
void files_wait(struct files *files, int64_t until);
void files_wake(struct files *files);
/* The monotonic time, ns. */
int64_t files_now(void);

/* The kernel was given the node once more; it forgot it `count` times. */
void files_hold(struct files *files, uint32_t number);
void files_forget(struct files *files, uint32_t number, uint64_t count);

#endif
