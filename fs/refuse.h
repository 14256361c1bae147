/* SPDX-License-Identifier: ISC */
/* Files that were to become a message, or to be sent, and could not: they stay,
 * and beside each stands why. */
#ifndef DEFMS_REFUSE_H
#define DEFMS_REFUSE_H

#include "fs.h"

/* `file`, as it was when it was looked at, is FILE_REFUSED for `reason`, which
 * `<name>.error` beside it says, and .defms/errors. */
void refuse_file(struct fs *fs, const struct file *file,
		 const struct err *reason);
/* It has gone, or is another now: so does the error. */
void refuse_forget(struct fs *fs, struct node dir, const char *name);

#endif
