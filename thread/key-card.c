/* SPDX-License-Identifier: ISC */
/* A card is what a person signs about themself. Lines of UTF-8 without control
 * characters, each ending in LF, at most 4096 bytes in all, in this order:
 *
 *	defms-card 1
 *	root <64 hex>			the root's public key
 *	version <decimal>		Unix seconds; grows
 *	seal <decimal> <64 hex>		generation g, and X of it
 *	device <64 hex>			1 to 16, sorted, each once
 *	addr <address>			1 to 16, sorted by byte, each once
 *	name <text>			1 to 256 bytes
 *	sign <128 hex>			Ed25519 by root of all before "sign"
 *
 * Hex digits are lower case, numbers have no leading zeros. An address has an
 * "@", no white space and at most 254 bytes. */
#include "defms/key.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "identity.h"
#include "scan.h"

struct card *card_new(void)
{
	struct card *card = g_new0(struct card, 1);

	card->devices = g_array_new(FALSE, FALSE, 32);
	card->mails = g_ptr_array_new_with_free_func(g_free);
	return card;
}

void card_free(struct card *card)
{
	if (!card)
		return;
	g_array_unref(card->devices);
	g_ptr_array_unref(card->mails);
	g_free(card->name);
	g_free(card);
}

void card_fingerprint(const struct card *card, char text[KEY_FINGERPRINT + 1])
{
	fingerprint_print(card->root, text);
}

static int wrong(struct err *err, const char *line)
{
	return err_set(err, EBADMSG, "card has no valid %s line", line);
}

static int parse_devices(struct scan *scan, struct card *card, struct err *err)
{
	while (scan_literal(scan, "device ")) {
		size_t count = card->devices->len;
		uint8_t device[32];

		if (count == CARD_MEMBERS || !scan_hex(scan, device, 32) ||
		    !scan_literal(scan, "\n"))
			return wrong(err, "device");
		if (count > 0 && memcmp(card_device(card, (guint)count - 1),
					device, 32) >= 0)
			return err_set(err, EBADMSG,
				       "devices of card are not sorted");
		g_array_append_val(card->devices, device);
	}
	return card->devices->len > 0 ? 0 : wrong(err, "device");
}

bool card_is_address(const char *text, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == ' ')
			return false;
		if (text[i] == '@')
			at = i;
	}
	return at > 0 && at < size - 1;
}

static int parse_mails(struct scan *scan, struct card *card, struct err *err)
{
	const char *before = NULL, *text;
	size_t size;

	while (scan_literal(scan, "addr ")) {
		char *mail;

		if (card->mails->len == CARD_MEMBERS ||
		    !scan_text(scan, CARD_ADDRESS, &text, &size) ||
		    !card_is_address(text, size))
			return wrong(err, "addr");
		mail = g_strndup(text, size);
		g_ptr_array_add(card->mails, mail);
		if (before && strcmp(before, mail) >= 0)
			return err_set(err, EBADMSG,
				       "addresses of card are not sorted");
		before = mail;
	}
	return card->mails->len > 0 ? 0 : wrong(err, "addr");
}

/* The lines before the lists. */
static int parse_head(struct scan *scan, struct card *card, struct err *err)
{
	uint64_t number;

	if (!scan_literal(scan, "defms-card 1\n"))
		return wrong(err, "defms-card 1");
	if (!scan_literal(scan, "root ") || !scan_hex(scan, card->root, 32) ||
	    !scan_literal(scan, "\n"))
		return wrong(err, "root");
	if (!scan_literal(scan, "version ") ||
	    !scan_number(scan, INT64_MAX, &number) || !scan_literal(scan, "\n"))
		return wrong(err, "version");
	card->version = (int64_t)number;
	if (!scan_literal(scan, "seal ") ||
	    !scan_number(scan, UINT32_MAX, &number) ||
	    !scan_literal(scan, " ") || !scan_hex(scan, card->seal, 32) ||
	    !scan_literal(scan, "\n"))
		return wrong(err, "seal");
	card->generation = (uint32_t)number;
	return 0;
}

/* The lines after the lists; `text` is where the card begins. */
static int parse_tail(struct scan *scan, struct card *card, const char *text,
		      struct err *err)
{
	uint8_t signature[64];
	size_t size, signed_size;
	const char *name;

