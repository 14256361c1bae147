/* SPDX-License-Identifier: ISC */
#include "defms/address.h"

#include <string.h>

struct address *address_new(const char *name, const char *mail)
{
	struct address *address = g_new(struct address, 1);

	address->name = g_strdup(name);
	address->mail = g_strdup(mail);
	return address;
}

void address_free(struct address *address)
{
	if (!address)
		return;
	g_free(address->name);
	g_free(address->mail);
	g_free(address);
}

/* The local part is case-sensitive by RFC 5321 2.4, and nobody's is: two
 * mailboxes that differ in case alone are one person's typing. Letters beyond
 * ASCII (RFC 6531) are folded too. */
char *address_key(const char *mail)
{
	AUTO(str) char *key = g_strstrip(g_strdup(mail));

	for (const char *at = key; *at; at++)
		if ((unsigned char)*at >= 0x80 &&
		    g_utf8_validate(key, -1, NULL))
			return g_utf8_strdown(key, -1);
	for (char *at = key; *at; at++)
		*at = g_ascii_tolower(*at);
	return take(key);
}

bool address_equal(const char *mail, const char *other)
{
	AUTO(str) char *key = address_key(mail);
	AUTO(str) char *other_key = address_key(other);

	return strcmp(key, other_key) == 0;
}

bool address_is_among(const char *mail, const GPtrArray *mails)
{
	for (guint i = 0; i < mails->len; i++)
		if (address_equal(g_ptr_array_index(mails, i), mail))
			return true;
	return false;
}

char *address_qualify(const char *mail, const char *domain)
{
	static const char signs[] = "._+=-";
	const char *at = mail;

	if (!g_ascii_isalnum(*at) && *at != '_')
		return g_strdup(mail);
	while (g_ascii_isalnum(*at) || (*at && strchr(signs, *at)))
		at++;
	return *at ? g_strdup(mail) : g_strconcat(mail, "@", domain, NULL);
}

/* The word of `text` up to one of `ends`; NULL if it has no letter or digit,
 * so that "-- Sales --" is not shown as "--". */
static char *first_word(const char *text, const char *ends)
{
	while (*text) {
		size_t len = strcspn(text, ends);
		const char *end = text + len;

		for (const char *at = text; at < end; at = g_utf8_next_char(at))
			if (g_unichar_isalnum(g_utf8_get_char(at)))
				return g_strndup(text, len);
		text = end + strspn(end, ends);
	}
	return NULL;
}

char *address_short_name(const struct address *address)
{
	AUTO(str) char *name = g_utf8_make_valid(address->name, -1);
	AUTO(str) char *mail = g_utf8_make_valid(address->mail, -1);
	const char *comma = strchr(name, ',');
	char *word = NULL;

	/* "Lovelace, Ada": the first name stands behind the comma */
	if (comma)
		word = first_word(comma + 1, " \t\"'<>(),;@");
	if (!word)
		word = first_word(name, " \t\"'<>(),;@");
	if (!word)
		word = first_word(mail, "@ \t\"'<>(),;");
	return word ? word : g_strdup("unknown");
}
