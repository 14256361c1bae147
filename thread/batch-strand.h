/* SPDX-License-Identifier: ISC */
/* A strand that a batch adds to. */
#ifndef DEFMS_BATCH_STRAND_H
#define DEFMS_BATCH_STRAND_H

#include "arrival.h"
#include "defms/strand.h"
#include "store-pack.h"

struct batch_strand {
	struct state_strand state;
	GArray *entries; /* owned: struct strand_entry, what is new */
	GArray *serials; /* owned: int64_t, of these messages */
	GArray *sent;    /* owned: struct message_id: ids for `sent` */
	GArray *erased;  /* owned: struct message_id: ids that are left out;
			  * with any, the chain begins anew */
	GByteArray *keys, *members; /* owned; of a shared strand that is
				     * founded now, its blobs; else NULL */
	bool linked;                /* its lines in state.db changed */
	int64_t newest;             /* Date of the newest of these */
	GString *fields; /* owned: header fields of the earliest-dated message
			  * if it is a new one; else NULL */
};

/* For hash tables that have a struct strand_id as the key. */
guint batch_strand_hash(gconstpointer id);
gboolean batch_strand_equal(gconstpointer a, gconstpointer b);
/* With all it owns; for such a table. */
void batch_strand_free(gpointer strand);

/* The strand `wanted` names, put into state.db if it is new. NULL if that
 * failed. Caller frees. */
struct batch_strand *batch_strand_open(struct state *state,
				       const struct state_strand *wanted,
				       struct err *err);

/* A message for it. */
void batch_strand_add(struct batch_strand *strand,
		      const struct strand_entry *entry, int64_t serial,
		      const struct arrival_made *made);
/* The id of a message that this batch added, or NULL. */
const struct message_id *batch_strand_id(const struct batch_strand *strand,
					 int64_t serial);

/* Put `keys` and `members` into the tree, where a shared strand lacks them:
 * those of its founding, or of another device's chain. (batch-strand-circle.c)
 */
int batch_strand_circle(struct batch_strand *strand, struct reader *reader,
			struct strand_tree *tree, struct pack *pack,
			struct err *err);

/* Leave messages (struct message_id) out of it from now on. EBADMSG, ENOENT if
 * it is damaged; nothing has changed then. (batch-strand-erase.c) */
int batch_strand_erase(struct batch_strand *strand, struct reader *reader,
		       const GArray *ids, struct err *err);

/* The tree of its tip; an empty one if it has none. */
int batch_strand_tip(const struct batch_strand *strand, struct store *store,
		     struct strand_tree **tree_r, struct err *err);
/* The thread object is of the message `id`, if that is the earliest. */
void batch_strand_note_first(struct batch_strand *strand,
			     const struct mime *mime,
			     const struct message_id *id);

/* Is there anything to commit? */
bool batch_strand_changed(const struct batch_strand *strand);

/* Write its trees and its commit to `pack`, and its new tip to state.db with a
 * line on the to-do list of refs. */
int batch_strand_write(struct batch_strand *strand, struct reader *reader,
		       struct pack *pack, struct err *err);

#endif
