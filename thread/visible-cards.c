/* SPDX-License-Identifier: ISC */
/* Cards on their way through a remote. In public they lie there as they are,
 * under their fingerprint; else sealed, once for each of my generations, as
 * each of them meets the newest card of the other (key-meet.h): who receives
 * them may know me by an older one. */
#include <errno.h>
#include <string.h>

#include "defms/key-meet.h"
#include "defms/secret.h"
#include "defms/visible.h"

/* -- whose ----------------------------------------------------------------- */

static guint device_hash(gconstpointer id)
{
	guint hash;

	memcpy(&hash, id, sizeof(hash));
	return hash;
}

static gboolean device_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct device_id)) == 0;
}

static GHashTable *devices_of(const GArray *heads)
{
	GHashTable *devices = g_hash_table_new(device_hash, device_equal);

	for (guint i = 0; i < heads->len; i++)
		(void)g_hash_table_add(
			devices, &g_array_index(heads, struct head, i).device);
	return devices;
}

static bool has_device(const struct card *card, GHashTable *devices)
{
	for (guint i = 0; i < card->devices->len; i++) {
		struct device_id id = device_id_of(card_device(card, i));

		if (g_hash_table_contains(devices, &id))
			return true;
	}
	return false;
}

/* -- sealing --------------------------------------------------------------- */

/* Where a card is sealed: M, or what stands for it, for each generation. */
static int meet_end(const struct visible *visible, uint32_t generation,
		    const struct card *end, bool sending, uint8_t secret[32],
		    struct err *err)
{
	if (visible->remote->audience == AUDIENCE_ALL)
		return meet_myself(visible->identity, generation, secret, err);
	return (sending ? meet_to : meet_from)(visible->identity, generation,
					       end->seal, secret, err);
}

static struct seal_place place_of(const uint8_t root[32])
{
	struct seal_place place = { .kind = SEAL_CARD, .name_size = 32 };

	memcpy(place.name, root, 32);
	return place;
}

static void seal_card(const uint8_t secret[32], const struct card *card,
		      const char *text, GPtrArray *out)
{
	AUTO(strand_key) struct strand_key *key = strand_key_new();
	AUTO(sealer) struct sealer *sealer = sealer_new();
	AUTO(bytes) GByteArray *sealed = g_byte_array_new();
	struct seal_place place = place_of(card->root);
	char name[MEET_NAME + 1];

	meet_card_key(secret, key);
	meet_card_name(secret, card->root, name);
	seal_close(sealer, key, &place, text, strlen(text), strlen(text),
		   sealed);
	g_ptr_array_add(out, root_card_new(name, sealed->data, sealed->len));
}

/* `end` is the card of whom it is for; NULL in a backup. */
static int put_card(const struct visible *visible, const struct card *end,
		    const struct card *card, const char *text, GPtrArray *out,
		    struct err *err)
{
	AUTO(secret) uint8_t *secret = secret_new(32);
	uint32_t newest = identity_generation(visible->identity);
	char name[KEY_FINGERPRINT + 1];

	if (visible->remote->audience == AUDIENCE_PUBLIC) {
		card_fingerprint(card, name);
		g_ptr_array_add(out, root_card_new(name, text, strlen(text)));
		return 0;
	}
	for (uint32_t g = 0; g <= newest; g++) {
		if (meet_end(visible, g, end, true, secret, err) < 0)
			return -1;
		seal_card(secret, card, text, out);
	}
	return 0;
}

/* The card of the person it is for; `end_r` stays NULL if it is for none. */
static int parse_end(const struct visible *visible, struct card **end_r,
		     struct err *err)
{
	if (visible->remote->audience != AUDIENCE_PERSON)
		return 0;
	if (!visible->card)
		return err_set(err, ENOKEY, "no card of %s is known",
			       visible->remote->address);
	return card_parse(visible->card, strlen(visible->card), end_r, err);
}

struct putting {
	const struct visible *visible;
	const struct card *end; /* NULL: none */
	GHashTable *devices;
	GPtrArray *cards;
};

static int put_if_wanted(const struct putting *putting, const char *text,
			 struct err *err)
{
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, err) < 0)
		return -1;
	if (!has_device(card, putting->devices))
		return 0;
	return put_card(putting->visible, putting->end, card, text,
			putting->cards, err);
}

/* My card, the newest that is known: state.db has one, too, once it came back
 * in what others wrote; but none of older keys. */
static int put_own(const struct putting *putting, struct root_key *root_r,
		   struct err *err)
{
	const char *text = identity_card(putting->visible->identity);
	AUTO(card) struct card *mine = NULL;
	AUTO(card) struct card *known = NULL;
	AUTO(str) char *known_text = NULL;
	int found;

	if (card_parse(text, strlen(text), &mine, err) < 0)
		return -1;
	memcpy(root_r->bytes, mine->root, sizeof(root_r->bytes));
	found = state_card_get(putting->visible->state, root_r, &known_text,
			       err);
	if (found < 0 ||
	    (found > 0 &&
	     card_parse(known_text, strlen(known_text), &known, err) < 0))
		return -1;
	if (known && known->version > mine->version &&
	    known->generation >= mine->generation)
		text = known_text;
	return put_if_wanted(putting, text, err);
}

