/* SPDX-License-Identifier: ISC */
#include "defms/key-pair.h"

#include <sodium.h>

#include "defms/secret.h"

struct key_pair {
	uint8_t public_key[KEY_PUBLIC];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

struct key_pair *key_pair_new(const uint8_t seed[32])
{
	struct key_pair *pair = secret_new(sizeof(*pair));

	(void)crypto_sign_seed_keypair(pair->public_key, pair->secret, seed);
	return pair;
}

void key_pair_free(struct key_pair *pair)
{
	if (pair)
		secret_free(pair);
}

const uint8_t *key_pair_public(const struct key_pair *pair)
{
	return pair->public_key;
}

void key_pair_sign(const struct key_pair *pair, const void *data, size_t size,
		   uint8_t signature[KEY_SIGNATURE])
{
	(void)crypto_sign_detached(signature, NULL, data, size, pair->secret);
}

bool key_signature_holds(const uint8_t public_key[KEY_PUBLIC], const void *data,
			 size_t size, const uint8_t signature[KEY_SIGNATURE])
{
	secret_start();
	return crypto_sign_verify_detached(signature, data, size, public_key) ==
	       0;
}
