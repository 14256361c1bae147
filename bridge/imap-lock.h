/* SPDX-License-Identifier: ISC */
/* Who is at work, by locks on bytes of $DEFMS_HOME/imap.lock, which a kill
 * takes away: byte 0 is `bridge run`, another the account of that serial. */
#ifndef BRIDGE_IMAP_LOCK_H
#define BRIDGE_IMAP_LOCK_H

#include <stdint.h>

#include "defms/mailbox.h"

enum { IMAP_LOCK_RUN = 0 };

/* A descriptor to be closed at the end; EBUSY if somebody has it. -1. */
int imap_lock(const struct mailbox *mailbox, int64_t byte, struct err *err);
/* 1/0/-1. */
int imap_lock_is_held(const struct mailbox *mailbox, int64_t byte,
		      struct err *err);

#endif
