/* SPDX-License-Identifier: ISC */
/* A mailbox: one person's store, state and index under $DEFMS_HOME. It is
 * shared by all workers of a process; what each of them reads through is a
 * struct reader (reader.h), what changes it is a struct batch (batch.h). */
#ifndef DEFMS_MAILBOX_H
#define DEFMS_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/config.h"
#include "defms/err.h"
#include "defms/key.h"
#include "defms/state.h"
#include "defms/store.h"

struct mailbox;

/* Make a mailbox for a new person under config_home(); `config` gives
 * passphraseCommand. With `ask` it gets a passphrase. EEXIST. */
int mailbox_create(const struct config *config, const char *name,
		   const char *const *mails, size_t mail_count, bool ask,
		   struct err *err);

/* Open it: identity (asks for the passphrase if there is one), store, index.
 * An index that is missing or behind is brought up to date if nobody else is
 * writing, so that what is read is what was committed. `config` is borrowed.
 * ENOENT says to run `defms init`. */
int mailbox_open(const struct config *config, struct mailbox **mailbox_r,
		 struct err *err);
/* The same one for another worker, which changes it beside the first as another
 * process would; nobody is asked for a passphrase again. The settings must last
 * longer. */
int mailbox_open_beside(const struct mailbox *mailbox,
			struct mailbox **beside_r, struct err *err);
void mailbox_close(struct mailbox *mailbox);
AUTO_KIND(mailbox, struct mailbox, mailbox_close)

/* All borrowed until mailbox_close(). */
const struct config *mailbox_config(const struct mailbox *mailbox);
const struct identity *mailbox_identity(const struct mailbox *mailbox);
struct store *mailbox_store(const struct mailbox *mailbox);
const char *mailbox_home(const struct mailbox *mailbox);
const char *mailbox_cache(const struct mailbox *mailbox);

/* Paths; the caller frees. `generation` is state.db's number "index". */
char *mailbox_state_path(const struct mailbox *mailbox);
char *mailbox_index_path(const struct mailbox *mailbox, int64_t generation);

/* The writers' lock, held a batch at a time. Waits for it. */
int mailbox_lock(struct mailbox *mailbox, struct err *err);
/* The same without waiting: 1 held, 0 somebody else has it. */
int mailbox_try_lock(struct mailbox *mailbox, struct err *err);
void mailbox_unlock(struct mailbox *mailbox);
/* Does another process wait for the lock that is held here? */
bool mailbox_wanted(struct mailbox *mailbox);

/* What relaxed batches committed is on the disk after this. Any worker. */
int mailbox_sync(struct mailbox *mailbox, struct err *err);

/* Under the lock: finish what a dead writer left: move refs that are on the
 * to-do list, remove packs nobody committed, bring the index up to date. */
int mailbox_replay(struct mailbox *mailbox, struct err *err);

struct mailbox_reindexed {
	int64_t done;    /* messages that are in the new index */
	int64_t damaged; /* messages, and whole threads, that cannot be read */
};

/* Write a new index from the history and state.db and switch to it. Takes the
 * lock. What is damaged is left out; any other failure leaves the old one. */
int mailbox_reindex(struct mailbox *mailbox, struct mailbox_reindexed *report_r,
		    struct err *err);

#endif