	if (!scan_literal(scan, "name ") ||
	    !scan_text(scan, CARD_NAME, &name, &size))
		return wrong(err, "name");
	card->name = g_strndup(name, size);
	signed_size = (size_t)(scan->at - text);
	if (!scan_literal(scan, "sign ") || !scan_hex(scan, signature, 64) ||
	    !scan_literal(scan, "\n"))
		return wrong(err, "sign");
	if (!scan_done(scan))
		return err_set(err, EBADMSG, "card has something after it");
	if (crypto_sign_verify_detached(signature, (const uint8_t *)text,
					signed_size, card->root) < 0)
		return err_set(err, EBADMSG, "card is not signed by its root");
	return 0;
}

int card_parse(const char *text, size_t size, struct card **card_r,
	       struct err *err)
{
	AUTO(card) struct card *card = card_new();
	struct scan scan = scan_of(text, size);

	secret_start();
	if (size > CARD_TEXT)
		return err_set(err, EBADMSG, "card is longer than %d bytes",
			       CARD_TEXT);
	if (parse_head(&scan, card, err) < 0 ||
	    parse_devices(&scan, card, err) < 0 ||
	    parse_mails(&scan, card, err) < 0 ||
	    parse_tail(&scan, card, text, err) < 0)
		return -1;
	*card_r = take(card);
	return 0;
}

static void put_hex(GString *text, const char *before, const uint8_t *bytes,
		    size_t size)
{
	char hex[2 * 64 + 1];

	g_string_append(text, before);
	g_string_append(text, sodium_bin2hex(hex, sizeof(hex), bytes, size));
	g_string_append_c(text, '\n');
}

static int compare_keys(const void *key, const void *other)
{
	return memcmp(key, other, 32);
}

static int compare_texts(const void *text, const void *other)
{
	return strcmp(*(const char *const *)text, *(const char *const *)other);
}

/* The lists, sorted; what stands there twice is kept once. */
static void put_lists(GString *text, const struct card *card)
{
	AUTO(array) GArray *devices = g_array_copy(card->devices);
	AUTO(ptrs) GPtrArray *mails = g_ptr_array_new();
	const char *before = NULL;

	g_array_sort(devices, compare_keys);
	for (size_t i = 0; i < devices->len; i++)
		put_hex(text, "device ",
			(const uint8_t *)devices->data + 32 * i, 32);
	for (size_t i = 0; i < card->mails->len; i++)
		g_ptr_array_add(mails, card->mails->pdata[i]);
	g_ptr_array_sort(mails, compare_texts);
	for (size_t i = 0; i < mails->len; i++) {
		const char *mail = mails->pdata[i];

		if (!before || strcmp(before, mail) != 0)
			g_string_append_printf(text, "addr %s\n", mail);
		before = mail;
	}
}

int card_write(const struct card *card, const struct identity *identity,
	       char **text_r, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new("defms-card 1\n");
	AUTO(card) struct card *check = NULL;
	size_t newest = identity->person_count - 1;
	uint8_t seal[32], signature[64];

	identity_seal_key(identity, newest, seal);
	put_hex(text, "root ", identity->root, 32);
	g_string_append_printf(text, "version %" G_GINT64_FORMAT "\nseal %zu",
			       card->version, newest);
	put_hex(text, " ", seal, 32);
	put_lists(text, card);
	g_string_append_printf(text, "name %s\n", card->name);
	(void)crypto_sign_detached(signature, NULL, (const uint8_t *)text->str,
				   text->len, identity->secrets->root_secret);
	put_hex(text, "sign ", signature, 64);
	if (card_parse(text->str, text->len, &check, err) < 0) {
		if (err)
			err->code = EINVAL;
		return -1;
	}
	*text_r = g_strdup(text->str);
	return 0;
}

const uint8_t *card_device(const struct card *card, guint number)
{
	return (const uint8_t *)card->devices->data + (size_t)number * 32;
}

bool card_has_device(const struct card *card, const struct device_id *id)
{
	for (guint i = 0; i < card->devices->len; i++) {
		struct device_id other = device_id_of(card_device(card, i));

		if (memcmp(&other, id, sizeof(other)) == 0)
			return true;
	}
	return false;
}
