/* SPDX-License-Identifier: ISC */
/* Files of the mount's in a mailbox that is restored. */
#ifndef DEFMS_BACKUP_FILES_H
#define DEFMS_BACKUP_FILES_H

#include "defms/err.h"

/* What lies in an outbox in `home`, which is not mounted, becomes a draft. */
int backup_empty_outboxes(const char *home, struct err *err);

#endif
