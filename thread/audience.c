/* SPDX-License-Identifier: ISC */
#include "audience.h"

#include <string.h>

#include "defms/address.h"
#include "defms/owner.h"

struct audience {
	GPtrArray *people; /* of GPtrArray of char *: one's addresses */
};

static void free_addresses(gpointer addresses)
{
	g_ptr_array_unref(addresses);
}

int audience_own_root(const struct identity *identity, struct root_key *root_r,
		      struct err *err)
{
	const char *text = identity_card(identity);
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, err) < 0)
		return -1;
	memcpy(root_r->bytes, card->root, sizeof(root_r->bytes));
	return 0;
}

static void add_own(struct mailbox *mailbox, GPtrArray *addresses)
{
	AUTO(ptrs)
	GPtrArray *mails =
		owner_mails(mailbox_config(mailbox), mailbox_identity(mailbox));

	for (guint i = 0; i < mails->len; i++)
		g_ptr_array_add(addresses,
				address_key(g_ptr_array_index(mails, i)));
}

static int add_pinned(struct state *state, const struct root_key *root,
		      GPtrArray *addresses, struct err *err)
{
	AUTO(array) GArray *pins = NULL;

	if (state_pin_of(state, root, &pins, err) < 0)
		return -1;
	for (guint i = 0; i < pins->len; i++)
		g_ptr_array_add(
			addresses,
			g_strdup(g_array_index(pins, struct state_pin, i)
					 .address));
	return 0;
}

int audience_new(struct reader *reader, const GArray *roots,
		 struct audience **audience_r, struct err *err)
{
	AUTO(audience) struct audience *audience = g_new0(struct audience, 1);
	struct mailbox *mailbox = reader_mailbox(reader);
	struct root_key own;

	audience->people = g_ptr_array_new_with_free_func(free_addresses);
	if (audience_own_root(mailbox_identity(mailbox), &own, err) < 0)
		return -1;
	for (guint i = 0; i < roots->len; i++) {
		const struct root_key *root =
			&g_array_index(roots, struct root_key, i);
		GPtrArray *addresses = g_ptr_array_new_with_free_func(g_free);

		g_ptr_array_add(audience->people, addresses);
		if (memcmp(root, &own, sizeof(own)) == 0)
			add_own(mailbox, addresses);
		else if (add_pinned(reader_state(reader), root, addresses,
				    err) < 0)
			return -1;
	}
	*audience_r = take(audience);
	return 0;
}

void audience_free(struct audience *audience)
{
	if (!audience)
		return;
	g_ptr_array_unref(audience->people);
	g_free(audience);
}

GHashTable *audience_addressed(const struct mime *mime)
{
	const GPtrArray *lists[] = { mime->senders, mime->recipients };
	GHashTable *addressed =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++) {
			const struct address *address =
				g_ptr_array_index(lists[i], j);

			(void)g_hash_table_add(addressed,
					       address_key(address->mail));
		}
	return addressed;
}

static bool has_one(const GPtrArray *addresses, GHashTable *addressed)
{
	for (guint i = 0; i < addresses->len; i++)
		if (g_hash_table_contains(addressed,
					  g_ptr_array_index(addresses, i)))
			return true;
	return false;
}

bool audience_has_all(const struct audience *audience, GHashTable *addressed)
{
	for (guint i = 0; i < audience->people->len; i++)
		if (!has_one(g_ptr_array_index(audience->people, i), addressed))
			return false;
	return true;
}
