/* SPDX-License-Identifier: ISC */
/* What backup.c is made of. */
#ifndef DEFMS_BACKUP_PARTS_H
#define DEFMS_BACKUP_PARTS_H

#include <fcntl.h>
#include <stdbool.h>

#include "defms/err.h"

/* Copy a regular file; durable. EEXIST. */
int backup_copy_file(const char *from, const char *to, mode_t mode,
		     struct err *err);

/* Copy files/ from one mailbox's folder to another's. With `restore` what lay
 * in an outbox becomes a draft: it may have been sent since. */
int backup_files(const char *from, const char *to, bool restore,
		 struct err *err);

#endif
