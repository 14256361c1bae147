/* SPDX-License-Identifier: ISC */
#include "share-members.h"

#include <errno.h>
#include <string.h>

#include "defms/address.h"
#include "defms/circle.h"
#include "defms/contact.h"
#include "defms/owner.h"

/* A member and their newest card, while they are gathered. */
struct member {
	struct root_key root;
	char *card; /* owned */
};

static void release_member(gpointer data)
{
	struct member *member = data;

	g_free(member->card);
}

static gint by_root(gconstpointer a, gconstpointer b)
{
	const struct member *one = a, *other = b;

	return memcmp(&one->root, &other->root, sizeof(one->root));
}

int share_root_of(struct state *state, const char *address,
		  struct root_key *root_r, struct err *err)
{
	struct state_pin pin;
	int found = contact_pin(state, address, &pin, err);

	if (found == 0)
		return err_set(err, ENOKEY,
			       "no key of %s is known: see defms contact",
			       address);
	if (found > 0)
		*root_r = pin.root;
	return found < 0 ? -1 : 0;
}

static int find_member(struct state *state, const char *address,
		       struct member *member, struct err *err)
{
	if (contact_card(state, address, &member->card, err) < 0)
		return -1;
	return share_root_of(state, address, &member->root, err);
}

static int own_root(const struct identity *identity, struct root_key *root_r,
		    struct err *err)
{
	const char *text = identity_card(identity);
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, err) < 0)
		return -1;
	memcpy(root_r->bytes, card->root, sizeof(root_r->bytes));
	return 0;
}

static bool is_own(struct reader *reader, const char *address)
{
	struct mailbox *mailbox = reader_mailbox(reader);
	AUTO(ptrs)
	GPtrArray *mails =
		owner_mails(mailbox_config(mailbox), mailbox_identity(mailbox));

	return address_is_among(address, mails);
}

static int gather(struct reader *reader, const char *const *addresses,
		  size_t count, GArray *members, struct err *err)
{
	const struct identity *identity =
		mailbox_identity(reader_mailbox(reader));
	struct member own = { 0 };

	if (own_root(identity, &own.root, err) < 0)
		return -1;
	own.card = g_strdup(identity_card(identity));
	(void)g_array_append_val(members, own);
	for (size_t i = 0; i < count; i++) {
		struct member member = { 0 };

		if (is_own(reader, addresses[i]))
			continue;
		if (find_member(reader_state(reader), addresses[i], &member,
				err) < 0) {
			g_free(member.card);
			return -1;
		}
		(void)g_array_append_val(members, member);
	}
	g_array_sort(members, by_root);
	for (guint i = members->len - 1; i > 0; i--)
		if (by_root(&g_array_index(members, struct member, i),
			    &g_array_index(members, struct member, i - 1)) == 0)
			(void)g_array_remove_index(members, i);
	return 0;
}

int share_members(struct reader *reader, const char *const *addresses,
		  size_t count, GArray **roots_r, GPtrArray **cards_r,
		  struct err *err)
{
	AUTO(array)
	GArray *members = g_array_new(FALSE, FALSE, sizeof(struct member));

	g_array_set_clear_func(members, release_member);
	if (gather(reader, addresses, count, members, err) < 0)
		return -1;
	if (members->len < 2)
		return err_set(err, EINVAL,
			       "nobody to share with but yourself");
	if (members->len > CIRCLE_MEMBERS)
		return err_set(err, EINVAL, "shared by %d people at most",
			       CIRCLE_MEMBERS);
	*roots_r = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	*cards_r = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < members->len; i++) {
		struct member *member =
			&g_array_index(members, struct member, i);

		(void)g_array_append_val(*roots_r, member->root);
		g_ptr_array_add(*cards_r, take(member->card));
	}
	return 0;
}
