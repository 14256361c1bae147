/* SPDX-License-Identifier: ISC */
/* K of a shared strand is random. The blob `keys` holds a box of 80 bytes for
 * each member,
 *
 *	crypto_box_curve25519xchacha20poly1305_seal(K) to X of the newest card
 *
 * and as many more, of random bytes to key pairs that are thrown away, as make
 * their number a multiple of 8: who cannot open them learns no more than how
 * many eights of members there are. (Boxes of noise would be told apart: not
 * every 32 bytes are an ephemeral key.) They are sorted, so their order says
 * nothing. Such a box does not say what it is for; the strand's id does:
 *
 *	T = BLAKE2b-128(kdf(K, "defmsThr", 4); the roots, sorted, joined) */
#include "key-circle.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "identity.h"

enum { BATCH = 8 };

_Static_assert(CIRCLE_BOX ==
		       crypto_box_curve25519xchacha20poly1305_SEALBYTES + 32,
	       "a box holds K");
_Static_assert((int)CIRCLE_MEMBERS <= (int)CIRCLE_BOXES, "all have a box");

struct strand_id circle_id(const uint8_t secret[32], const GArray *roots)
{
	struct strand_id id;
	uint8_t key[32];

	(void)crypto_kdf_derive_from_key(key, sizeof(key), 4, "defmsThr",
					 secret);
	(void)crypto_generichash(
		id.bytes, sizeof(id.bytes), (const uint8_t *)roots->data,
		roots->len * sizeof(struct root_key), key, sizeof(key));
	sodium_memzero(key, sizeof(key));
	return id;
}

void circle_draw(uint8_t secret[32])
{
	secret_start();
	randombytes_buf(secret, 32);
}

void circle_wipe(uint8_t secret[32])
{
	sodium_memzero(secret, 32);
}

static void add_box(const uint8_t secret[32], const uint8_t key[32],
		    GByteArray *boxes)
{
	uint8_t box[CIRCLE_BOX];

	/* Fails for a key of low order, which opens for nobody. */
	if (crypto_box_curve25519xchacha20poly1305_seal(box, secret, 32, key) <
	    0)
		randombytes_buf(box, sizeof(box));
	(void)g_byte_array_append(boxes, box, sizeof(box));
}

static void add_dummy(GByteArray *boxes)
{
	AUTO(secret) uint8_t *secret_key = secret_new(32);
	uint8_t noise[32], key[32];

	randombytes_buf(noise, sizeof(noise));
	(void)crypto_box_curve25519xchacha20poly1305_keypair(key, secret_key);
	add_box(noise, key, boxes);
}

static int compare_boxes(const void *box, const void *other)
{
	return memcmp(box, other, CIRCLE_BOX);
}

void circle_wrap(const uint8_t secret[32], const GPtrArray *cards,
		 GByteArray *keys)
{
	AUTO(bytes) GByteArray *boxes = g_byte_array_new();

	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		add_box(secret, card->seal, boxes);
	}
	while (boxes->len / CIRCLE_BOX % BATCH != 0)
		add_dummy(boxes);
	qsort(boxes->data, boxes->len / CIRCLE_BOX, CIRCLE_BOX, compare_boxes);
	(void)g_byte_array_append(keys, boxes->data, boxes->len);
}

/* Is it as circle_wrap() makes it? */
static bool is_keys(const uint8_t *keys, size_t size)
{
	size_t count = size / CIRCLE_BOX;

	if (count == 0 || count > CIRCLE_BOXES || size % CIRCLE_BOX != 0 ||
	    count % BATCH != 0)
		return false;
	for (size_t i = 1; i < count; i++)
		if (compare_boxes(keys + (i - 1) * CIRCLE_BOX,
				  keys + i * CIRCLE_BOX) >= 0)
			return false;
	return true;
}

/* The newest generation is asked first. */
static bool open_any(const struct identity *identity, const uint8_t *keys,
		     size_t count, uint8_t *secret)
{
	AUTO(secret) uint8_t *secret_key = secret_new(32);

	for (size_t g = identity->person_count; g > 0; g--) {
		uint8_t key[32];

		identity_seal_pair(identity, g - 1, key, secret_key);
		for (size_t i = 0; i < count; i++)
			if (crypto_box_curve25519xchacha20poly1305_seal_open(
				    secret, keys + i * CIRCLE_BOX, CIRCLE_BOX,
				    key, secret_key) == 0)
				return true;
	}
	return false;
}

int circle_unlock(const struct identity *identity, const void *keys,
		  size_t size, uint8_t secret_r[32], struct err *err)
{
	if (!is_keys(keys, size))
		return err_set(err, EBADMSG, "keys are damaged");
	return open_any(identity, keys, size / CIRCLE_BOX, secret_r);
}
