/* SPDX-License-Identifier: ISC */
/* Other people: which key an address belongs to, and how far that is believed
 * (design 3.5, "Learning"). An address is pinned to one root. A card of another
 * root is kept aside and shown, and nothing new is founded with that address
 * until somebody decides (contact_trust()). */
#ifndef DEFMS_CONTACT_H
#define DEFMS_CONTACT_H

#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "defms/key.h"
#include "defms/state-contacts.h"

enum {
	CONTACT_ASIDES = 8,    /* kept of an address; the oldest one goes */
	CONTACT_ADDRESS = 255, /* bytes of one that can be pinned */
};

/* "seen", "proved", "confirmed". */
const char *trust_name(enum trust trust);

/* The text of the newest card of the person whom `address` (in any form) is
 * pinned to, to found something with. ENOKEY, and a line that names the
 * address, if there is none; EKEYREJECTED while a changed key waits. Caller
 * frees. */
int contact_card(struct state *state, const char *address, char **text_r,
		 struct err *err);
/* The pin of `address`, in any form. 1/0/-1. */
int contact_pin(struct state *state, const char *address,
		struct state_pin *pin_r, struct err *err);

/* -- changes: in a write transaction --------------------------------------- */
/* That `mail` belongs to the root of `card`, whose text is `text`. */
struct claim {
	const char *mail; /* borrowed, as is the rest */
	const struct card *card;
	const char *text;
	enum trust trust;
	int64_t now; /* Unix seconds */
};
/* 1 it does now, 0 the card is kept aside, -1 (EINVAL: over CONTACT_ADDRESS).
 */
int contact_claim(struct state *state, const struct claim *claim,
		  struct err *err);

/* A card that came otherwise (with a remote): it counts if there is one of its
 * root already and it is newer. 1 taken, 0 not, -1. */
int contact_renew(struct state *state, const struct card *card,
		  const char *text, int64_t now, struct err *err);

/* From now on `address` belongs to the root with this fingerprint, of those
 * that were seen for it; what is kept aside of it is forgotten. ENOKEY if none
 * of these has it. */
int contact_trust(struct state *state, const char *address,
		  const char *fingerprint, struct err *err);

/* Forget what is known of `address`. The card of its root stays: it says whose
 * chains are good. 1, 0 if nothing is known, -1. */
int contact_remove(struct state *state, const char *address, struct err *err);

#endif
