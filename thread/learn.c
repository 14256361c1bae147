/* SPDX-License-Identifier: ISC */
/* The header field (after Autocrypt's):
 *
 *	Defms-Key: addr=ada@example.org; v=1; card=ZGVmbXMtY2FyZCAx...
 *
 * Attributes are separated by ";", white space around them does not count; each
 * stands once, in any order. One whose name begins with "_" is passed over, any
 * other that is not known makes the field invalid. The card (key-card.c) is in
 * base64 (RFC 4648, 4), in which white space does not count. */
#include "learn.h"

#include <errno.h>
#include <string.h>

#include "defms/address.h"
#include "defms/contact.h"
#include "defms/key.h"
#include "key-box.h"
#include "mime-parts.h"

enum { FIELD_MOST = 10 * 1024 }; /* bytes of a field */

/* Values, owned; NULL until they are met. */
struct attributes {
	char *addr, *version, *card;
};

void learned_free(struct learned *learned)
{
	if (!learned)
		return;
	g_free(learned->mail);
	g_free(learned->text);
	card_free(learned->card);
	g_free(learned);
}

/* -- the field ------------------------------------------------------------- */

static void attributes_release(struct attributes *attributes)
{
	g_free(attributes->addr);
	g_free(attributes->version);
	g_free(attributes->card);
}

static char **attribute_named(struct attributes *attributes, const char *name)
{
	if (strcmp(name, "addr") == 0)
		return &attributes->addr;
	if (strcmp(name, "v") == 0)
		return &attributes->version;
	return strcmp(name, "card") == 0 ? &attributes->card : NULL;
}

/* "name=value", which is changed. */
static int take_attribute(char *text, struct attributes *attributes,
			  struct err *err)
{
	char *equals = strchr(text, '=');
	char **place;

	if (!equals)
		return err_set(err, EBADMSG, "an attribute has no value");
	*equals = '\0';
	text = g_strstrip(text);
	if (*text == '_')
		return 0;
	place = attribute_named(attributes, text);
	if (!place)
		return err_set(err, EBADMSG, "unknown attribute: %s", text);
	if (*place)
		return err_set(err, EBADMSG, "%s stands there twice", text);
	*place = g_strstrip(g_strdup(equals + 1));
	return 0;
}

static int take_attributes(const char *value, struct attributes *attributes,
			   struct err *err)
{
	char **parts = g_strsplit(value, ";", -1);
	int result = 0;

	for (char **part = parts; *part && result == 0; part++)
		if (*g_strstrip(*part))
			result = take_attribute(*part, attributes, err);
	g_strfreev(parts);
	return result;
}

static void drop_white_space(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (!g_ascii_isspace(*text))
			*to++ = *text;
	*to = '\0';
}

static int read_card(char *base64, struct learned *learned, struct err *err)
{
	AUTO(str) char *bytes = NULL;
	size_t size = 0;

	drop_white_space(base64);
	bytes = (char *)base64_decode(base64, strlen(base64), &size);
	if (!bytes)
		return err_set(err, EBADMSG, "card is no base64");
	if (card_parse(bytes, size, &learned->card, err) < 0)
		return -1;
	learned->text = g_strndup(bytes, size);
	return 0;
}

static int read_attributes(struct attributes *attributes,
			   struct learned *learned, struct err *err)
{
	if (!attributes->addr || !attributes->version || !attributes->card)
		return err_set(err, EBADMSG, "addr, v or card is missing");
	if (strcmp(attributes->version, "1") != 0)
		return err_set(err, EBADMSG, "not of version 1");
	learned->mail = address_key(attributes->addr);
	/* Lower case may take more bytes. */
	if (strlen(learned->mail) > CONTACT_ADDRESS)
		return err_set(err, EBADMSG, "addr is too long");
	return read_card(attributes->card, learned, err);
}

int learn_field(const char *value, struct learned **learned_r, struct err *err)
{
	AUTO(learned) struct learned *learned = g_new0(struct learned, 1);
	struct attributes attributes = { 0 };
	int result;

	if (strlen(value) > FIELD_MOST)
		return err_set(err, EBADMSG, "over %d bytes", FIELD_MOST);
	result = take_attributes(value, &attributes, err);
	if (result == 0)
		result = read_attributes(&attributes, learned, err);
	attributes_release(&attributes);
	if (result < 0)
		return -1;
	*learned_r = take(learned);
	return 0;
}

/* -- the message ----------------------------------------------------------- */

int learn_header(const struct mime *mime, struct learned **learned_r,
		 struct err *err)
{
	AUTO(learned) struct learned *learned = NULL;
	const struct address *from;

	if (mime->keys == 0)
		return 0;
	if (mime->keys > 1)
		return err_set(err, EBADMSG, "more than one Defms-Key");
	/* What comes back tells of somebody else. */
	if (strcmp(mime_tree_part(mime->tree, 0)->type, "multipart/report") ==
	    0)
		return err_set(err, EBADMSG, "a report");
	if (mime->froms != 1 || mime->senders->len != 1)
		return err_set(err, EBADMSG, "not exactly one From");
	if (learn_field(mime->key, &learned, err) < 0)
		return err_prefix(err, "Defms-Key");
	from = g_ptr_array_index(mime->senders, 0);
	if (!address_equal(from->mail, learned->mail))
		return err_set(err, EBADMSG, "addr is not the From");
	if (!address_is_among(learned->mail, learned->card->mails))
		return err_set(err, EBADMSG, "addr is not in the card");
	*learned_r = take(learned);
	return 1;
}
