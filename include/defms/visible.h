/* SPDX-License-Identifier: ISC */
/* What a remote may see of this mailbox, and what of that it has not got. */
#ifndef DEFMS_VISIBLE_H
#define DEFMS_VISIBLE_H

#include <glib.h>

#include "defms/err.h"
#include "defms/key.h"
#include "defms/remote.h"
#include "defms/root-tree.h"
#include "defms/state-contacts.h"
#include "defms/state-remotes.h"

struct visible {
	struct state *state; /* borrowed, all three */
	const struct identity *identity;
	const struct remote *remote;
	struct root_key root; /* of the person it is for, if it is for one */
	char *card;           /* owned: that person's newest, or NULL */
	GArray *heads;        /* owned: struct head, sorted; NULL at first */
	GPtrArray *cards;     /* owned: struct root_card; NULL at first */
};

/* Who the remote is for. ENOKEY if no key of that address is pinned. */
int visible_open(struct state *state, const struct identity *identity,
		 const struct remote *remote, struct visible *visible_r,
		 struct err *err);
void visible_release(struct visible *visible);

/* The hash of what the remote is and whom it is for, and that of the cards of
 * the two ends: who keeps them knows cheaply whether to look again. */
struct message_id visible_scope(const struct visible *visible);
struct message_id visible_ends(const struct visible *visible);

/* By which this device tells whom it is for; it stays when the URL changes. */
uint32_t visible_mark(const struct visible *visible);

/* Fill `heads`: the tips of all chains, and forks of them, of all strands it
 * may see: for a person those whose members have that root, never one that is
 * mine alone. */
int visible_find_heads(struct visible *visible, struct err *err);

/* Fill `cards` with those of all whose chains are among the heads, in the form
 * in which they may lie there (design 3.5, "Remotes"). */
int visible_find_cards(struct visible *visible, struct err *err);

/* The texts (char *) of what `cards` (struct root_card) has of people whose
 * card is known, sent by the person the remote is for, and of my own card as
 * another device of mine sent it; of a public remote, all that are valid. */
int visible_open_cards(const struct visible *visible, const GPtrArray *cards,
		       GPtrArray **texts_r, struct err *err);

/* How many strands it may see of which it has not the newest tip. Cheap if
 * nothing was committed since it got all. */
int visible_waiting(struct visible *visible, size_t *strands_r,
		    struct err *err);

#endif
