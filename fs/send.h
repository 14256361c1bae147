/* SPDX-License-Identifier: ISC */
/* Files of outboxes go to the queue. */
#ifndef DEFMS_SEND_H
#define DEFMS_SEND_H

#include "defms/err.h"
#include "fs.h"

/* `file`, as it was when it had rested, is queued and goes; it was refused; or
 * it is another now, and stays. -1: to be tried again. In the writer. */
int send_file(struct fs *fs, const struct file *file, struct err *err);

#endif
