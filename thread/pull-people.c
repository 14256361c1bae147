/* SPDX-License-Identifier: ISC */
/* A card is signed by its root, so it does not matter who brings it. Anybody
 * can write somebody else's device into his own: what counts is whether a
 * person who has the right has it. */
#include "pull-people.h"

#include <errno.h>
#include <string.h>

struct people {
	GHashTable *by_root; /* owned: struct person */
	GHashTable *devices; /* owned: struct rights */
	GPtrArray *all;      /* borrowed from it */
	GArray *mine;        /* owned: struct device_id */
	struct person *me;   /* borrowed from it */
};

/* What a device may do, whoever says that it is his. */
struct rights {
	struct device_id device;
	bool mine, welcome;
};

static guint hash_bytes(gconstpointer bytes)
{
	guint hash;

	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

static gboolean equal_devices(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct device_id)) == 0;
}

static gboolean equal_roots(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct root_key)) == 0;
}

static void free_person(gpointer data)
{
	struct person *person = data;

	card_free(person->card);
	g_free(person->text);
	g_free(person->outdated);
	g_free(person);
}

/* Mine, of older keys: who does not know the newer ones, as an old backup, may
 * have signed it, and a device that was lost may stand in it. */
static bool is_outdated(const struct person *person, const struct card *card)
{
	return person->is_me && card->generation < person->card->generation;
}

/* Of two cards of one version the one that was known first counts; of two of
 * mine each of my devices has to choose the same. */
static bool is_newer(const struct person *person, const struct card *card,
		     const char *text)
{
	if (!person->card)
		return true;
	if (is_outdated(person, card))
		return false;
	if (card->version != person->card->version)
		return card->version > person->card->version;
	return person->is_me && strcmp(text, person->text) > 0;
}

static void note_outdated(struct person *person, const struct card *card,
			  const char *text)
{
	if (!is_outdated(person, card) || card->version < person->card->version)
		return;
	g_free(person->outdated);
	person->outdated = g_strdup(text);
}

static struct person *add_person(struct people *people,
				 const struct root_key *root)
{
	struct person *person = g_hash_table_lookup(people->by_root, root);

	if (!person) {
		person = g_new0(struct person, 1);
		person->root = *root;
		(void)g_hash_table_add(people->by_root, person);
		g_ptr_array_add(people->all, person);
	}
	return person;
}

/* A text that is no card is nobody's. NULL then. */
static struct person *add_card(struct people *people, const char *text,
			       bool is_new)
{
	AUTO(card) struct card *card = NULL;
	struct root_key root;
	struct person *person;

	if (card_parse(text, strlen(text), &card, NULL) < 0)
		return NULL;
	memcpy(root.bytes, card->root, sizeof(root.bytes));
	person = add_person(people, &root);
	if (!is_newer(person, card, text)) {
		if (is_new)
			note_outdated(person, card, text);
		return person;
	}
	card_free(person->card);
	g_free(person->text);
	person->card = take(card);
	person->text = g_strdup(text);
	person->is_new = is_new;
	return person;
}

static int add_known(struct people *people, struct state *state,
		     struct err *err)
{
	AUTO(array) GArray *roots = NULL;

	if (state_card_list(state, &roots, err) < 0)
		return -1;
	for (guint i = 0; i < roots->len; i++) {
		AUTO(str) char *text = NULL;
		int found = state_card_get(
			state, &g_array_index(roots, struct root_key, i), &text,
			err);

		if (found < 0)
			return -1;
		if (found > 0)
			(void)add_card(people, text, false);
	}
	return 0;
}

static int mark_pinned(struct people *people, struct state *state,
		       struct err *err)
{
	AUTO(array) GArray *pins = NULL;

	if (state_pin_list(state, &pins, err) < 0)
		return -1;
	for (guint i = 0; i < pins->len; i++)
		add_person(people,
			   &g_array_index(pins, struct state_pin, i).root)
			->is_pinned = true;
	return 0;
}

static void add_offered(struct people *people, const struct offer *offer)
{
	for (guint i = 0; offer->cards && i < offer->cards->len; i++)
		(void)add_card(people, g_ptr_array_index(offer->cards, i),
			       true);
	for (guint i = 0; offer->from && i < offer->from->len; i++)
		add_person(people,
			   &g_array_index(offer->from, struct root_key, i))
			->is_named = true;
}

void people_free(struct people *people)
{
	if (!people)
		return;
	g_ptr_array_unref(people->all);
	g_hash_table_unref(people->by_root);
	g_hash_table_unref(people->devices);
	g_array_unref(people->mine);
	g_free(people);
}

const struct person *people_of_root(const struct people *people,
				    const struct root_key *root)
{
	const struct person *person =
		g_hash_table_lookup(people->by_root, root);

	return person && person->card ? person : NULL;
}

const struct person *people_me(const struct people *people)
{
	return people->me;
}

const GPtrArray *people_all(const struct people *people)
{
	return people->all;
}

/* The rights of all devices, found out once. */
static void add_devices(struct people *people, const struct person *person)
{
	for (guint i = 0; i < person->card->devices->len; i++) {
		const uint8_t *key =
			(const uint8_t *)person->card->devices->data +
			(size_t)i * 32;
		struct device_id id = device_id_of(key);
		struct rights *rights =
			g_hash_table_lookup(people->devices, &id);

		if (!rights) {
			rights = g_new0(struct rights, 1);
			rights->device = id;
			(void)g_hash_table_add(people->devices, rights);
		}
		if (person->is_me && !rights->mine)
			(void)g_array_append_val(people->mine, id);
		rights->mine |= person->is_me;
		rights->welcome |= person->is_pinned || person->is_named;
	}
}

static void find_rights(struct people *people)
{
	for (guint i = 0; i < people->all->len; i++) {
		const struct person *person = g_ptr_array_index(people->all, i);

		if (person->card)
			add_devices(people, person);
	}
}

int people_new(struct mailbox *mailbox, struct state *state,
	       const struct offer *offer, struct people **people_r,
	       struct err *err)
{
	AUTO(people) struct people *people = g_new0(struct people, 1);

	people->by_root = g_hash_table_new_full(hash_bytes, equal_roots,
						free_person, NULL);
	people->devices =
		g_hash_table_new_full(hash_bytes, equal_devices, g_free, NULL);
	people->all = g_ptr_array_new();
	people->mine = g_array_new(FALSE, FALSE, sizeof(struct device_id));
	people->me = add_card(people, identity_card(mailbox_identity(mailbox)),
			      false);
	if (!people->me)
		return err_set(err, EBADMSG, "the card of this mailbox is bad");
	people->me->is_me = people->me->is_pinned = true;
	if (add_known(people, state, err) < 0 ||
	    mark_pinned(people, state, err) < 0)
		return -1;
	add_offered(people, offer);
	find_rights(people);
	*people_r = take(people);
	return 0;
}

bool people_is_mine(const struct people *people, const struct device_id *device)
{
	const struct rights *rights =
		g_hash_table_lookup(people->devices, device);

	return rights && rights->mine;
}

const GArray *people_my_devices(const struct people *people)
{
	return people->mine;
}

bool people_is_welcome(const struct people *people,
		       const struct device_id *device)
{
	const struct rights *rights =
		g_hash_table_lookup(people->devices, device);

	return rights && rights->welcome;
}
