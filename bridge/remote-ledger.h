/* SPDX-License-Identifier: ISC */
/* What push and pull share of state.db: one process at a time for a remote, and
 * transactions that are no batches. */
#ifndef BRIDGE_REMOTE_LEDGER_H
#define BRIDGE_REMOTE_LEDGER_H

#include "defms/mailbox.h"
#include "defms/remote.h"
#include "defms/state-remotes.h"
#include "defms/visible.h"

/* A descriptor to be closed at the end; waits for who has it. */
int remote_ledger_lock(const struct mailbox *mailbox,
		       const struct remote *remote, struct err *err);

/* Begin; then one of the others. */
int remote_ledger_open(struct mailbox *mailbox, struct state *state,
		       struct err *err);
int remote_ledger_close(struct mailbox *mailbox, struct state *state,
			struct err *err);
void remote_ledger_drop(struct mailbox *mailbox, struct state *state);

/* The row of the remote. If it is another one than it was, or for somebody
 * else, all that was known is forgotten. */
int remote_ledger_row(struct mailbox *mailbox, struct state *state,
		      const struct visible *visible, struct state_remote *row_r,
		      struct err *err);

#endif
