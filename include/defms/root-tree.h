/* SPDX-License-Identifier: ISC */
/* The tree that a push has at its top: which chains there are, and whose they
 * are. A git tree, so that it travels as the rest does.
 *
 *	40000 <2 hex>		a tree for each first byte of a strand's id
 *	  160000 <30 hex>-<device id>		the tip of a chain
 *	  160000 <30 hex>-<device id>-<n>	of a fork of it: 000001 ...
 *	40000 cards		absent if there are none
 *	  100644 <name>		a card (design 3.5, "Remotes")
 *
 * Kubo follows such links to commits, git does not. One level less than a tree
 * a strand would be: Kubo's cost is blocks and depth. */
#ifndef DEFMS_ROOT_TREE_H
#define DEFMS_ROOT_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/key.h"
#include "defms/store.h"

enum {
	ROOT_CARD_NAME = 32,             /* characters */
	ROOT_CARD_MOST = 16 << 10,       /* bytes of one, sealed */
	ROOT_CARDS = 4096,               /* of one root */
	ROOT_CARDS_ALL = 4 * ROOT_CARDS, /* of all that a remote has */
};

/* The tip of a chain, or of a fork of it. */
struct head {
	struct strand_id strand;
	struct device_id device;
	int64_t number; /* 0: the chain itself */
	struct object_id tip;
};
/* By strand, device, number: the order in which heads stand everywhere. */
int head_compare(gconstpointer a, gconstpointer b);
/* The one of the same chain, or fork, among `heads` (sorted); NULL: none.
 * Borrowed from these. */
const struct head *head_find(const GArray *heads, const struct head *head);
/* Is there one, with the same tip? */
bool head_is_among(const struct head *head, const GArray *heads);

/* A card as it travels, sealed or not. */
struct root_card {
	char name[ROOT_CARD_NAME + 1];
	GByteArray *bytes; /* owned */
};
struct root_card *root_card_new(const char *name, const void *data,
				size_t size);
void root_card_free(gpointer card);

/* -- making ---------------------------------------------------------------- */

struct root_object {
	struct object_id id;
	enum object_type type;
	GByteArray *body; /* owned */
};

struct root_tree {
	struct object_id id;
	GPtrArray *objects; /* owned: struct root_object, the root last */
};

/* The tree of these heads (struct head, sorted, none twice) and cards (struct
 * root_card, sorted here). */
struct root_tree *root_tree_new(const GArray *heads, GPtrArray *cards);
void root_tree_free(struct root_tree *tree);
AUTO_KIND(root_tree, struct root_tree, root_tree_free)

/* Is it one of the objects? */
bool root_tree_has(const struct root_tree *tree, const struct object_id *id);

/* -- reading --------------------------------------------------------------- */

/* Where objects are to be had: as in struct offer. */
struct root_source {
	int (*read)(void *context, const struct object_id *id,
		    enum object_type *type_r, GByteArray *out, struct err *err);
	void *context;
};

/* Append what the tree `id` says to heads (struct head) and cards (struct
 * root_card *). Every object is hashed. Trees and cards that the source has not
 * are counted in `missing`, unless they are `known`: what they say was read
 * before. It is ENOENT only without the root itself.
 * EBADMSG for any other form; EFBIG over `most` heads or ROOT_CARDS_ALL cards,
 * with those that were there. What it says up to there stays appended. */
struct root_reading {
	size_t most;       /* heads */
	GArray *heads;     /* borrowed */
	GPtrArray *cards;  /* borrowed */
	GHashTable *known; /* borrowed: of struct object_id; NULL: none */
	size_t missing;
};
int root_tree_read(const struct root_source *source, const struct object_id *id,
		   struct root_reading *reading, struct err *err);

enum { ROOT_TREES = 257 }; /* under a root at most */

/* Append the ids (struct object_id) of what stands in the tree with this body,
 * whatever it is, at most ROOT_TREES; up to where it is malformed. */
void root_tree_list(const void *body, size_t size, GArray *ids);

#endif
