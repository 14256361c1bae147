/* SPDX-License-Identifier: ISC */
/* The file `identity`, mode 0600. Lines of text, each ending in LF:
 *
 *	defms-identity 1
 *	root <64 hex>		R; absent on a second device
 *	person <g> <64 hex>	S_g for g = 0, 1, ... in order, 1 to 256
 *	device <64 hex>		D
 *	card <base64>		the newest card known, in one line
 *	check <64 hex>		BLAKE2b-256 of all before this line
 *
 * The card is signed by R (where there is one) and has X of a person secret
 * that is there. With a passphrase the text stands in a box: key-box.c. */
#include "defms/key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "identity.h"
#include "key-box.h"
#include "key-secret-file.h"
#include "scan.h"

enum { FILE_MOST = 2 * IDENTITY_TEXT };

static const char first_line[] = "defms-identity 1\n";

/* Text under construction in locked memory, IDENTITY_TEXT bytes. */
struct draft {
	char *text; /* owned */
	size_t size;
};

static void add_text(struct draft *draft, const char *text)
{
	size_t size = strlen(text);

	if (size >= IDENTITY_TEXT - draft->size)
		g_error("identity is too long");
	memcpy(draft->text + draft->size, text, size + 1);
	draft->size += size;
}

static void add_hex(struct draft *draft, const char *before,
		    const uint8_t *bytes, size_t size)
{
	add_text(draft, before);
	if (2 * size + 2 >= IDENTITY_TEXT - draft->size)
		g_error("identity is too long");
	(void)sodium_bin2hex(draft->text + draft->size,
			     IDENTITY_TEXT - draft->size, bytes, size);
	draft->size += 2 * size;
	add_text(draft, "\n");
}

/* The plain text of `identity`. */
static void write_plain(const struct identity *identity, struct draft *draft)
{
	const struct identity_secrets *secrets = identity->secrets;
	AUTO(str)
	char *card = g_base64_encode((const guchar *)identity->card,
				     strlen(identity->card));
	uint8_t check[32];

	add_text(draft, first_line);
	if (identity->has_root)
		add_hex(draft, "root ", secrets->root, 32);
	for (size_t i = 0; i < identity->person_count; i++) {
		char before[32];

		(void)snprintf(before, sizeof(before), "person %zu ", i);
		add_hex(draft, before, secrets->persons[i], 32);
	}
	add_hex(draft, "device ", secrets->device, 32);
	add_text(draft, "card ");
	add_text(draft, card);
	add_text(draft, "\n");
	(void)crypto_generichash(check, sizeof(check),
				 (const uint8_t *)draft->text, draft->size,
				 NULL, 0);
	add_hex(draft, "check ", check, sizeof(check));
}

static int parse_persons(struct scan *scan, struct identity *identity,
			 struct err *err)
{
	uint64_t number;

	while (scan_literal(scan, "person ")) {
		size_t count = identity->person_count;

		if (count == IDENTITY_PERSONS ||
		    !scan_number(scan, IDENTITY_PERSONS, &number) ||
		    number != count || !scan_literal(scan, " ") ||
		    !scan_hex(scan, identity->secrets->persons[count], 32) ||
		    !scan_literal(scan, "\n"))
			return err_set(err, EBADMSG, "wrong person line");
		identity->person_count++;
	}
	if (identity->person_count == 0)
		return err_set(err, EBADMSG, "no person line");
	return 0;
}

/* Does the card belong to the seeds? */
static int check_card(struct identity *identity, struct err *err)
{
	AUTO(card) struct card *card = NULL;
	uint8_t seal[32];

	if (card_parse(identity->card, strlen(identity->card), &card, err) < 0)
		return -1;
	if (identity->has_root && memcmp(card->root, identity->root, 32) != 0)
		return err_set(err, EBADMSG, "card is of another root");
	if (card->generation >= identity->person_count)
		return err_set(err, EBADMSG, "card is of a later person key");
	identity_seal_key(identity, card->generation, seal);
	if (memcmp(card->seal, seal, 32) != 0)
		return err_set(err, EBADMSG, "card is of another person key");
	memcpy(identity->root, card->root, 32);
	return 0;
}

static int parse_card(struct scan *scan, struct identity *identity,
		      struct err *err)
{
	AUTO(str) char *bytes = NULL;
	const char *text;
	size_t len, size;

	if (!scan_literal(scan, "card ") ||
	    !scan_text(scan, (size_t)2 * CARD_TEXT, &text, &len))
		return err_set(err, EBADMSG, "wrong card line");
	bytes = (char *)base64_decode(text, len, &size);
	if (!bytes || memchr(bytes, '\0', size))
		return err_set(err, EBADMSG, "wrong card line");
	identity->card = g_strndup(bytes, size);
	return 0;
}

static int parse_check(struct scan *scan, const char *text, struct err *err)
{
	uint8_t check[32], want[32];

	(void)crypto_generichash(want, sizeof(want), (const uint8_t *)text,
				 (size_t)(scan->at - text), NULL, 0);
	if (!scan_literal(scan, "check ") || !scan_hex(scan, check, 32) ||
	    !scan_literal(scan, "\n") || !scan_done(scan))
		return err_set(err, EBADMSG, "wrong check line");
	if (memcmp(check, want, sizeof(want)) != 0)
		return err_set(err, EBADMSG, "its bytes have changed");
	return 0;
}

