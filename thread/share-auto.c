/* SPDX-License-Identifier: ISC */
/* [share] auto: a message of mine that goes to people all of whose keys are
 * believed founds a strand for it. Seen is not enough, for a key that came in a
 * header may be anybody's; and in a thread somebody was removed from, the owner
 * decides alone. */
#include <errno.h>
#include <string.h>

#include "batch-parts.h"
#include "defms/address.h"
#include "defms/owner.h"
#include "share-members.h"
#include "share.h"

static bool is_on(const struct config *config)
{
	static const char *const words[] = { "true", "yes", "on", "1" };
	const char *value = config_get(config, "share.auto");

	for (size_t i = 0; value && i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

/* Was it written by the owner, as far as it says? */
static bool is_mine(const struct mime *mime, const GPtrArray *mails)
{
	for (guint i = 0; i < mime->senders->len; i++) {
		const struct address *address =
			g_ptr_array_index(mime->senders, i);

		if (!address_is_among(address->mail, mails))
			return false;
	}
	return mime->senders->len > 0;
}

/* The addresses (borrowed) of all others it goes to: 1; 0 if the key of one of
 * them is not believed, or there are none. */
static int list_others(struct state *state, const struct mime *mime,
		       const GPtrArray *mails, GPtrArray *others,
		       struct err *err)
{
	for (guint i = 0; i < mime->recipients->len; i++) {
		const struct address *address =
			g_ptr_array_index(mime->recipients, i);
		AUTO(str) char *key = address_key(address->mail);
		struct state_pin pin;
		int found;

		if (address_is_among(address->mail, mails))
			continue;
		found = state_pin_get(state, key, &pin, err);
		if (found <= 0)
			return found;
		if (pin.trust < TRUST_PROVED)
			return 0;
		g_ptr_array_add(others, address->mail);
	}
	return others->len > 0;
}

int share_auto(struct batch *batch, const struct arrival_made *made,
	       GArray *strands, struct err *err)
{
	struct mailbox *mailbox = reader_mailbox(batch_reader(batch));
	AUTO(ptrs) GPtrArray *mails = NULL;
	AUTO(ptrs) GPtrArray *others = g_ptr_array_new();
	AUTO(ptrs) GPtrArray *cards = NULL;
	AUTO(array) GArray *roots = NULL;
	struct state_strand strand;
	struct err why;
	int found;

	if (!is_on(mailbox_config(mailbox)) ||
	    made->strand.kind != STRAND_MINE ||
	    routes_was_closed(batch_routes(batch)))
		return 0;
	mails = owner_mails(mailbox_config(mailbox), mailbox_identity(mailbox));
	found = is_mine(made->mime, mails)
			? list_others(batch_state(batch), made->mime, mails,
				      others, err)
			: 0;
	if (found <= 0)
		return found;
	if (share_members(batch_reader(batch),
			  (const char *const *)others->pdata, others->len,
			  &roots, &cards, &why) < 0)
		return why.code == ENOKEY || why.code == EKEYREJECTED ||
				       why.code == EINVAL
			       ? 0
			       : err_set(err, why.code, "%s", why.text);
	if (share_found(batch, cards, NULL, &strand, err) < 0 ||
	    routes_note(batch_routes(batch), made, strand.serial, err) < 0)
		return -1;
	(void)g_array_append_val(strands, strand);
	return 0;
}
