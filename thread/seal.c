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
#include <zstd.h>

#include "dictionary.h"
#include "scan.h"
#include "secret.h"

enum {
	FORMAT_PLAIN = 1,
	FORMAT_DICTIONARY = 2,
	LEVEL = 3,
	TRACE_LEVEL = 5,
	LENGTH = 8, /* of the whole content, before the frame */
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD = 1 + NONCE,
	PADDED_LEAST = 256,
	WINDOW_MOST = 1024 * 1024,
	/* The longest P that can be: zstd adds less than 1/128 to a piece of
	 * noise, Padme at most 12 %. */
	PLAIN_MOST = MESSAGE_PIECE + MESSAGE_PIECE / 4,
	BOUND_MOST = 1 + 1 + sizeof(struct strand_id) + 36, /* A */
};

/* The three keys of a strand: kdf(K, "defmsThr", 1, 2, 3). */
struct strand_key {
	uint8_t cipher[32]; /* kE */
	uint8_t nonce[32];  /* kN */
	uint8_t id[32];     /* kI */
};

struct sealer {
	ZSTD_CCtx *compress;
	ZSTD_DCtx *expand;
	ZSTD_CDict *content_in, *trace_in;
	ZSTD_DDict *content_out, *trace_out;
	uint8_t *plain; /* PLAIN_MOST bytes: P */
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

static ZSTD_CDict *compressing(const uint8_t *dictionary, size_t size,
			       int level)
{
	ZSTD_CDict *made = ZSTD_createCDict(dictionary, size, level);

	if (!made)
		g_error("no memory for a dictionary");
	return made;
}

static ZSTD_DDict *expanding(const uint8_t *dictionary, size_t size)
{
	ZSTD_DDict *made = ZSTD_createDDict(dictionary, size);

	if (!made)
		g_error("no memory for a dictionary");
	return made;
}

static void set_parameters(struct sealer *sealer)
{
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_checksumFlag, 0);
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_dictIDFlag, 0);
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_contentSizeFlag,
				     1);
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_compressionLevel,
				     LEVEL);
}

struct sealer *sealer_new(void)
{
	struct sealer *sealer = g_new0(struct sealer, 1);
	const uint8_t *dictionary;
	size_t size;

	secret_start();
	sealer->compress = ZSTD_createCCtx();
	sealer->expand = ZSTD_createDCtx();
	if (!sealer->compress || !sealer->expand)
		g_error("no memory for a compressor");
	set_parameters(sealer);
	dictionary = dictionary_content(&size);
	sealer->content_in = compressing(dictionary, size, LEVEL);
	sealer->content_out = expanding(dictionary, size);
	dictionary = dictionary_trace(&size);
	sealer->trace_in = compressing(dictionary, size, TRACE_LEVEL);
	sealer->trace_out = expanding(dictionary, size);
	sealer->plain = g_malloc(PLAIN_MOST);
	return sealer;
}

void sealer_free(struct sealer *sealer)
{
	if (!sealer)
		return;
	(void)ZSTD_freeCCtx(sealer->compress);
	(void)ZSTD_freeDCtx(sealer->expand);
	(void)ZSTD_freeCDict(sealer->content_in);
	(void)ZSTD_freeCDict(sealer->trace_in);
	(void)ZSTD_freeDDict(sealer->content_out);
	(void)ZSTD_freeDDict(sealer->trace_out);
	g_free(sealer->plain);
	g_free(sealer);
}

/* Compress into a buffer with room for ZSTD_compressBound(size): cannot fail
 * but for want of memory. */