static int parse_plain(const char *text, size_t size, struct identity *identity,
		       struct err *err)
{
	struct identity_secrets *secrets = identity->secrets;
	struct scan scan = scan_of(text, size);

	if (!scan_literal(&scan, first_line))
		return err_set(err, EBADMSG, "not an identity of version 1");
	if (scan_literal(&scan, "root ")) {
		identity->has_root = true;
		if (!scan_hex(&scan, secrets->root, 32) ||
		    !scan_literal(&scan, "\n"))
			return err_set(err, EBADMSG, "wrong root line");
	}
	if (parse_persons(&scan, identity, err) < 0)
		return -1;
	if (!scan_literal(&scan, "device ") ||
	    !scan_hex(&scan, secrets->device, 32) || !scan_literal(&scan, "\n"))
		return err_set(err, EBADMSG, "wrong device line");
	if (parse_card(&scan, identity, err) < 0 ||
	    parse_check(&scan, text, err) < 0)
		return -1;
	identity_derive(identity);
	return check_card(identity, err);
}

static struct identity *identity_new(void)
{
	struct identity *identity = g_new0(struct identity, 1);

	identity->secrets = secret_new(sizeof(*identity->secrets));
	return identity;
}

/* The text in the box, which is wiped like all else. */
static int open_sealed(const char *file, size_t size, const char *path,
		       const struct passphrase *passphrase, struct draft *draft,
		       struct err *err)
{
	AUTO(secret) char *answer = secret_new(PASSPHRASE);
	AUTO(box) struct box *box = NULL;

	if (box_parse(file, size, &box, err) < 0)
		return -1;
	if (!passphrase)
		return err_set(err, EACCES, "it needs a passphrase");
	if (passphrase_ask(passphrase, path, answer, err) < 0)
		return -1;
	draft->size = box_text_size(box);
	if (draft->size > IDENTITY_TEXT)
		return err_set(err, EBADMSG, "it is too long");
	return box_open(box, answer, draft->text, err);
}

static int open_checked(const char *path, const struct passphrase *passphrase,
			struct identity *identity, struct err *err)
{
	AUTO(secret) char *file = secret_new(FILE_MOST);
	AUTO(secret) char *text = secret_new(IDENTITY_TEXT);
	struct draft draft = { .text = text };
	size_t size;

	if (secret_read(path, file, FILE_MOST, &size, err) < 0)
		return -1;
	if (!box_is(file, size))
		return parse_plain(file, size, identity, err);
	if (open_sealed(file, size, path, passphrase, &draft, err) < 0)
		return -1;
	return parse_plain(draft.text, draft.size, identity, err);
}

int identity_open(const char *path, const struct passphrase *passphrase,
		  struct identity **identity_r, struct err *err)
{
	AUTO(identity) struct identity *identity = identity_new();

	if (open_checked(path, passphrase, identity, err) < 0)
		return err_prefix(err, "%s", path);
	*identity_r = take(identity);
	return 0;
}

static int write_identity(const char *path, const struct identity *identity,
			  const struct passphrase *passphrase, struct err *err)
{
	AUTO(secret) char *text = secret_new(IDENTITY_TEXT);
	AUTO(secret) char *answer = secret_new(PASSPHRASE);
	AUTO(gstring) GString *sealed = NULL;
	struct draft draft = { .text = text };

	write_plain(identity, &draft);
	if (!passphrase)
		return secret_write(path, draft.text, draft.size, err);
	if (passphrase_ask(passphrase, path, answer, err) < 0)
		return -1;
	sealed = g_string_new(NULL);
	if (box_write(draft.text, draft.size, answer, sealed, err) < 0)
		return -1;
	return secret_write(path, sealed->str, sealed->len, err);
}

/* New seeds, and the keys derived from them. */
static struct identity *make_identity(void)
{
	struct identity *identity = identity_new();
	struct identity_secrets *secrets = identity->secrets;

	randombytes_buf(secrets->root, sizeof(secrets->root));
	randombytes_buf(secrets->persons[0], sizeof(secrets->persons[0]));
	randombytes_buf(secrets->device, sizeof(secrets->device));
	identity->has_root = true;
	identity->person_count = 1;
	identity_derive(identity);
	return identity;
}

int identity_create(const char *path, const char *name,
		    const char *const *mails, size_t mail_count, int64_t now,
		    const struct passphrase *passphrase,
		    struct identity **identity_r, struct err *err)
{
	AUTO(identity) struct identity *identity = make_identity();
	AUTO(card) struct card *card = card_new();

	card->name = g_strdup(name);
	card->version = now;
	g_array_append_vals(card->devices, identity->device, 1);
	for (size_t i = 0; i < mail_count; i++)
		g_ptr_array_add(card->mails, g_strdup(mails[i]));
	if (card_write(card, identity, &identity->card, err) < 0)
		return -1;
	if (access(path, F_OK) == 0)
		return err_set(err, EEXIST, "%s: File exists", path);
	if (write_identity(path, identity, passphrase, err) < 0)
		return err_prefix(err, "%s", path);
	*identity_r = take(identity);
	return 0;
}
