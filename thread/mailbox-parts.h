/* SPDX-License-Identifier: ISC */
/* What the files of the write path share of a mailbox. */
#ifndef DEFMS_MAILBOX_PARTS_H
#define DEFMS_MAILBOX_PARTS_H

#include "defms/mailbox.h"

/* mailbox_open() in steps, for those who look at one that may be damaged. The
 * first reads nothing; identity and store are NULL until they are opened. */
int mailbox_open_unread(const struct config *config, struct mailbox **mailbox_r,
			struct err *err);
int mailbox_open_identity(struct mailbox *mailbox, struct err *err);
int mailbox_open_store(struct mailbox *mailbox, struct err *err);

/* How to ask for its passphrase; `again` for a new one. */
struct passphrase mailbox_passphrase(const struct config *config, bool again);

/* Make the folder `home` with all that is in it but the identity, as far as it
 * is not there. (mailbox-create.c) */
int mailbox_make(const char *home, struct err *err);

/* Its identity, to be changed under the lock (key-change.h). */
struct identity *mailbox_own_identity(struct mailbox *mailbox);
/* Under the lock: take over what another process of this device changed in it;
 * write what was changed here. (mailbox-identity.c) */
int mailbox_refresh_identity(struct mailbox *mailbox, struct err *err);
int mailbox_save_identity(struct mailbox *mailbox, struct err *err);
/* Under the lock: may this device write for its person? EPERM, and what to do
 * about it, if not. (mailbox-identity.c) */
int mailbox_may_write(const struct mailbox *mailbox, struct err *err);
/* Under the lock: a card that came from a remote; of mine, it is kept if it is
 * newer. 1 it is, 0, -1. (mailbox-identity.c) */
int mailbox_take_card(struct mailbox *mailbox, const char *text, size_t size,
		      struct err *err);
/* Let the card have all addresses of the settings, if the root is here and
 * nobody writes. (mailbox-identity.c) */
void mailbox_renew_card(struct mailbox *mailbox);

/* Draw a new number for the index of the state.db at `path`. */
int mailbox_number_index(const char *path, struct err *err);

/* Is a list's mail kept in public strands ([public] list)? */
bool mailbox_is_public(const struct mailbox *mailbox, const char *list_id);

/* Move refs of chains (struct ref_move) and write those of forks (struct
 * ref_fork). The to-do list is cleared once all that are on it are durable,
 * which costs a sync now and then. */
int mailbox_move_refs(struct mailbox *mailbox, struct state *state,
		      const GArray *moves, const GArray *forks,
		      struct err *err);

/* Clear the to-do list of refs: they are durable. A transaction of its own. */
int mailbox_clear_moves(struct state *state, struct err *err);

/* The last seq this process wrote or replayed; what another wrote since then
 * must be looked at again. */
int64_t mailbox_replayed(const struct mailbox *mailbox);
void mailbox_set_replayed(struct mailbox *mailbox, int64_t seq);

/* The random number of this process's run of batches (state_run_on()). */
int64_t mailbox_run(const struct mailbox *mailbox);

/* What the writer keeps between batches (writing.h); NULL: nothing. */
struct writing;
struct writing **mailbox_writing(struct mailbox *mailbox);

/* What the index in use is to state.db. */
enum index_standing {
	INDEX_CURRENT,
	INDEX_BEHIND,  /* it lacks the last batches */
	INDEX_MISSING, /* no file */
	INDEX_UNFIT,   /* damaged, another version's, or of another past: that
			* of a state.db from which this one was restored */
};
/* -1 if that cannot be told. `generation_r` is its number. (standing.c) */
int mailbox_index_standing(const struct mailbox *mailbox,
			   enum index_standing *standing_r,
			   int64_t *generation_r, struct err *err);

/* Bring the index that is in use up to state.db; make it anew if there is
 * none. Under the lock. (reindex.c) */
int mailbox_catch_up(struct mailbox *mailbox, struct err *err);

#endif
