/* SPDX-License-Identifier: ISC */
/* The one form a commit of ours has (%x: lower-case hex, every line ends in
 * LF):
 *
 *	tree %x
 *	parent %x				0 to 16 times
 *	author defms <%x@defms.invalid> <seconds> +0000
 *	committer (the same)
 *	gpgsig -----BEGIN SSH SIGNATURE-----
 *	(one space)
 *	(one space, 70 base64 characters)	3 times
 *	(one space, 22 base64 characters)
 *	(one space)-----END SSH SIGNATURE-----
 *	(one space)-----END PGP SIGNATURE-----
 *	(empty)
 *	<subject>
 *	(empty)
 *	Strand: <32 hex>
 *	Chain: <decimal>
 *	Root: <64 hex>
 *
 * The base64 is of an SSHSIG blob (OpenSSH's PROTOCOL.sshsig) with an Ed25519
 * key, namespace "git" and SHA-512, over the commit without its gpgsig header.
 * git and OpenSSH stop at the SSH END line; Kubo's codec wants the line with
 * one space and the PGP END line. */
#include "sign.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "defms/sign.h"
#include "identity.h"

enum {
	BLOB = 173,
	BLOB_KEY = 0x21,
	BLOB_SIGNATURE = 0x6d,
	BASE64 = 232,
	BASE64_LINE = 70,
};

static const char header_start[] = "gpgsig -----BEGIN SSH SIGNATURE-----\n \n";
static const char header_end[] = " -----END SSH SIGNATURE-----\n"
				 " -----END PGP SIGNATURE-----\n";

void sign_message(const uint8_t digest[SIGN_DIGEST],
		  uint8_t message[SIGN_SIGNED])
{
	static const uint8_t start[] = "SSHSIG"
				       "\0\0\0\x03git"
				       "\0\0\0\0"
				       "\0\0\0\x06sha512"
				       "\0\0\0\x40";

	memcpy(message, start, sizeof(start) - 1);
	memcpy(message + sizeof(start) - 1, digest, SIGN_DIGEST);
}

static void make_blob(const uint8_t key[32], const uint8_t signature[64],
		      uint8_t blob[BLOB])
{
	static const uint8_t before_key[] = "SSHSIG\0\0\0\x01"
					    "\0\0\0\x33"
					    "\0\0\0\x0bssh-ed25519"
					    "\0\0\0\x20";
	static const uint8_t before_signature[] = "\0\0\0\x03git"
						  "\0\0\0\0"
						  "\0\0\0\x06sha512"
						  "\0\0\0\x53"
						  "\0\0\0\x0bssh-ed25519"
						  "\0\0\0\x40";

	memcpy(blob, before_key, BLOB_KEY);
	memcpy(blob + BLOB_KEY, key, 32);
	memcpy(blob + BLOB_KEY + 32, before_signature,
	       BLOB_SIGNATURE - BLOB_KEY - 32);
	memcpy(blob + BLOB_SIGNATURE, signature, 64);
}

void sign_header(const uint8_t key[32], const uint8_t signature[64],
		 char header[SIGN_HEADER])
{
	char text[BASE64 + 1], *at = header;
	uint8_t blob[BLOB];

	make_blob(key, signature, blob);
	(void)sodium_bin2base64(text, sizeof(text), blob, sizeof(blob),
				sodium_base64_VARIANT_ORIGINAL);
	at = mempcpy(at, header_start, sizeof(header_start) - 1);
	for (size_t i = 0; i < BASE64; i += BASE64_LINE) {
		*at++ = ' ';
		at = mempcpy(at, text + i, MIN(BASE64 - i, BASE64_LINE));
		*at++ = '\n';
	}
	memcpy(at, header_end, sizeof(header_end) - 1);
}

int sign_header_parse(const char header[SIGN_HEADER], uint8_t key_r[32],
		      uint8_t signature_r[64])
{
	const char *at = header + sizeof(header_start) - 1;
	char again[SIGN_HEADER];
	uint8_t blob[BLOB];
	size_t size;

	if (sodium_base642bin(blob, sizeof(blob), at, BASE64 + 8, " \n", &size,
			      NULL, sodium_base64_VARIANT_ORIGINAL) < 0 ||
	    size != sizeof(blob))
		return -1;
	memcpy(key_r, blob + BLOB_KEY, 32);
	memcpy(signature_r, blob + BLOB_SIGNATURE, 64);
	sign_header(key_r, signature_r, again);
	return memcmp(again, header, SIGN_HEADER) == 0 ? 0 : -1;
}

static void put_hex(GString *text, const char *before, const uint8_t *bytes,
		    size_t size)
{
	char hex[2 * 32 + 1];

	g_string_append(text, before);
	g_string_append(text, sodium_bin2hex(hex, sizeof(hex), bytes, size));
}

static void put_ident(GString *text, const char *before,
		      const struct device_id *device, int64_t date)
{
	put_hex(text, before, device->bytes, sizeof(device->bytes));
	g_string_append_printf(
		text, "@defms.invalid> %" G_GINT64_FORMAT " +0000\n", date);
}

/* All but the signature, which belongs at *signature_r. */
static GString *unsigned_text(const struct commit *commit,
			      const struct device_id *device,
			      size_t *signature_r)
{
	GString *text = g_string_sized_new(1024);
	int64_t date = CLAMP(commit->date, 0, sign_date_most);

	put_hex(text, "tree ", commit->tree, SIGN_OID);
	for (size_t i = 0; i < commit->parent_count; i++)
		put_hex(text, "\nparent ", commit->parents[i], SIGN_OID);
	put_ident(text, "\nauthor defms <", device, date);
	put_ident(text, "committer defms <", device, date);
	*signature_r = text->len;
	g_string_append_printf(text, "\n%s\n", commit->subject);
	put_hex(text, "\nStrand: ", commit->strand.bytes,
		sizeof(commit->strand.bytes));
	g_string_append_printf(text, "\nChain: %" G_GUINT64_FORMAT,
			       commit->chain);
	put_hex(text, "\nRoot: ", commit->root.bytes,
		sizeof(commit->root.bytes));
	return g_string_append_c(text, '\n');
}

void commit_write(const struct commit *commit, const struct identity *identity,
		  GByteArray *out)
{
	struct device_id device = identity_device(identity);
	uint8_t digest[SIGN_DIGEST], message[SIGN_SIGNED], signature[64];
	AUTO(gstring) GString *text = NULL;
	char header[SIGN_HEADER];
	size_t at;

	assert(commit->parent_count <= SIGN_PARENTS);
	assert(*commit->subject && !strchr(commit->subject, '\n'));
	text = unsigned_text(commit, &device, &at);
	(void)crypto_hash_sha512(digest, (const uint8_t *)text->str, text->len);
	sign_message(digest, message);
	identity_sign(identity, message, sizeof(message), signature);
	sign_header(identity_device_key(identity), signature, header);
	g_string_insert_len(text, (gssize)at, header, sizeof(header));
	g_byte_array_append(out, (const guint8 *)text->str, (guint)text->len);
}
