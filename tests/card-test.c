/* SPDX-License-Identifier: ISC */
#include "card-test.h"

#include <string.h>

#include "identity.h"
#include "test.h"

char *card_test(uint8_t seed, int64_t version, const char *name,
		const char *const *mails)
{
	AUTO(identity) struct identity *identity = g_new0(struct identity, 1);
	AUTO(card) struct card *card = card_new();
	char *text = NULL;

	identity->secrets = secret_new(sizeof(*identity->secrets));
	memset(identity->secrets->root, seed, 32);
	memset(identity->secrets->persons[0], seed, 32);
	memset(identity->secrets->device, seed, 32);
	identity->has_root = true;
	identity->person_count = 1;
	identity_derive(identity);
	card->name = g_strdup(name);
	card->version = version;
	g_array_append_vals(card->devices, identity->device, 1);
	for (; *mails; mails++)
		g_ptr_array_add(card->mails, g_strdup(*mails));
	CHECK_INT(card_write(card, identity, &text, NULL), 0);
	return text;
}
