/* SPDX-License-Identifier: ISC */
/* An identity under a passphrase. Lines, each ending in LF:
 *
 *	defms-identity 1
 *	sealed argon2id <ops> <mem> <salt>
 *	<base64>		76 characters each, the last perhaps less
 *	end
 *
 * <ops> and <mem> (bytes) are those of crypto_pwhash(), <salt> is 32 hex
 * digits. The base64 (RFC 4648, 4, with padding) is of N C: N 24 random bytes,
 * C = XChaCha20-Poly1305-IETF(k, N, A, text), k the 32 bytes that Argon2id
 * 1.3 makes of the passphrase, A = the first two lines, LF included. */
#include "key-box.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "defms/secret.h"
#include "scan.h"

enum {
	SALT = crypto_pwhash_SALTBYTES,
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	OPS_MOST = 64,
	LINE = 76,
};

static const uint64_t memory_most = UINT64_C(4) << 30;
static const char first_line[] = "defms-identity 1\n";

/* How a passphrase becomes a key. */
struct stretch {
	uint64_t ops, memory;
	uint8_t salt[SALT];
};

struct box {
	struct stretch stretch;
	char *head;     /* owned; the first two lines */
	uint8_t *bytes; /* owned; N C */
	size_t size;
};

static int stretch_key(const struct stretch *stretch, const char *passphrase,
		       uint8_t key[32], struct err *err)
{
	if (crypto_pwhash(key, 32, passphrase, strlen(passphrase),
			  stretch->salt, stretch->ops, (size_t)stretch->memory,
			  crypto_pwhash_ALG_ARGON2ID13) < 0)
		return err_set(err, ENOMEM,
			       "argon2id needs %" G_GUINT64_FORMAT
			       " MiB of memory",
			       stretch->memory >> 20);
	return 0;
}

/* The first two lines: what the box authenticates. */
static GString *sealed_head(const struct stretch *stretch)
{
	GString *head = g_string_new(first_line);
	char salt[2 * SALT + 1];

	(void)sodium_bin2hex(salt, sizeof(salt), stretch->salt, SALT);
	g_string_append_printf(head,
			       "sealed argon2id %" G_GUINT64_FORMAT
			       " %" G_GUINT64_FORMAT " %s\n",
			       stretch->ops, stretch->memory, salt);
	return head;
}

static void add_base64_lines(GString *file, const uint8_t *data, size_t size)
{
	AUTO(str) char *text = g_base64_encode(data, size);

	for (const char *at = text; *at; at += strnlen(at, LINE))
		g_string_append_printf(file, "%.*s\n", LINE, at);
}

int box_write(const char *text, size_t size, const char *passphrase,
	      GString *file, struct err *err)
{
	struct stretch stretch = {
		.ops = crypto_pwhash_OPSLIMIT_MODERATE,
		.memory = crypto_pwhash_MEMLIMIT_MODERATE,
	};
	AUTO(str) char *box = g_malloc(NONCE + size + TAG);
	AUTO(gstring) GString *head = NULL;
	AUTO(secret) uint8_t *key = secret_new(32);
	uint8_t *bytes = (uint8_t *)box;

	randombytes_buf(stretch.salt, SALT);
	randombytes_buf(bytes, NONCE);
	if (stretch_key(&stretch, passphrase, key, err) < 0)
		return -1;
	head = sealed_head(&stretch);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		bytes + NONCE, NULL, (const uint8_t *)text, size,
		(const uint8_t *)head->str, head->len, NULL, bytes, key);
	g_string_append_len(file, head->str, (gssize)head->len);
	add_base64_lines(file, bytes, NONCE + size + TAG);
	g_string_append(file, "end\n");
	return 0;
}

uint8_t *base64_decode(const char *text, size_t len, size_t *size_r)
{
	AUTO(str) char *encoded = g_strndup(text, len);
	AUTO(str) char *again = NULL;
	guchar *bytes = NULL;
	gsize size = 0;

	if (len == 0)
		return NULL;
	bytes = g_base64_decode(encoded, &size);
	again = g_base64_encode(bytes, size);
	if (strcmp(encoded, again) != 0) {
		g_free(bytes);
		return NULL;
	}
	*size_r = size;
	return bytes;
}

/* The head of a sealed identity. */
static bool scan_stretch(struct scan *scan, struct stretch *stretch)
{
	return scan_literal(scan, first_line) &&
	       scan_literal(scan, "sealed argon2id ") &&
	       scan_number(scan, OPS_MOST, &stretch->ops) &&
	       scan_literal(scan, " ") &&
	       scan_number(scan, memory_most, &stretch->memory) &&
	       scan_literal(scan, " ") && scan_hex(scan, stretch->salt, SALT) &&
	       scan_literal(scan, "\n") && stretch->ops > 0 &&
	       stretch->memory >= crypto_pwhash_MEMLIMIT_MIN;
}

/* Append the base64 of the lines up to "end". */
static bool scan_body(struct scan *scan, GString *text)
{
	size_t len = LINE;
	const char *line;

	while (!scan_literal(scan, "end\n")) {
		if (len != LINE || !scan_text(scan, LINE, &line, &len))
			return false;
		g_string_append_len(text, line, (gssize)len);
	}
	return scan_done(scan);
}

bool box_is(const char *file, size_t size)
{
	struct scan scan = scan_of(file, size);

	return scan_literal(&scan, first_line) &&
	       scan_literal(&scan, "sealed ");
}

int box_parse(const char *file, size_t size, struct box **box_r,
	      struct err *err)
{
	AUTO(box) struct box *box = g_new0(struct box, 1);
	AUTO(gstring) GString *text = g_string_new(NULL);
	struct scan scan = scan_of(file, size);

	if (!scan_stretch(&scan, &box->stretch))
		return err_set(err, EBADMSG, "wrong sealed line");
	box->head = g_strndup(file, (size_t)(scan.at - file));
	if (scan_body(&scan, text))
		box->bytes = base64_decode(text->str, text->len, &box->size);
	if (!box->bytes || box->size < NONCE + TAG)
		return err_set(err, EBADMSG, "what is sealed is damaged");
	*box_r = take(box);
	return 0;
}

void box_free(struct box *box)
{
	if (!box)
		return;
	g_free(box->head);
	g_free(box->bytes);
	g_free(box);
}

size_t box_text_size(const struct box *box)
{
	return box->size - NONCE - TAG;
}

int box_open(const struct box *box, const char *passphrase, char *text,
	     struct err *err)
{
	AUTO(secret) uint8_t *key = secret_new(32);

	if (stretch_key(&box->stretch, passphrase, key, err) < 0)
		return -1;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    (uint8_t *)text, NULL, NULL, box->bytes + NONCE,
		    box->size - NONCE, (const uint8_t *)box->head,
		    strlen(box->head), box->bytes, key) < 0)
		return err_set(err, EACCES, "wrong passphrase");
	return 0;
}