static size_t compress(struct sealer *sealer, const ZSTD_CDict *dictionary,
		       uint8_t *out, const void *data, size_t size)
{
	size_t made;

	(void)ZSTD_CCtx_refCDict(sealer->compress, dictionary);
	made = ZSTD_compress2(sealer->compress, out, ZSTD_compressBound(size),
			      data, size);
	if (ZSTD_isError(made))
		g_error("zstd: %s", ZSTD_getErrorName(made));
	return made;
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
	uint8_t *plain = sealer->plain;
	size_t frame, padded;
	struct bound bound;
	uint8_t *head;

	assert(size <= MESSAGE_PIECE);
	put_le(plain, whole, LENGTH);
	frame = compress(
		sealer, format == FORMAT_DICTIONARY ? sealer->content_in : NULL,
		plain + LENGTH, data, size);
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

/* The frame header of RFC 8878, 3.1.1.1: size declared, no checksum, no
 * dictionary id, window of at most 1 MiB. `size` is that of the frame. */
static bool is_plain_header(const uint8_t *frame, size_t size)
{
	unsigned exponent, mantissa;
	uint64_t base;

	if (size < 6 || (frame[4] & 0x0f) != 0)
		return false;
	if (frame[4] & 0x20)
		return true; /* one segment: the window is the content */
	if (frame[4] < 0x40)
		return false;
	exponent = frame[5] >> 3;
	mantissa = frame[5] & 7;
	base = UINT64_C(1) << (10 + exponent);
	return base + base / 8 * mantissa <= WINDOW_MOST;
}

/* The frame that begins `size` bytes: its size, and that of its content. 0 if
 * it is none, or not as we make them. */
static size_t find_frame(const uint8_t *data, size_t size,
			 unsigned long long *content_r)
{
	size_t frame = ZSTD_findFrameCompressedSize(data, size);

	/* A skippable frame has another magic number. */
	if (ZSTD_isError(frame) || data[0] != 0x28 ||
	    !is_plain_header(data, frame))
		return 0;
	*content_r = ZSTD_getFrameContentSize(data, frame);
	if (*content_r == ZSTD_CONTENTSIZE_UNKNOWN ||
	    *content_r == ZSTD_CONTENTSIZE_ERROR)
		return 0;
	return frame;
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

/* Append the `content` bytes that `frame` holds. */
static int expand(struct sealer *sealer, const ZSTD_DDict *dictionary,
		  const uint8_t *frame, size_t size, size_t content,
		  GByteArray *out)
{
	guint before = out->len;
	size_t made;

	g_byte_array_set_size(out, (guint)(before + content));
	made = ZSTD_decompress_usingDDict(sealer->expand, out->data + before,
					  content, frame, size, dictionary);
	if (!ZSTD_isError(made) && made == content)
		return 0;
	g_byte_array_set_size(out, before);
	return -1;
}

static int open_plain(struct sealer *sealer, const struct seal_place *place,
		      uint8_t format, size_t size, GByteArray *out,
		      struct err *err)
{
	const uint8_t *frame = sealer->plain + LENGTH;
	uint64_t whole = get_le64(sealer->plain);
	unsigned long long content;
	size_t frame_size;

	frame_size = find_frame(frame, size - LENGTH, &content);
	if (frame_size == 0)
		return err_set(err, EBADMSG, "payload holds no frame of ours");
	if (content > MESSAGE_PIECE || content != size_at(place, whole))
		return err_set(err, EBADMSG, "payload has a wrong length");
	if (size != padded_size(frame_size) ||
	    !sodium_is_zero(frame + frame_size, size - LENGTH - frame_size))
		return err_set(err, EBADMSG, "payload has wrong padding");
	if (expand(sealer,
		   format == FORMAT_DICTIONARY ? sealer->content_out : NULL,
		   frame, frame_size, (size_t)content, out) < 0)
		return err_set(err, EBADMSG, "payload does not decompress");
	return 0;
}

int seal_open(struct sealer *sealer, const struct strand_key *key,
	      const struct seal_place *place, const void *payload, size_t size,
	      uint64_t *whole_r, GByteArray *out, struct err *err)
{
	const uint8_t *bytes = payload;
	struct bound bound;

	if (size < HEAD + PADDED_LEAST + TAG || size > HEAD + PLAIN_MOST + TAG)
		return err_set(err, EBADMSG, "payload is too %s",
			       size > PLAIN_MOST ? "long" : "short");
	if (bytes[0] != FORMAT_PLAIN && bytes[0] != FORMAT_DICTIONARY)
		return err_set(err, EBADMSG, "payload has unknown format %u",
			       bytes[0]);
	bind(&bound, bytes[0], place);
	if (decrypt(key, &bound, bytes, size, sealer->plain) < 0)
		return err_set(err, EBADMSG,
			       "payload does not open with this key here");
	if (open_plain(sealer, place, bytes[0], size - HEAD - TAG, out, err) <
	    0)
		return -1;
	*whole_r = get_le64(sealer->plain);
	return 0;
}

void seal_pack_trace(struct sealer *sealer, const void *data, size_t size,
		     GByteArray *out)
{
	guint before = out->len;
	size_t made;

	g_byte_array_set_size(out, (guint)(before + ZSTD_compressBound(size)));
	made = compress(sealer, sealer->trace_in, out->data + before, data,
			size);
	g_byte_array_set_size(out, (guint)(before + made));
}

int seal_unpack_trace(struct sealer *sealer, const void *data, size_t size,
		      size_t limit, GByteArray *out, struct err *err)
{
	unsigned long long content;

	if (find_frame(data, size, &content) != size || size == 0)
		return err_set(err, EBADMSG, "not a packed trace");
	if (content > limit)
		return err_set(err, EBADMSG, "trace is too long");
	if (expand(sealer, sealer->trace_out, data, size, (size_t)content,
		   out) < 0)
		return err_set(err, EBADMSG, "trace does not decompress");
	return 0;
}
