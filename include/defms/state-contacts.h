/* SPDX-License-Identifier: ISC */
/* What state.db knows of other people: whose address is whose, and their
 * cards. (state-contacts.c) */
#ifndef DEFMS_STATE_CONTACTS_H
#define DEFMS_STATE_CONTACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/state.h"

/* A root's public key. */
struct root_key {
	uint8_t bytes[32];
};

/* Is it among these (struct root_key)? */
bool root_key_is_among(const struct root_key *root, const GArray *roots);

/* How an address came to its root (design: "Learning"). */
enum trust { TRUST_SEEN, TRUST_PROVED, TRUST_CONFIRMED };

/* An address is pinned to one root. */
struct state_pin {
	char address[256]; /* in the form of address_key() */
	struct root_key root;
	enum trust trust;
};
/* 1/0/-1. */
int state_pin_get(struct state *state, const char *address,
		  struct state_pin *pin_r, struct err *err);
/* Insert or replace. */
int state_pin_put(struct state *state, const struct state_pin *pin,
		  struct err *err);
int state_pin_drop(struct state *state, const char *address, struct err *err);
/* All of them, of struct state_pin, by address. */
int state_pin_list(struct state *state, GArray **pins_r, struct err *err);
/* Those of one root. */
int state_pin_of(struct state *state, const struct root_key *root,
		 GArray **pins_r, struct err *err);

/* The newest card of a root: its text, for card_parse(). 1/0/-1. */
int state_card_get(struct state *state, const struct root_key *root,
		   char **text_r, struct err *err);
/* Insert or replace. */
int state_card_put(struct state *state, const struct root_key *root,
		   int64_t version, const char *text, struct err *err);
/* All roots with a card, of struct root_key, sorted. */
int state_card_list(struct state *state, GArray **roots_r, struct err *err);

/* A card that is not believed: of another root than the one the address is
 * pinned to, or one that differs from the card of the same version. */
struct state_aside {
	char address[256];
	struct root_key root;
	char *card;   /* owned by the list */
	int64_t when; /* Unix seconds */
};
int state_aside_put(struct state *state, const struct state_aside *aside,
		    struct err *err);
/* Those of `address`, or all with NULL: struct state_aside, by address. */
int state_aside_list(struct state *state, const char *address,
		     GArray **asides_r, struct err *err);
/* Forget all of `address`. */
int state_aside_drop(struct state *state, const char *address, struct err *err);

#endif
