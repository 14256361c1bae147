/* SPDX-License-Identifier: ISC */
/* Files of outboxes go to the queue, in two steps. What a draft attaches may
 * stand in the mount itself, where a rename that waits for the writer may hold
 * its directory: so the writer never composes. */
#ifndef DEFMS_SEND_H
#define DEFMS_SEND_H

#include <stdbool.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "fs.h"

struct sending;

/* `file`, as it was when it had rested. */
struct sending *sending_new(struct fs *fs, const struct file *file);
void sending_free(struct sending *sending);
AUTO_KIND(sending, struct sending, sending_free)
const struct file *sending_file(const struct sending *sending);

/* Make a message of it. Any worker but the writer. What fails is told by
 * sending_finish(). */
void sending_compose(struct sending *sending);
/* It is queued and goes; it was refused; or the file is another now, and stays.
 * -1: to be tried again. In the writer. */
int sending_finish(struct sending *sending, struct err *err);

#endif
