/* SPDX-License-Identifier: ISC */
/* The first byte chooses: a packed trace (t); a payload as it came (r); else
 * the rest is what a holder of the keys encrypted: le64(whole), frame,
 * padding. */
#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "defms/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[32] = "a key that everybody may know..";

/* Encrypt `size` bytes of P for `place`, as the top of seal.c says. */
static GByteArray *encrypt(const struct seal_place *place, uint8_t format,
			   const uint8_t *plain, size_t size)
{
	GByteArray *payload = g_byte_array_new();
	uint8_t cipher[32], nonce[32], bound[54], length[8] = { 54 };
	crypto_generichash_state state;

	bound[0] = format;
	bound[1] = (uint8_t)place->kind;
	memcpy(bound + 2, place->strand.bytes, 16);
	memcpy(bound + 18, place->name, 36);
	(void)crypto_kdf_derive_from_key(cipher, 32, 1, "defmsThr", secret);
	(void)crypto_kdf_derive_from_key(nonce, 32, 2, "defmsThr", secret);
	g_byte_array_set_size(payload, (guint)size + 41);
	payload->data[0] = format;
	(void)crypto_generichash_init(&state, nonce, 32, 24);
	(void)crypto_generichash_update(&state, length, sizeof(length));
	(void)crypto_generichash_update(&state, bound, sizeof(bound));
	(void)crypto_generichash_update(&state, plain, size);
	(void)crypto_generichash_final(&state, payload->data + 1, 24);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		payload->data + 25, NULL, plain, size, bound, sizeof(bound),
		NULL, payload->data + 1, cipher);
	return payload;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct seal_place place = { .kind = SEAL_MESSAGE,
						 .name_size = 36 };
	static struct sealer *sealer; /* takes a millisecond to make */
	AUTO(strand_key) struct strand_key *key = NULL;
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(bytes) GByteArray *payload = NULL;
	uint64_t whole;
	struct err err;

	if (size == 0)
		return 0;
	if (!sealer)
		sealer = sealer_new();
	key = strand_key_new();
	strand_key_derive(key, secret);
	if (*data == 't') {
		(void)seal_unpack_trace(sealer, data + 1, size - 1, 65536, out,
					&err);
		return 0;
	}
	if (*data == 'r') {
		(void)seal_open(sealer, key, &place, data + 1, size - 1, &whole,
				out, &err);
		return 0;
	}
	payload = encrypt(&place, 1 + (*data & 1), data + 1, size - 1);
	(void)seal_open(sealer, key, &place, payload->data, payload->len,
			&whole, out, &err);
	return 0;
}
