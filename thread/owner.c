/* SPDX-License-Identifier: ISC */
#include "defms/owner.h"

#include <string.h>

static struct card *card_of(const struct identity *identity)
{
	struct card *card = NULL;
	const char *text = identity ? identity_card(identity) : NULL;

	if (text)
		(void)card_parse(text, strlen(text), &card, NULL);
	return card;
}

GPtrArray *owner_mails(const struct config *config,
		       const struct identity *identity)
{
	AUTO(card) struct card *card = NULL;
	GPtrArray *mails = config_get_all(config, "user.email");

	if (mails->len > 0)
		return mails;
	card = card_of(identity);
	for (guint i = 0; card && i < card->mails->len; i++)
		g_ptr_array_add(mails,
				g_strdup(g_ptr_array_index(card->mails, i)));
	return mails;
}

char *owner_name(const struct config *config, const struct identity *identity)
{
	AUTO(card) struct card *card = NULL;
	const char *name = config_get(config, "user.name");

	if (name)
		return g_strdup(name);
	card = card_of(identity);
	return card ? g_strdup(card->name) : NULL;
}

char *owner_domain(const struct config *config, const struct identity *identity)
{
	AUTO(ptrs) GPtrArray *mails = owner_mails(config, identity);
	const char *at = NULL;

	if (mails->len > 0)
		at = strrchr(g_ptr_array_index(mails, 0), '@');
	return at && at[1] ? g_strdup(at + 1) : NULL;
}
