/* SPDX-License-Identifier: ISC */
/* The tree of a chain: what one device put into one strand (design 3.2).
 *
 *	thread keys members links sent	blobs, each perhaps absent
 *	m/<64 hex>			a message: a blob, or a tree of pieces
 *	m/<2 hex>/<62 hex>		the same, with more than 128 messages
 *
 * git keeps trees sorted, so the list of sorted ids is the tree itself. */
#ifndef DEFMS_STRAND_H
#define DEFMS_STRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/message.h"
#include "defms/store.h"

struct pack; /* store-pack.h */

enum {
	STRAND_FLAT_MAX = 128,    /* messages before the tree fans out */
	STRAND_PIECES_MAX = 2048, /* of one message */
};

/* The blobs beside `m`, in the order the Root trailer hashes them. */
enum strand_blob {
	STRAND_KEYS,
	STRAND_LINKS,
	STRAND_MEMBERS,
	STRAND_SENT,
	STRAND_THREAD,
	STRAND_BLOBS,
};

struct strand_entry {
	struct message_id id;
	struct object_id object; /* a blob, or a tree if `pieces` */
	bool pieces;
};

struct strand_tree;

/* A tree without messages. */
struct strand_tree *strand_tree_new(void);

/* Read the tree object `id` strictly. EBADMSG if it has another form, ENOENT
 * if an object is missing. */
int strand_tree_read(struct store *store, const struct object_id *id,
		     struct strand_tree **tree_r, struct err *err);
/* The same from any source. */
int strand_tree_read_from(const struct object_source *source,
			  const struct object_id *id,
			  struct strand_tree **tree_r, struct err *err);
/* The blobs of a tree alone (all zero: absent): nothing below it is read. */
int strand_blobs_read(const struct object_source *source,
		      const struct object_id *id,
		      struct object_id blobs_r[STRAND_BLOBS], struct err *err);
void strand_tree_free(struct strand_tree *tree);
AUTO_KIND(strand_tree, struct strand_tree, strand_tree_free)

/* Add a message; false if its id is there already. */
bool strand_tree_add(struct strand_tree *tree,
		     const struct strand_entry *entry);

/* Take a message out; false if it is not there. */
bool strand_tree_remove(struct strand_tree *tree, const struct message_id *id);

/* The entry of `id`, or NULL. Borrowed until the next add. */
const struct strand_entry *strand_tree_find(const struct strand_tree *tree,
					    const struct message_id *id);

/* All entries (struct strand_entry), sorted by id. Borrowed. */
const GArray *strand_tree_entries(struct strand_tree *tree);

/* The blob `which`; all zero if it is absent. */
struct object_id strand_tree_blob(const struct strand_tree *tree,
				  enum strand_blob which);
/* Put a blob in its place; `data` are its bytes, for the Root trailer. With an
 * `id` of zeros it is absent from now on. */
void strand_tree_set_blob(struct strand_tree *tree, enum strand_blob which,
			  const struct object_id *id, const void *data,
			  size_t size);

/* Write what changed to `pack`; the tree's id. */
int strand_tree_write(struct strand_tree *tree, struct pack *pack,
		      struct object_id *id_r, struct err *err);

/* What the Root trailer says of this tree: H_32 of the sorted ids and of the
 * H_32 of each blob (32 zero bytes for one that is absent). Reads the blobs
 * that were not set. */
int strand_tree_root(struct strand_tree *tree, struct store *store,
		     struct message_id *root_r, struct err *err);
/* The same from any source. */
int strand_tree_root_from(struct strand_tree *tree,
			  const struct object_source *source,
			  struct message_id *root_r, struct err *err);

/* The blobs of a message in pieces, in order (struct object_id). EBADMSG. */
int strand_pieces_read(struct store *store, const struct object_id *id,
		       GArray **pieces_r, struct err *err);
/* The same from any source. */
int strand_pieces_read_from(const struct object_source *source,
			    const struct object_id *id, GArray **pieces_r,
			    struct err *err);
/* Write that tree of `count` blobs to `pack`; its id. */
int strand_pieces_write(const struct object_id *pieces, size_t count,
			struct pack *pack, struct object_id *id_r,
			struct err *err);

#endif
