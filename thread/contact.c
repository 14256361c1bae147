/* SPDX-License-Identifier: ISC */
/* Three tables of state.db: pins (address -> root), cards (root -> its newest
 * card) and asides (cards that wait for a decision). Of one root the card with
 * the highest version counts. Of two that differ and have the same version one
 * is forged by whoever has the root's secret, or it lives twice: the one that
 * came later is kept aside at each address of that root, until a newer one
 * settles it. */
#include "defms/contact.h"

#include <errno.h>
#include <string.h>

#include "defms/address.h"
#include "identity.h"

static struct root_key root_of(const struct card *card)
{
	struct root_key root;

	memcpy(root.bytes, card->root, sizeof(root.bytes));
	return root;
}

static bool same_root(const struct root_key *root, const struct root_key *other)
{
	return memcmp(root, other, sizeof(*root)) == 0;
}

const char *trust_name(enum trust trust)
{
	switch (trust) {
	case TRUST_SEEN:
		return "seen";
	case TRUST_PROVED:
		return "proved";
	case TRUST_CONFIRMED:
		return "confirmed";
	}
	return "unknown";
}

/* -- looking up ------------------------------------------------------------ */

int contact_pin(struct state *state, const char *address,
		struct state_pin *pin_r, struct err *err)
{
	AUTO(str) char *key = address_key(address);

	return state_pin_get(state, key, pin_r, err);
}

int contact_card(struct state *state, const char *address, char **text_r,
		 struct err *err)
{
	AUTO(str) char *key = address_key(address);
	AUTO(array) GArray *asides = NULL;
	struct state_pin pin;
	int found = state_pin_get(state, key, &pin, err);

	if (found < 0 || state_aside_list(state, key, &asides, err) < 0)
		return -1;
	if (asides->len > 0)
		return err_set(err, EKEYREJECTED,
			       "the key of %s has changed: see 'defms contact "
			       "list', then 'defms contact trust %s "
			       "FINGERPRINT'",
			       key, key);
	if (found > 0)
		found = state_card_get(state, &pin.root, text_r, err);
	if (found == 0)
		return err_set(err, ENOKEY,
			       "no key of %s is known: see defms contact", key);
	return found < 0 ? -1 : 0;
}

/* -- what is kept aside ---------------------------------------------------- */

/* Write back the last `most` of `asides` that are not of `root`. */
static int put_others(struct state *state, const GArray *asides,
		      const struct root_key *root, guint most, struct err *err)
{
	AUTO(ptrs) GPtrArray *others = g_ptr_array_new();

	for (guint i = 0; i < asides->len; i++) {
		struct state_aside *aside =
			&g_array_index(asides, struct state_aside, i);

		if (!same_root(&aside->root, root))
			g_ptr_array_add(others, aside);
	}
	for (guint i = others->len > most ? others->len - most : 0;
	     i < others->len; i++)
		if (state_aside_put(state, others->pdata[i], err) < 0)
			return -1;
	return 0;
}

/* Of one root only the last card is kept, and of an address only the last few,
 * so that nobody fills the table. */
static int put_aside(struct state *state, const char *address,
		     const struct claim *claim, struct err *err)
{
	AUTO(array) GArray *asides = NULL;
	AUTO(str) char *text = g_strdup(claim->text);
	struct state_aside aside = { .root = root_of(claim->card),
				     .card = text,
				     .when = claim->now };

	(void)g_strlcpy(aside.address, address, sizeof(aside.address));
	if (state_aside_list(state, address, &asides, err) < 0 ||
	    state_aside_drop(state, address, err) < 0 ||
	    put_others(state, asides, &aside.root, CONTACT_ASIDES - 1, err) < 0)
		return -1;
	return state_aside_put(state, &aside, err);
}

/* What waited at the addresses of a root has been settled by a newer card. */
static int settle(struct state *state, const struct root_key *root,
		  struct err *err)
{
	AUTO(array) GArray *pins = NULL;

	if (state_pin_of(state, root, &pins, err) < 0)
		return -1;
	for (guint i = 0; i < pins->len; i++) {
		const char *address =
			g_array_index(pins, struct state_pin, i).address;
		AUTO(array) GArray *asides = NULL;

		if (state_aside_list(state, address, &asides, err) < 0)
			return -1;
		if (asides->len > 0 &&
		    (state_aside_drop(state, address, err) < 0 ||
		     put_others(state, asides, root, CONTACT_ASIDES, err) < 0))
			return -1;
	}
	return 0;
}

/* -- the card of a root ---------------------------------------------------- */

/* Two cards of one version. */
static int put_twin_aside(struct state *state, const struct claim *claim,
			  struct err *err)
{
	struct root_key root = root_of(claim->card);
	AUTO(array) GArray *pins = NULL;

	if (state_pin_of(state, &root, &pins, err) < 0)
		return -1;
	for (guint i = 0; i < pins->len; i++)
		if (put_aside(state,
			      g_array_index(pins, struct state_pin, i).address,
			      claim, err) < 0)
			return -1;
	return 0;
}

static int put_card(struct state *state, const struct claim *claim,
		    struct err *err)
{
	struct root_key root = root_of(claim->card);

