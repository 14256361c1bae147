/* SPDX-License-Identifier: ISC */
/* Chains made by hand, as they should be or not. */
#ifndef DEFMS_FORGE_TEST_H
#define DEFMS_FORGE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "box-test.h"
#include "defms/circle.h"
#include "defms/signature.h"
#include "defms/strand.h"
#include "goods-test.h"
#include "identity.h"
#include "store-pack.h"

/* What is wrong with it. */
enum twist {
	TWIST_NONE,
	TWIST_ROOT,    /* a Root that is not of the tree */
	TWIST_CHAIN,   /* a Chain that is not the parent's + 1 */
	TWIST_SIGNER,  /* signed by somebody else's device */
	TWIST_STRAND,  /* names another strand */
	TWIST_ID,      /* its last message under a wrong id */
	TWIST_MISSING, /* a message whose object is nowhere */
	TWIST_END,
};

struct forge {
	struct store *store;             /* borrowed */
	const struct identity *who;      /* borrowed */
	const struct identity *impostor; /* borrowed */
	struct strand_id strand;
	enum strand_kind kind;
	struct strand_key *key;   /* owned; NULL in a public one */
	struct sealer *sealer;    /* owned */
	struct strand_tree *tree; /* owned */
	struct object_id tip;
	uint64_t chain;
};

/* A chain that `who` signs; public without `secret`. */
struct forge *forge_new(struct store *store, const struct identity *who,
			const struct strand_id *strand, const uint8_t *secret);
void forge_free(struct forge *forge);
AUTO_KIND(forge, struct forge, forge_free)

/* A pack that is finished, released and seen by end_pack(); one with just this
 * object. */
struct pack *begin_pack(struct store *store);
void end_pack(struct store *store, struct pack *pack);
struct object_id put_object(struct store *store, enum object_type type,
			    const void *data, size_t size);

/* A blob of the tree, sealed with `kind`; 0: as it is. */
void forge_blob(struct forge *forge, enum strand_blob which, int kind,
		const void *data, size_t size);

/* Its blob `thread`; a message. */
void forge_thread(struct forge *forge);
void forge_message(struct forge *forge, const char *text, enum twist twist);

/* A commit of the tree as it is; without a parent if `anew`. */
void forge_commit(struct forge *forge, bool anew, enum twist twist);

/* Offer its tip. */
void goods_add(struct goods *goods, const struct forge *forge);

/* A mail of thread `root`, whose msgid is `msgid`. Caller frees. */
char *mail(const char *from, const char *root, const char *msgid);

/* Two mailboxes, and a strand that one shares with the other. */
struct pair {
	struct box *ada, *bob;
	char *folder;
	struct store *forged;
	struct circle *circle;
	GByteArray *keys, *members;
};

void pair_begin(struct pair *pair);
void pair_end(struct pair *pair);

/* A chain of Bob's in the strand of the two; one in the public strand `root`;
 * one in the strand that is of `who` alone. */
struct forge *forge_shared(const struct pair *pair);
struct forge *forge_public(struct store *store, const struct identity *who,
			   const char *root);
struct forge *forge_mine(struct store *store, const struct identity *who,
			 const char *root);

/* The same person with another device, and a card that has both. */
struct identity *other_device(const struct identity *first, char **card_r);

#endif
