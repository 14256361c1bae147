/* SPDX-License-Identifier: ISC */
/* A payload is
 *
 *	f N C		f: format byte; N: nonce, 24 bytes
 *	C = XChaCha20-Poly1305-IETF(kE, N, A, P), 16 bytes longer than P
 *	P = le64(whole) frame zeros
 *	A = f kind T name
 *	N = BLAKE2b-192(kN; le64(|A|) A P)
 *
 * `whole` is the length of the whole content, `frame` one zstd frame (RFC 8878)
 * of it or of one piece, with its size declared, a window of at most 1 MiB, no
 * checksum and no dictionary id: f says 1 for none, 2 for dictionary 1. P as a
 * whole, its first eight bytes included, is as long as
 *
 *	max(256, padme(8 + |frame|))
 *
 * The nonce depends on all that is encrypted and authenticated, so equal input
 * gives an equal payload and no two plain texts ever share a nonce. Opening
 * computes it again, which binds the key as well. */
#include "defms/seal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "defms/secret.h"
#include "scan.h"
#include "seal-frame.h"

enum {
	FORMAT_PLAIN = 1,
	FORMAT_DICTIONARY = 2,
	LENGTH = 8, /* of the whole content, before the frame */
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD = 1 + NONCE,
	PADDED_LEAST = 256,
	BOUND_MOST = 1 + 1 + sizeof(struct strand_id) + 36, /* A */
};

/* The three keys of a strand: kdf(K, "defmsThr", 1, 2, 3). */
struct strand_key {
	uint8_t cipher[32]; /* kE */
	uint8_t nonce[32];  /* kN */
	uint8_t id[32];     /* kI */
};

/* What the cipher authenticates beside P. */
struct bound {
	uint8_t bytes[BOUND_MOST];
	size_t size;
};

void strand_id_print(const struct strand_id *id, char hex[STRAND_ID_HEX + 1])
{
	(void)sodium_bin2hex(hex, STRAND_ID_HEX + 1, id->bytes,
			     sizeof(id->bytes));
}

int strand_id_parse(const char *hex, struct strand_id *id_r, struct err *err)
{
	struct scan scan = scan_of(hex, strlen(hex));
	struct strand_id id;

	if (!scan_hex(&scan, id.bytes, sizeof(id.bytes)) || !scan_done(&scan))
		return err_set(err, EINVAL, "not a strand id");
	*id_r = id;
	return 0;
}

struct strand_key *strand_key_new(void)
{
	return secret_new(sizeof(struct strand_key));
}

void strand_key_free(struct strand_key *key)
{
	secret_free(key);
}

void strand_key_derive(struct strand_key *key, const uint8_t secret[32])
{
	static const char context[] = "defmsThr";

	(void)crypto_kdf_derive_from_key(key->cipher, sizeof(key->cipher), 1,
					 context, secret);
	(void)crypto_kdf_derive_from_key(key->nonce, sizeof(key->nonce), 2,
					 context, secret);
	(void)crypto_kdf_derive_from_key(key->id, sizeof(key->id), 3, context,
					 secret);
}

struct message_id strand_key_id(const struct strand_key *key, const void *data,
				size_t size)
{
	return message_id_of(key->id, data, size);
}

const uint8_t *strand_key_id_key(const struct strand_key *key)
{
	return key->id;
}

static void put_le(uint8_t *out, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(number >> 8 * i);
}

