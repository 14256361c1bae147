/* SPDX-License-Identifier: ISC */
/* Copies of a mailbox, made while it is in use, and the way back. */
#ifndef DEFMS_BACKUP_H
#define DEFMS_BACKUP_H

#include "defms/mailbox.h"

/* Copy the mailbox as it is at one instant to `folder`, which must be empty or
 * not there. EAGAIN if gc removed a pack meanwhile. What was copied stays there
 * after a failure, but is no mailbox: its identity comes last. */
int mailbox_backup(struct mailbox *mailbox, const char *folder,
		   struct err *err);

/* Copy what mailbox_backup() made, and nobody uses, from `folder` to
 * config_home(), which must be empty or not there. Nothing can be written there
 * until mailbox_renew_device(). */
int mailbox_restore(const char *folder, struct err *err);

/* Copy state.db to `path` as the transaction of `state` sees it. */
int state_copy_to(struct state *state, const char *path, struct err *err);

/* Draw a new key for this device, whose key is in use elsewhere too, in the
 * mailbox itself. `listed_r`: the card lists it already, for the root is here.
 * (mailbox-renew.c) */
int mailbox_renew_device(const struct config *config, bool *listed_r,
			 struct err *err);

#endif
