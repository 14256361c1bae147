/* SPDX-License-Identifier: ISC */
#include "defms/key-meet.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "identity.h"

static const char person_context[] = "defmsPer";
static const char device_context[] = "defmsDev";
static const char meet_context[] = "defmsRdv";

static int check_generation(const struct identity *identity,
			    uint32_t generation, struct err *err)
{
	if (generation < identity->person_count)
		return 0;
	return err_set(err, ENOENT, "no person key of generation %u",
		       generation);
}

static void hash_keys(const uint8_t shared[32], const uint8_t from[32],
		      const uint8_t to[32], uint8_t secret[32])
{
	AUTO(secret)
	crypto_generichash_state *state =
		secret_new(crypto_generichash_statebytes());

	(void)crypto_generichash_init(state, NULL, 0, 32);
	(void)crypto_generichash_update(state, shared, 32);
	(void)crypto_generichash_update(state, from, 32);
	(void)crypto_generichash_update(state, to, 32);
	(void)crypto_generichash_final(state, secret, 32);
}

/* The same on both sides but for the order of the two keys. */
static int meet(const struct identity *identity, uint32_t generation,
		const uint8_t other[32], bool to_other, uint8_t secret[32],
		struct err *err)
{
	AUTO(secret) uint8_t *seed = secret_new(32);
	AUTO(secret) uint8_t *mine = secret_new(32);
	AUTO(secret) uint8_t *shared = secret_new(32);
	uint8_t public_key[32];

	if (check_generation(identity, generation, err) < 0)
		return -1;
	(void)crypto_kdf_derive_from_key(
		seed, 32, 3, person_context,
		identity->secrets->persons[generation]);
	(void)crypto_box_seed_keypair(public_key, mine, seed);
	if (crypto_scalarmult(shared, mine, other) < 0)
		return err_set(err, EINVAL, "not a sealing key");
	hash_keys(shared, to_other ? public_key : other,
		  to_other ? other : public_key, secret);
	return 0;
}

int meet_to(const struct identity *identity, uint32_t generation,
	    const uint8_t to[32], uint8_t secret[32], struct err *err)
{
	return meet(identity, generation, to, true, secret, err);
}

int meet_from(const struct identity *identity, uint32_t generation,
	      const uint8_t from[32], uint8_t secret[32], struct err *err)
{
	return meet(identity, generation, from, false, secret, err);
}

int meet_myself(const struct identity *identity, uint32_t generation,
		uint8_t secret[32], struct err *err)
{
	if (check_generation(identity, generation, err) < 0)
		return -1;
	(void)crypto_kdf_derive_from_key(
		secret, 32, 4, person_context,
		identity->secrets->persons[generation]);
	return 0;
}

void meet_card_key(const uint8_t secret[32], struct strand_key *key)
{
	AUTO(secret) uint8_t *derived = secret_new(32);

	(void)crypto_kdf_derive_from_key(derived, 32, 2, meet_context, secret);
	strand_key_derive(key, derived);
}

void meet_card_name(const uint8_t secret[32], const uint8_t root[32],
		    char hex[MEET_NAME + 1])
{
	AUTO(secret) uint8_t *derived = secret_new(32);
	uint8_t name[MEET_NAME / 2];

	(void)crypto_kdf_derive_from_key(derived, 32, 3, meet_context, secret);
	(void)crypto_generichash(name, sizeof(name), root, 32, derived, 32);
	(void)sodium_bin2hex(hex, MEET_NAME + 1, name, sizeof(name));
}

void meet_backup_seed(const uint8_t secret[32], const struct device_id *device,
		      uint8_t seed[32])
{
	(void)crypto_generichash(seed, 32, device->bytes, sizeof(device->bytes),
				 secret, 32);
}

void meet_seed(const uint8_t secret[32], const struct device_id *device,
	       uint8_t seed[32])
{
	AUTO(secret) uint8_t *derived = secret_new(32);

	(void)crypto_kdf_derive_from_key(derived, 32, 1, meet_context, secret);
	meet_backup_seed(derived, device, seed);
}

void meet_public_seed(const struct identity *identity, uint8_t seed[32])
{
	(void)crypto_kdf_derive_from_key(seed, 32, 2, device_context,
					 identity->secrets->device);
}

void meet_mark(const struct identity *identity, const uint8_t *whom,
	       size_t size, uint8_t mark[MEET_MARK])
{
	AUTO(secret) uint8_t *derived = secret_new(32);
	uint8_t hash[32];

	(void)crypto_kdf_derive_from_key(derived, 32, 3, device_context,
					 identity->secrets->device);
	(void)crypto_generichash(hash, sizeof(hash), whom, size, derived, 32);
	memcpy(mark, hash, MEET_MARK);
}
