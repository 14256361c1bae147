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
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "identity.h"
#include "key-box.h"
#include "key-secret-file.h"
#include "scan.h"

enum { FILE_MOST = 2 * IDENTITY_TEXT };

/* Zero if there is no such file. */
static struct identity_stamp stamp_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		memset(&st, 0, sizeof(st));
	return (struct identity_stamp){
		.inode = st.st_ino,
		.size = (uint64_t)st.st_size,
		.changed = (int64_t)st.st_ctim.tv_sec * 1000000000 +
			   st.st_ctim.tv_nsec,
	};
}

static const char first_line[] = "defms-identity 1\n";

void key_text_add(struct key_text *plain, const char *text)
{
	size_t size = strlen(text);

	if (size >= IDENTITY_TEXT - plain->size)
		g_error("identity is too long");
	memcpy(plain->text + plain->size, text, size + 1);
	plain->size += size;
}

void key_text_add_hex(struct key_text *plain, const char *before,
		      const uint8_t *bytes, size_t size)
{
	key_text_add(plain, before);
	if (2 * size + 2 >= IDENTITY_TEXT - plain->size)
		g_error("identity is too long");
	(void)sodium_bin2hex(plain->text + plain->size,
			     IDENTITY_TEXT - plain->size, bytes, size);
	plain->size += 2 * size;
	key_text_add(plain, "\n");
}

void identity_draft_persons(const struct identity *identity,
			    struct key_text *plain)
{
	for (size_t i = 0; i < identity->person_count; i++) {
		char before[32];

		(void)snprintf(before, sizeof(before), "person %zu ", i);
		key_text_add_hex(plain, before, identity->secrets->persons[i],
				 32);
	}
}

void identity_draft_card(const struct identity *identity,
			 struct key_text *plain)
{
	AUTO(str)
	char *card = g_base64_encode((const guchar *)identity->card,
				     strlen(identity->card));

	key_text_add(plain, "card ");
	key_text_add(plain, card);
	key_text_add(plain, "\n");
}

/* The plain text of `identity`. */
static void write_plain(const struct identity *identity, struct key_text *plain)
{
	const struct identity_secrets *secrets = identity->secrets;
	uint8_t check[32];

	key_text_add(plain, first_line);
	if (identity->has_root)
		key_text_add_hex(plain, "root ", secrets->root, 32);
	identity_draft_persons(identity, plain);
	key_text_add_hex(plain, "device ", secrets->device, 32);
	identity_draft_card(identity, plain);
	(void)crypto_generichash(check, sizeof(check),
				 (const uint8_t *)plain->text, plain->size,
				 NULL, 0);
	key_text_add_hex(plain, "check ", check, sizeof(check));
}

