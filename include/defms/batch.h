/* SPDX-License-Identifier: ISC */
/* Messages coming in: the commit protocol of design section 2.
 *
 *	arrival_prepare()	any worker: split, hash, parse, compress, seal
 *	batch_add()		the writer, in order
 *	batch_commit()		pack, state.db (the commit point), refs, index
 */
#ifndef DEFMS_BATCH_H
#define DEFMS_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/mailbox.h"
#include "defms/message.h"
#include "defms/mime.h"
#include "defms/reader.h"

/* One message on its way in. */
struct arrival {
	/* Given by whoever brings it; owned. */
	GByteArray *raw;  /* its bytes; becomes the content */
	char *folder;     /* name_folder() form */
	char *base;       /* Maildir base name, or NULL */
	char *origin;     /* where it came from, for reports: "in.mbox:1234" */
	int64_t received; /* Unix seconds; 0: its Date, else now */
	unsigned flags;
	bool is_new;
	bool is_public; /* came by `import --public` */
	/* Somebody put it here by hand (a file in a mounted Maildir, a message
	 * of one's own): it always is one more copy, and brings back a message
	 * that was removed. */
	bool by_hand;
	bool goes_out; /* to whom it says: [share] auto may share it */
	/* It came from a server: the serial of its folder there (state-imap.h);
	 * 0: not so. If there is a copy of these very bytes (but for CRLF) that
	 * no UID stands for yet, in its folder or gone from another one of the
	 * account's, that is it: BATCH_KNOWN, and it stands in the folder then
	 * unless somebody moved it here. Else it is one more copy, and brings
	 * back a message that was removed. */
	int64_t imap_folder;
	int64_t serial; /* its copy's, from state_copy_reserve(); 0: the next */
	char *suffix; /* owned; what follows `base` in its file name; NULL: what
		       * the flags make */
	/* Made by arrival_prepare(). */
	struct arrival_made *made;
};

struct arrival *arrival_new(void);
void arrival_free(struct arrival *arrival);
AUTO_KIND(arrival, struct arrival, arrival_free)

/* Do all that wants no lock. `reader` is the worker's own. EFBIG for a message
 * over MESSAGE_MAX, EINVAL for one without any bytes. */
int arrival_prepare(struct arrival *arrival, struct reader *reader,
		    struct err *err);

/* What adding a message came to. */
enum batch_result {
	BATCH_NEW,   /* a message that was not here */
	BATCH_COPY,  /* another copy of one that was */
	BATCH_KNOWN, /* this very copy was here, or its message was removed:
		      * that is never brought back by coming in again */
};

struct batch;

/* Take the lock, finish what a dead writer left, begin. */
int batch_begin(struct mailbox *mailbox, struct batch **batch_r,
		struct err *err);
/* The same for changes that a kill must not lose, but a power loss may until
 * mailbox_sync(): its commit does not wait for the disk. Adding messages to it
 * is durable all the same. */
int batch_begin_relaxed(struct mailbox *mailbox, struct batch **batch_r,
			struct err *err);
/* The same, unless another writer has the lock: 1 begun, 0, -1. */
int batch_try_relaxed(struct mailbox *mailbox, struct batch **batch_r,
		      struct err *err);
/* Undoes what was not committed and gives the lock back. */
void batch_free(struct batch *batch);
AUTO_KIND(batch, struct batch, batch_free)

/* Add a prepared arrival, which becomes the batch's. `seen` holds the serials
 * (int64_t *) of the copies that this import has met or made, so that the same
 * bytes twice in one source are two copies, but once again none. What can be
 * wrong with one message, arrival_prepare() says: a failure here is one of the
 * disk or of a database, and the batch can only be freed. */
int batch_add(struct batch *batch, struct arrival *arrival, GHashTable *seen,
	      enum batch_result *result_r, struct err *err);

/* What the last batch_add() added or met (a copy only if it was added or came
 * from a server; else 0). */
int64_t batch_last_message(const struct batch *batch);
int64_t batch_last_copy(const struct batch *batch);

/* Its reader, whose state is the batch's; borrowed. */
struct reader *batch_reader(struct batch *batch);
/* The reader that the last batch has left for the next; NULL: there is none.
 * Borrowed by who begins no batch before he is done, nor lets another. */
struct reader *batch_idle_reader(struct mailbox *mailbox);
/* The index as it was before the batch. Borrowed; NULL and `err`. */
struct index *batch_index(struct batch *batch, struct err *err);

/* It came out of this device's own queue: its strand's `sent` says so. */
int batch_note_sent(struct batch *batch, int64_t message, struct err *err);

/* The connection of the batch's transaction, for other changes in it. */
struct state *batch_state(struct batch *batch);
/* A thread changed otherwise: its derived files get new versions. Messages of
 * it were removed or brought back, */
void batch_touch_thread(struct batch *batch, int64_t thread);
/* or just its flags, or those of a message in it, are others. */
void batch_touch_flags(struct batch *batch, int64_t thread);
int batch_touch_message(struct batch *batch, int64_t message, struct err *err);
/* Messages added, and bytes of their content. */
size_t batch_count(const struct batch *batch);
uint64_t batch_bytes(const struct batch *batch);
/* Has it run for 250 ms with somebody waiting for the lock? */
bool batch_should_end(const struct batch *batch);

/* Commit. -1: nothing of the batch happened. 0: it did, for good, also if refs
 * or the index could not follow, which the next writer mends. Afterwards the
 * batch can only be freed. */
int batch_commit(struct batch *batch, struct err *err);
/* Why something waits for the next writer after a commit; NULL: nothing does.
 * Borrowed from the batch. */
const struct err *batch_unfinished(const struct batch *batch);

#endif