static int put_others(const struct putting *putting, const struct root_key *own,
		      struct err *err)
{
	struct state *state = putting->visible->state;
	AUTO(array) GArray *roots = NULL;

	if (state_card_list(state, &roots, err) < 0)
		return -1;
	for (guint i = 0; i < roots->len; i++) {
		const struct root_key *root =
			&g_array_index(roots, struct root_key, i);
		AUTO(str) char *text = NULL;
		int found;

		if (memcmp(root, own, sizeof(*own)) == 0)
			continue;
		found = state_card_get(state, root, &text, err);
		if (found < 0 ||
		    (found > 0 && put_if_wanted(putting, text, err) < 0))
			return -1;
	}
	return 0;
}

int visible_find_cards(struct visible *visible, struct err *err)
{
	AUTO(ptrs)
	GPtrArray *cards = g_ptr_array_new_with_free_func(root_card_free);
	AUTO(table) GHashTable *devices = devices_of(visible->heads);
	AUTO(card) struct card *end = NULL;
	struct putting putting = { visible, NULL, devices, cards };
	struct root_key own;

	if (parse_end(visible, &end, err) < 0)
		return -1;
	putting.end = end;
	if (put_own(&putting, &own, err) < 0 ||
	    put_others(&putting, &own, err) < 0)
		return -1;
	visible->cards = take(cards);
	return 0;
}

/* -- opening --------------------------------------------------------------- */

/* What has the right name and does not open is nobody's. */
static void open_one(struct sealer *sealer, const struct strand_key *key,
		     const struct root_key *root, const struct root_card *card,
		     GPtrArray *texts)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	struct seal_place place = place_of(root->bytes);
	uint64_t whole;

	if (seal_open(sealer, key, &place, card->bytes->data, card->bytes->len,
		      &whole, text, NULL) < 0 ||
	    text->len == 0 || memchr(text->data, '\0', text->len))
		return;
	g_ptr_array_add(texts, g_strndup((const char *)text->data, text->len));
}

/* Each device has the newest that it knows under the same name. */
static void open_card(const uint8_t secret[32], const struct root_key *root,
		      const GPtrArray *cards, GPtrArray *texts)
{
	AUTO(strand_key) struct strand_key *key = NULL;
	AUTO(sealer) struct sealer *sealer = NULL;
	char name[MEET_NAME + 1];

	meet_card_name(secret, root->bytes, name);
	for (guint i = 0; i < cards->len; i++) {
		const struct root_card *card = cards->pdata[i];

		if (strcmp(card->name, name) != 0)
			continue;
		if (!sealer) {
			sealer = sealer_new();
			key = strand_key_new();
			meet_card_key(secret, key);
		}
		open_one(sealer, key, root, card, texts);
	}
}

/* The roots that a sealed card can be of, once each: mine, and what is known.
 */
static int known_roots(const struct visible *visible, GArray **roots_r,
		       struct root_key *own_r, struct err *err)
{
	const char *text = identity_card(visible->identity);
	AUTO(card) struct card *mine = NULL;

	if (state_card_list(visible->state, roots_r, err) < 0 ||
	    card_parse(text, strlen(text), &mine, err) < 0)
		return -1;
	memcpy(own_r->bytes, mine->root, sizeof(own_r->bytes));
	if (!root_key_is_among(own_r, *roots_r))
		(void)g_array_append_val(*roots_r, *own_r);
	return 0;
}

static int open_sealed(const struct visible *visible, const GPtrArray *cards,
		       GPtrArray *texts, struct err *err)
{
	AUTO(secret) uint8_t *secret = secret_new(32);
	AUTO(array) GArray *roots = NULL;
	AUTO(card) struct card *end = NULL;
	uint32_t newest = identity_generation(visible->identity);
	struct root_key own;

	if (parse_end(visible, &end, err) < 0 ||
	    known_roots(visible, &roots, &own, err) < 0)
		return -1;
	for (uint32_t g = 0; g <= newest; g++) {
		if (meet_end(visible, g, end, false, secret, err) < 0)
			return -1;
		for (guint i = 0; i < roots->len; i++)
			open_card(secret,
				  &g_array_index(roots, struct root_key, i),
				  cards, texts);
		if (!end)
			continue;
		/* What another device of mine tells them of us. */
		if (meet_end(visible, g, end, true, secret, err) < 0)
			return -1;
		open_card(secret, &own, cards, texts);
	}
	return 0;
}

static void open_plain(const GPtrArray *cards, GPtrArray *texts)
{
	for (guint i = 0; i < cards->len; i++) {
		const struct root_card *card = cards->pdata[i];
		AUTO(card) struct card *parsed = NULL;

		if (card_parse((const char *)card->bytes->data,
			       card->bytes->len, &parsed, NULL) == 0)
			g_ptr_array_add(
				texts,
				g_strndup((const char *)card->bytes->data,
					  card->bytes->len));
	}
}

int visible_open_cards(const struct visible *visible, const GPtrArray *cards,
		       GPtrArray **texts_r, struct err *err)
{
	AUTO(ptrs) GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

	if (visible->remote->audience == AUDIENCE_PUBLIC)
		open_plain(cards, texts);
	else if (cards->len > 0 && open_sealed(visible, cards, texts, err) < 0)
		return -1;
	*texts_r = take(texts);
	return 0;
}
