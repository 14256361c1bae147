/* SPDX-License-Identifier: ISC */
#include "ipfs-names.h"

#include <errno.h>
#include <string.h>

#include "defms/key-meet.h"
#include "defms/secret.h"

static void free_pair(gpointer pair)
{
	key_pair_free(pair);
}

/* The card of whom a remote is for: of one person, or mine in a backup. */
static int parse_end(const struct visible *visible, struct card **card_r,
		     struct err *err)
{
	const char *text = visible->card;

	if (visible->remote->audience == AUDIENCE_ALL)
		text = identity_card(visible->identity);
	if (!text)
		return err_set(err, ENOKEY, "no card of %s is known",
			       visible->remote->address);
	return card_parse(text, strlen(text), card_r, err);
}

/* -- mine ------------------------------------------------------------------ */

static void add_pair(const struct visible *visible, const uint8_t secret[32],
		     GPtrArray *pairs)
{
	AUTO(secret) uint8_t *seed = secret_new(32);
	struct device_id me = identity_device(visible->identity);

	if (visible->remote->audience == AUDIENCE_ALL)
		meet_backup_seed(secret, &me, seed);
	else
		meet_seed(secret, &me, seed);
	g_ptr_array_add(pairs, key_pair_new(seed));
}

static int add_person(const struct visible *visible, GPtrArray *pairs,
		      struct err *err)
{
	AUTO(secret) uint8_t *secret = secret_new(32);
	AUTO(card) struct card *end = NULL;
	uint32_t newest = identity_generation(visible->identity);

	if (parse_end(visible, &end, err) < 0)
		return -1;
	for (uint32_t g = 0; g <= newest; g++) {
		if (meet_to(visible->identity, g, end->seal, secret, err) < 0)
			return -1;
		add_pair(visible, secret, pairs);
	}
	return 0;
}

/* Only the newest: a device that was lost does not have it. */
static int add_backup(const struct visible *visible, GPtrArray *pairs,
		      struct err *err)
{
	AUTO(secret) uint8_t *secret = secret_new(32);

	if (meet_myself(visible->identity,
			identity_generation(visible->identity), secret,
			err) < 0)
		return -1;
	add_pair(visible, secret, pairs);
	return 0;
}

static struct key_pair *public_pair(const struct identity *identity)
{
	AUTO(secret) uint8_t *seed = secret_new(32);

	meet_public_seed(identity, seed);
	return key_pair_new(seed);
}

int ipfs_names_mine(const struct visible *visible, GPtrArray **pairs_r,
		    struct err *err)
{
	AUTO(ptrs) GPtrArray *pairs = g_ptr_array_new_with_free_func(free_pair);
	int result = 0;

	switch (visible->remote->audience) {
	case AUDIENCE_PERSON:
		result = add_person(visible, pairs, err);
		break;
	case AUDIENCE_PUBLIC:
		g_ptr_array_add(pairs, public_pair(visible->identity));
		break;
	case AUDIENCE_ALL:
		result = add_backup(visible, pairs, err);
		break;
	}
	if (result < 0)
		return -1;
	*pairs_r = take(pairs);
	return 0;
}

void ipfs_names_public(const struct identity *identity,
		       char text[IPNS_NAME + 1])
{
	AUTO(key_pair) struct key_pair *pair = public_pair(identity);

	ipns_name_print(key_pair_public(pair), text);
}

/* -- theirs ---------------------------------------------------------------- */

static void add_name(const uint8_t seed[32], guint device, GArray *names)
{
	AUTO(key_pair) struct key_pair *pair = key_pair_new(seed);
	struct ipfs_name name = { .device = device };

	memcpy(name.key, key_pair_public(pair), sizeof(name.key));
	(void)g_array_append_val(names, name);
}

/* The names of one device, met with each of my generations. */
static int add_device(const struct visible *visible, const struct card *end,
		      guint device, GArray *names, struct err *err)
{
	AUTO(secret) uint8_t *secret = secret_new(32);
	AUTO(secret) uint8_t *seed = secret_new(32);
	struct device_id id = device_id_of(card_device(end, device));
	struct device_id me = identity_device(visible->identity);

	if (memcmp(&id, &me, sizeof(id)) == 0)
		return 0;
	for (uint32_t left = identity_generation(visible->identity) + 1;
	     left > 0; left--) {
		bool backup = visible->remote->audience == AUDIENCE_ALL;
		int met = backup ? meet_myself(visible->identity, left - 1,
					       secret, err)
				 : meet_from(visible->identity, left - 1,
					     end->seal, secret, err);

		if (met < 0)
			return -1;
		if (backup)
			meet_backup_seed(secret, &id, seed);
		else
			meet_seed(secret, &id, seed);
		add_name(seed, device, names);
	}
	return 0;
}

static int add_devices(const struct visible *visible, GArray *names,
		       struct err *err)
{
	AUTO(card) struct card *end = NULL;

	if (parse_end(visible, &end, err) < 0)
		return -1;
	for (guint i = 0; i < end->devices->len; i++)
		if (add_device(visible, end, i, names, err) < 0)
			return -1;
	return 0;
}

/* What stands after the "#" of the URL. */
static int add_named(const struct visible *visible, GArray *names,
		     struct err *err)
{
	const char *text = strchr(visible->remote->location, '#');
	struct ipfs_name name = { .device = G_MAXUINT };

	if (!text)
		return 0;
	if (ipns_name_parse(text + 1, strlen(text + 1), name.key, err) < 0)
		return err_prefix(err, "%s", text + 1);
	(void)g_array_append_val(names, name);
	return 0;
}

int ipfs_names_theirs(const struct visible *visible, GArray **names_r,
		      struct err *err)
{
	AUTO(array)
	GArray *names = g_array_new(FALSE, FALSE, sizeof(struct ipfs_name));

	if (visible->remote->audience != AUDIENCE_PUBLIC &&
	    add_devices(visible, names, err) < 0)
		return -1;
	if (add_named(visible, names, err) < 0)
		return -1;
	*names_r = take(names);
	return 0;
}
