/* SPDX-License-Identifier: ISC */
/* What push and pull share of state.db: one process at a time for a remote, and
 * transactions that are no batches. */
#ifndef BRIDGE_REMOTE_LEDGER_H
#define BRIDGE_REMOTE_LEDGER_H

#include "defms/mailbox.h"
#include "defms/remote.h"
#include "defms/state-remotes.h"
#include "defms/visible.h"

struct remote_kind;

/* A push or a pull, while which no other process has one with the remote. */
struct remote_turn {
	const struct remote_kind *kind; /* of the remote */
	struct reader *reader;          /* owned */
	int lock;                       /* owned */
};
/* Waits for whoever has it. ENOTSUP for a remote of no kind that is known. 0,
 * or -1 with nothing to be ended. */
int remote_turn_begin(struct mailbox *mailbox, const struct remote *remote,
		      struct remote_turn *turn_r, struct err *err);
void remote_turn_end(struct remote_turn *turn);

/* Begin a transaction under the mailbox's lock, if that is 0; then one of the
 * others, after which neither is held any more, also if the end failed. */
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