static uint64_t get_le64(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < 8; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

static uint64_t get_le32(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < 4; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

struct seal_place seal_place_message(const struct strand_id *strand,
				     const struct message_id *id,
				     uint32_t number)
{
	struct seal_place place = {
		.kind = SEAL_MESSAGE,
		.strand = *strand,
		.name_size = sizeof(id->bytes) + 4,
	};

	memcpy(place.name, id->bytes, sizeof(id->bytes));
	put_le(place.name + sizeof(id->bytes), number, 4);
	return place;
}

/* PURBs (Nikitin et al. 2019), 4: round up to a multiple of 2^(E - S), where
 * E is the exponent of `size` and S the number of bits of E. */
uint64_t seal_padme(uint64_t size)
{
	unsigned exponent, bits;
	uint64_t mask;

	if (size < 2)
		return size;
	exponent = 63 - (unsigned)__builtin_clzll(size);
	bits = exponent ? 32 - (unsigned)__builtin_clz(exponent) : 0;
	if (bits > exponent)
		return size;
	mask = (UINT64_C(1) << (exponent - bits)) - 1;
	return size > UINT64_MAX - mask ? UINT64_MAX : (size + mask) & ~mask;
}

/* The length of P for a frame of `size` bytes. */
static size_t padded_size(size_t size)
{
	return MAX((size_t)PADDED_LEAST, seal_padme(LENGTH + size));
}

static void bind(struct bound *bound, uint8_t format,
		 const struct seal_place *place)
{
	uint8_t *at = bound->bytes;

	*at++ = format;
	*at++ = (uint8_t)place->kind;
	memcpy(at, place->strand.bytes, sizeof(place->strand.bytes));
	at += sizeof(place->strand.bytes);
	memcpy(at, place->name, place->name_size);
	bound->size = (size_t)(at - bound->bytes) + place->name_size;
}

static void make_nonce(uint8_t nonce[NONCE], const struct strand_key *key,
		       const struct bound *bound, const uint8_t *plain,
		       size_t size)
{
	crypto_generichash_state state;
	uint8_t length[8];

	put_le(length, bound->size, sizeof(length));
	(void)crypto_generichash_init(&state, key->nonce, sizeof(key->nonce),
				      NONCE);
	(void)crypto_generichash_update(&state, length, sizeof(length));
	(void)crypto_generichash_update(&state, bound->bytes, bound->size);
	(void)crypto_generichash_update(&state, plain, size);
	(void)crypto_generichash_final(&state, nonce, NONCE);
	sodium_memzero(&state, sizeof(state));
}

/* Prose profits from the dictionary; lists of hashes, keys and base64 do
 * not. */
static uint8_t format_of(enum seal_kind kind)
{
	switch (kind) {
	case SEAL_MESSAGE:
	case SEAL_THREAD:
		return FORMAT_DICTIONARY;
	case SEAL_MEMBERS:
	case SEAL_LINKS:
	case SEAL_SENT:
	case SEAL_CARD:
		break;
	}
	return FORMAT_PLAIN;
}

void seal_close(struct sealer *sealer, const struct strand_key *key,
		const struct seal_place *place, const void *data, size_t size,
		uint64_t whole, GByteArray *out)
{
	uint8_t format = format_of(place->kind);
	uint8_t *plain = sealer_plain(sealer);
	size_t frame, padded;
	struct bound bound;
	uint8_t *head;

	assert(size <= MESSAGE_PIECE);
	put_le(plain, whole, LENGTH);
	frame = frame_write(sealer, format == FORMAT_DICTIONARY, plain + LENGTH,
			    data, size);
	padded = padded_size(frame);
	memset(plain + LENGTH + frame, 0, padded - LENGTH - frame);
	bind(&bound, format, place);

	g_byte_array_set_size(out, (guint)(out->len + HEAD + padded + TAG));
	head = out->data + out->len - HEAD - padded - TAG;
	head[0] = format;
	make_nonce(head + 1, key, &bound, plain, padded);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		head + HEAD, NULL, plain, padded, bound.bytes, bound.size, NULL,
		head + 1, key->cipher);
}

/* Decrypt into `plain`, of size - HEAD - TAG bytes, and check the nonce. */
static int decrypt(const struct strand_key *key, const struct bound *bound,
		   const uint8_t *payload, size_t size, uint8_t *plain)
{
	uint8_t nonce[NONCE];

	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    plain, NULL, NULL, payload + HEAD, size - HEAD,
		    bound->bytes, bound->size, payload + 1, key->cipher) < 0)
		return -1;
	make_nonce(nonce, key, bound, plain, size - HEAD - TAG);
	return sodium_memcmp(nonce, payload + 1, NONCE);
}

/* How long the content at `place` must be if all of it is `whole` long;
 * UINT64_MAX if there is no such place. */
static uint64_t size_at(const struct seal_place *place, uint64_t whole)
{
	uint64_t before = 0;

	if (place->kind == SEAL_MESSAGE)
		before = MESSAGE_PIECE * get_le32(place->name + 32);
	if (before > whole || (before == whole && before != 0))
		return UINT64_MAX;
	if (place->kind != SEAL_MESSAGE)
		return whole;
	return MIN(whole - before, (uint64_t)MESSAGE_PIECE);
}

static int open_plain(struct sealer *sealer, const struct seal_place *place,
		      uint8_t format, size_t size, GByteArray *out,
		      struct err *err)
{
	const uint8_t *frame = sealer_plain(sealer) + LENGTH;
	uint64_t whole = get_le64(sealer_plain(sealer));
	uint64_t content;
	size_t frame_size;

	frame_size = frame_find(frame, size - LENGTH, &content);
	if (frame_size == 0)
		return err_set(err, EBADMSG, "payload holds no frame of ours");
	if (content > MESSAGE_PIECE || content != size_at(place, whole))
		return err_set(err, EBADMSG, "payload has a wrong length");
	if (size != padded_size(frame_size) ||
	    !sodium_is_zero(frame + frame_size, size - LENGTH - frame_size))
		return err_set(err, EBADMSG, "payload has wrong padding");
	if (frame_read(sealer, format == FORMAT_DICTIONARY, frame, frame_size,
		       (size_t)content, out) < 0)
		return err_set(err, EBADMSG, "payload does not decompress");
	return 0;
}

int seal_open(struct sealer *sealer, const struct strand_key *key,
	      const struct seal_place *place, const void *payload, size_t size,
	      uint64_t *whole_r, GByteArray *out, struct err *err)
{
	const uint8_t *bytes = payload;
	struct bound bound;

	if (size < HEAD + PADDED_LEAST + TAG ||
	    size > HEAD + SEALER_PLAIN + TAG)
		return err_set(err, EBADMSG, "payload is too %s",
			       size > SEALER_PLAIN ? "long" : "short");
	if (bytes[0] != FORMAT_PLAIN && bytes[0] != FORMAT_DICTIONARY)
		return err_set(err, EBADMSG, "payload has unknown format %u",
			       bytes[0]);
	bind(&bound, bytes[0], place);
	if (decrypt(key, &bound, bytes, size, sealer_plain(sealer)) < 0)
		return err_set(err, EBADMSG,
			       "payload does not open with this key here");
	if (open_plain(sealer, place, bytes[0], size - HEAD - TAG, out, err) <
	    0)
		return -1;
	*whole_r = get_le64(sealer_plain(sealer));
	return 0;
}
