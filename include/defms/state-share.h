/* SPDX-License-Identifier: ISC */
/* What state.db knows of other people: whose address is whose, their cards,
 * the strands that are shared with them, and their chains in these. */
#ifndef DEFMS_STATE_SHARE_H
#define DEFMS_STATE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/key.h"
#include "defms/state.h"

/* A root's public key. */
struct root_key {
	uint8_t bytes[32];
};

/* -- contacts (state-contacts.c) ------------------------------------------- */
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

/* -- shared strands (state-circles.c) -------------------------------------- */
/* What opens a shared strand, and for whom it was made; for life. */
struct state_circle {
	int64_t strand;
	uint8_t secret[32]; /* K */
	bool closed;        /* I put nothing more into it */
	GArray *roots;      /* of struct root_key, sorted; owned */
};
void state_circle_release(struct state_circle *circle);
/* 1/0/-1. */
int state_circle_get(struct state *state, int64_t strand,
		     struct state_circle *circle_r, struct err *err);
/* Insert or replace. */
int state_circle_put(struct state *state, const struct state_circle *circle,
		     struct err *err);
/* The strands (int64_t) of all circles, by serial. */
int state_circle_list(struct state *state, GArray **strands_r, struct err *err);
/* Is there any? 1/0/-1. */
int state_circle_any(struct state *state, struct err *err);

/* A message stands in these strands besides messages.strand, which is the one
 * it is read from: in all shared ones that hold it. */
int state_standing_add(struct state *state, int64_t message, int64_t strand,
		       struct err *err);
/* messages.strand is this one from now on. */
int state_standing_from(struct state *state, int64_t message, int64_t strand,
			struct err *err);
/* Of this strand of mine something stands in a shared one by now, which gc
 * drops from it. Insert, list all (int64_t), delete. */
int state_leaving_add(struct state *state, int64_t strand, struct err *err);
int state_leaving_list(struct state *state, GArray **strands_r,
		       struct err *err);
int state_leaving_drop(struct state *state, int64_t strand, struct err *err);
/* Does it stand in this shared strand? 1/0/-1. */
int state_standing_has(struct state *state, int64_t message, int64_t strand,
		       struct err *err);
/* The strands (int64_t) of a message, and the messages of a strand. */
int state_standing_of(struct state *state, int64_t message, GArray **strands_r,
		      struct err *err);
int state_standing_in(struct state *state, int64_t strand, GArray **messages_r,
		      struct err *err);

/* -- chains of other devices (state-chains.c) ------------------------------ */
/* What another device put into a strand; this device's own chain is in struct
 * state_strand. */
struct state_chain {
	int64_t strand;
	struct device_id device;
	struct object_id tip;
	uint64_t chain; /* the tip's Chain number */
};
/* 1/0/-1. */
int state_chain_get(struct state *state, int64_t strand,
		    const struct device_id *device, struct state_chain *chain_r,
		    struct err *err);
/* Insert or replace, and put it on the to-do list of refs. */
int state_chain_put(struct state *state, const struct state_chain *chain,
		    struct err *err);
/* Those of a strand, or all with 0: struct state_chain, by strand, device. */
int state_chain_list(struct state *state, int64_t strand, GArray **chains_r,
		     struct err *err);
/* Those whose refs are still to be moved. */
int state_chain_moves(struct state *state, GArray **chains_r, struct err *err);

/* A tip that does not descend from the one known of its device: it counts in
 * the union, under refs/forks/<strand>/<device>/<number>. */
struct state_fork {
	struct state_chain chain;
	int64_t number; /* from 1 */
};
/* `number` is filled in; 0 if this tip is noted already, 1 added, -1. */
int state_fork_add(struct state *state, struct state_fork *fork,
		   struct err *err);
/* The one of this number has this tip, which goes on from the one it had. */
int state_fork_advance(struct state *state, const struct state_fork *fork,
		       struct err *err);
int state_fork_list(struct state *state, int64_t strand, GArray **forks_r,
		    struct err *err);
/* Those whose refs are still to be written. */
int state_fork_moves(struct state *state, GArray **forks_r, struct err *err);

/* The tips of all chains of a strand, struct state_chain: this device's first
 * (without a device) if it has one, those of others, forks. The strand is the
 * union of their trees. */
int state_tip_list(struct state *state, const struct state_strand *strand,
		   GArray **tips_r, struct err *err);

/* -- quarantine (state-bad.c) ---------------------------------------------- */
/* A tip that was offered and not taken. What it reaches is not kept: another
 * offer may have it whole, unless it is `final`. */
struct state_bad {
	struct object_id tip;
	char *remote, *reason; /* owned by whoever has it */
	int64_t when;          /* Unix seconds */
	bool final;            /* the very objects are wrong, not what became
				* of them on their way */
};
void state_bad_release(struct state_bad *bad);
/* 1/0/-1. */
int state_bad_get(struct state *state, const struct object_id *tip,
		  struct state_bad *bad_r, struct err *err);
/* Insert or replace. */
int state_bad_put(struct state *state, const struct state_bad *bad,
		  struct err *err);
/* Of more than 10,000 the oldest go. */
int state_bad_trim(struct state *state, struct err *err);
int state_bad_drop(struct state *state, const struct object_id *tip,
		   struct err *err);
/* All of them, of struct state_bad, oldest first. */
int state_bad_list(struct state *state, GArray **bads_r, struct err *err);

/* Blobs `keys` of shared strands in which no box was for me, with so many
 * generations of my keys (state-locked.c). 1/0/-1. */
int state_locked_get(struct state *state, const struct object_id *keys,
		     int64_t generations, struct err *err);
/* Insert or replace; `now` in Unix seconds. */
int state_locked_put(struct state *state, const struct object_id *keys,
		     int64_t generations, int64_t now, struct err *err);
/* Of more than 100,000 the oldest go. */
int state_locked_trim(struct state *state, struct err *err);

/* A number, not 0: another machine writes with this device's key, so that this
 * one must not. */
#define STATE_TWICE "device lives twice"

/* This device has another key from now on: what it put into strands is the
 * chain of `device`, as which it did. */
int state_chain_leave(struct state *state, const struct device_id *device,
		      struct err *err);

/* A number, not 0: another machine writes with this device's key, so that this
 * one must not. */
#define STATE_TWICE "device lives twice"

#endif