int identity_parse_persons(struct scan *scan, struct identity *identity,
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

int identity_check_card(struct identity *identity, struct err *err)
{
	AUTO(card) struct card *card = NULL;
	uint8_t seal[32];

	if (card_parse(identity->card, strlen(identity->card), &card, err) < 0)
		return -1;
	if (identity->has_root && memcmp(card->root, identity->root, 32) != 0)
		return err_set(err, EBADMSG, "card is of another root");
	memcpy(identity->root, card->root, 32);
	identity->behind = card->generation >= identity->person_count;
	if (identity->behind)
		return 0;
	identity_seal_key(identity, card->generation, seal);
	if (memcmp(card->seal, seal, 32) != 0)
		return err_set(err, EBADMSG, "card is of another person key");
	return 0;
}

int identity_parse_card(struct scan *scan, struct identity *identity,
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
	identity_set_card(identity, g_strndup(bytes, size));
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
	if (identity_parse_persons(&scan, identity, err) < 0)
		return -1;
	if (!scan_literal(&scan, "device ") ||
	    !scan_hex(&scan, secrets->device, 32) || !scan_literal(&scan, "\n"))
		return err_set(err, EBADMSG, "wrong device line");
	if (identity_parse_card(&scan, identity, err) < 0 ||
	    parse_check(&scan, text, err) < 0)
		return -1;
	identity_derive(identity);
	return identity_check_card(identity, err);
}

struct identity *identity_new(void)
{
	struct identity *identity = g_new0(struct identity, 1);

	identity->secrets = secret_new(sizeof(*identity->secrets));
	identity->old = g_ptr_array_new_with_free_func(g_free);
	return identity;
}

/* The text in the box, which is wiped like all else. With what opens it the
 * file will be written again. */
static int open_sealed(const struct box *box, const char *path,
		       const struct passphrase *passphrase,
		       struct identity *identity, struct key_text *plain,
		       struct err *err)
{
	plain->size = box_text_size(box);
	if (plain->size > IDENTITY_TEXT)
		return err_set(err, EBADMSG, "it is too long");
	if (!passphrase && !identity->password)
		return err_set(err, EACCES, "it needs a passphrase");
	if (!identity->password) {
		identity->password = secret_new(PASSPHRASE);
		if (passphrase_ask(passphrase, path, identity->password, err) <
		    0)
			return -1;
	}
	return box_open(box, identity->password, plain->text, err);
}

static int open_file(const char *path, const struct passphrase *passphrase,
		     struct identity *identity, struct err *err)
{
	AUTO(secret) char *file = secret_new(FILE_MOST);
	AUTO(secret) char *text = secret_new(IDENTITY_TEXT);
	AUTO(box) struct box *box = NULL;
	struct key_text plain = { .text = text };
	size_t size;

	identity->stamp = stamp_of(path);
	if (secret_read(path, file, FILE_MOST, &size, err) < 0)
		return -1;
	if (!box_is(file, size))
		return parse_plain(file, size, identity, err);
	if (box_parse(file, size, &box, err) < 0 ||
	    open_sealed(box, path, passphrase, identity, &plain, err) < 0)
		return -1;
	return parse_plain(plain.text, plain.size, identity, err);
}

int identity_open(const char *path, const struct passphrase *passphrase,
		  struct identity **identity_r, struct err *err)
{
	AUTO(identity) struct identity *identity = identity_new();

	if (open_file(path, passphrase, identity, err) < 0)
		return err_prefix(err, "%s", path);
	*identity_r = take(identity);
	return 0;
}

int identity_open_again(const char *path, const struct identity *identity,
			struct identity **identity_r, struct err *err)
{
	AUTO(identity) struct identity *again = identity_new();

	if (identity->password) {
		again->password = secret_new(PASSPHRASE);
		memcpy(again->password, identity->password, PASSPHRASE);
	}
	if (open_file(path, NULL, again, err) < 0)
		return err_prefix(err, "%s", path);
	*identity_r = take(again);
	return 0;
}

bool identity_is_current(const char *path, const struct identity *identity)
{
	struct identity_stamp now = stamp_of(path);

	return memcmp(&now, &identity->stamp, sizeof(now)) == 0;
}

static int write_text(const char *path, const char *text, size_t size,
		      bool replace, struct err *err)
{
	int result = replace ? secret_replace(path, text, size, err)
			     : secret_write(path, text, size, err);

	return result < 0 ? err_prefix(err, "%s", path) : 0;
}

int identity_write(const char *path, struct identity *identity, bool replace,
		   struct err *err)
{
	AUTO(secret) char *text = secret_new(IDENTITY_TEXT);
	AUTO(gstring) GString *sealed = g_string_new(NULL);
	struct key_text plain = { .text = text };

	write_plain(identity, &plain);
	if (identity->password &&
	    box_write(plain.text, plain.size, identity->password, sealed, err) <
		    0)
		return err_prefix(err, "%s", path);
	if (identity->password ? write_text(path, sealed->str, sealed->len,
					    replace, err) < 0
			       : write_text(path, plain.text, plain.size,
					    replace, err) < 0)
		return -1;
	identity->stamp = stamp_of(path);
	return 0;
}

int identity_seal(struct identity *identity, const char *path,
		  const struct passphrase *passphrase, struct err *err)
{
	AUTO(secret) char *password = secret_new(PASSPHRASE);

	if (!passphrase)
		return 0;
	if (passphrase_ask(passphrase, path, password, err) < 0)
		return err_prefix(err, "%s", path);
	identity->password = take(password);
	return 0;
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
	if (identity_seal(identity, path, passphrase, err) < 0 ||
	    identity_write(path, identity, false, err) < 0)
		return -1;
	*identity_r = take(identity);
	return 0;
}