	if (state_card_put(state, &root, claim->card->version, claim->text,
			   err) < 0)
		return -1;
	return settle(state, &root, err);
}

/* 1 it is the newest now, 0 it is not, -1. `known` is NULL if there is none. */
static int renew(struct state *state, const char *known,
		 const struct claim *claim, struct err *err)
{
	AUTO(card) struct card *old = NULL;

	if (known && strcmp(known, claim->text) == 0)
		return 0;
	if (known && card_parse(known, strlen(known), &old, err) < 0)
		return -1;
	if (old && claim->card->version < old->version)
		return 0;
	if (old && claim->card->version == old->version)
		return put_twin_aside(state, claim, err);
	return put_card(state, claim, err) < 0 ? -1 : 1;
}

int contact_renew(struct state *state, const struct card *card,
		  const char *text, int64_t now, struct err *err)
{
	struct claim claim = { .card = card, .text = text, .now = now };
	struct root_key root = root_of(card);
	AUTO(str) char *known = NULL;
	int found = state_card_get(state, &root, &known, err);

	return found > 0 ? renew(state, known, &claim, err) : found;
}

/* -- whose an address is --------------------------------------------------- */

static int raise_pin(struct state *state, const struct state_pin *old,
		     const struct state_pin *pin, struct err *err)
{
	if (old && old->trust >= pin->trust)
		return 0;
	return state_pin_put(state, pin, err);
}

int contact_claim(struct state *state, const struct claim *claim,
		  struct err *err)
{
	struct state_pin pin = { .root = root_of(claim->card),
				 .trust = claim->trust };
	AUTO(str) char *key = address_key(claim->mail);
	AUTO(str) char *known = NULL;
	struct state_pin old;
	int found;

	if (g_strlcpy(pin.address, key, sizeof(pin.address)) >=
	    sizeof(pin.address))
		return err_set(err, EINVAL, "address is too long");
	found = state_pin_get(state, key, &old, err);
	if (found < 0)
		return -1;
	if (found > 0 && !same_root(&old.root, &pin.root))
		return put_aside(state, key, claim, err);
	if (state_card_get(state, &pin.root, &known, err) < 0 ||
	    raise_pin(state, found > 0 ? &old : NULL, &pin, err) < 0 ||
	    renew(state, known, claim, err) < 0)
		return -1;
	return 1;
}

/* -- decisions ------------------------------------------------------------- */

static bool has_fingerprint(const struct root_key *root,
			    const char *fingerprint)
{
	char text[KEY_FINGERPRINT + 1];

	fingerprint_print(root->bytes, text);
	return g_ascii_strcasecmp(text, fingerprint) == 0;
}

/* The card that was kept aside becomes that of its root, if it is newer. */
static int accept_aside(struct state *state, const struct state_aside *aside,
			struct err *err)
{
	AUTO(card) struct card *card = NULL;
	AUTO(str) char *known = NULL;
	struct claim claim = { .text = aside->card, .now = aside->when };

	if (card_parse(aside->card, strlen(aside->card), &card, err) < 0 ||
	    state_card_get(state, &aside->root, &known, err) < 0)
		return -1;
	claim.card = card;
	return renew(state, known, &claim, err) < 0 ? -1 : 0;
}

/* The root with this fingerprint among those seen for the address; what is
 * taken over with it. 1/0/-1. */
static int find_seen(struct state *state, const char *key,
		     const char *fingerprint, struct root_key *root_r,
		     struct err *err)
{
	AUTO(array) GArray *asides = NULL;
	struct state_pin pin;
	int found = state_pin_get(state, key, &pin, err);

	if (found > 0 && has_fingerprint(&pin.root, fingerprint)) {
		*root_r = pin.root;
		return 1;
	}
	if (found < 0 || state_aside_list(state, key, &asides, err) < 0)
		return -1;
	for (guint i = 0; i < asides->len; i++) {
		const struct state_aside *aside =
			&g_array_index(asides, struct state_aside, i);

		if (!has_fingerprint(&aside->root, fingerprint))
			continue;
		*root_r = aside->root;
		return accept_aside(state, aside, err) < 0 ? -1 : 1;
	}
	return 0;
}

int contact_trust(struct state *state, const char *address,
		  const char *fingerprint, struct err *err)
{
	AUTO(str) char *key = address_key(address);
	struct state_pin pin = { .trust = TRUST_CONFIRMED };
	int found = find_seen(state, key, fingerprint, &pin.root, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ENOKEY, "no key %s of %s was seen",
			       fingerprint, key);
	(void)g_strlcpy(pin.address, key, sizeof(pin.address));
	if (state_pin_put(state, &pin, err) < 0)
		return -1;
	return state_aside_drop(state, key, err);
}

int contact_remove(struct state *state, const char *address, struct err *err)
{
	AUTO(str) char *key = address_key(address);
	struct state_pin pin;
	int found = state_pin_get(state, key, &pin, err);

	if (found <= 0)
		return found;
	if (state_pin_drop(state, key, err) < 0 ||
	    state_aside_drop(state, key, err) < 0)
		return -1;
	return 1;
}
