/* SPDX-License-Identifier: ISC */
/* What is derived from the seeds in an identity (design: "Keys"):
 *
 *	root pair	Ed25519, seed R
 *	sealing pair	X25519, crypto_box_seed_keypair(kdf(S_g, "defmsPer", 3))
 *	device pair	Ed25519, seed kdf(D, "defmsDev", 1)
 *	device id	BLAKE2b-128 of the device's public key
 *	strand of mine	T = BLAKE2b-128(kdf(S_g, "defmsPer", 1); root)
 *			K = BLAKE2b-256(kdf(S_g, "defmsPer", 2); T)
 *	public strand	T = BLAKE2b-128("defms public\n" root), without key
 *
 * kdf is crypto_kdf_derive_from_key(), 32 bytes. */
#include "defms/key.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "identity.h"
#include "scan.h"

static const char person_context[] = "defmsPer";
static const char device_context[] = "defmsDev";

void identity_derive(struct identity *identity)
{
	struct identity_secrets *secrets = identity->secrets;
	AUTO(secret) uint8_t *seed = secret_new(32);

	if (identity->has_root)
		(void)crypto_sign_seed_keypair(
			identity->root, secrets->root_secret, secrets->root);
	(void)crypto_kdf_derive_from_key(seed, 32, 1, device_context,
					 secrets->device);
	(void)crypto_sign_seed_keypair(identity->device, secrets->device_secret,
				       seed);
}

void identity_seal_pair(const struct identity *identity, size_t generation,
			uint8_t public_key[32], uint8_t *secret_key)
{
	AUTO(secret) uint8_t *seed = secret_new(32);

	(void)crypto_kdf_derive_from_key(
		seed, 32, 3, person_context,
		identity->secrets->persons[generation]);
	(void)crypto_box_seed_keypair(public_key, secret_key, seed);
}

void identity_seal_key(const struct identity *identity, size_t generation,
		       uint8_t public_key[32])
{
	AUTO(secret) uint8_t *secret_key = secret_new(32);

	identity_seal_pair(identity, generation, public_key, secret_key);
}

void identity_sign(const struct identity *identity, const void *data,
		   size_t size, uint8_t signature[64])
{
	(void)crypto_sign_detached(signature, NULL, data, size,
				   identity->secrets->device_secret);
}

void identity_close(struct identity *identity)
{
	if (!identity)
		return;
	secret_free(identity->secrets);
	secret_free(identity->password);
	if (identity->old)
		g_ptr_array_unref(identity->old);
	g_free(identity->card);
	g_free(identity);
}

const char *identity_card(const struct identity *identity)
{
	return __atomic_load_n(&identity->card, __ATOMIC_SEQ_CST);
}

void identity_set_card(struct identity *identity, char *card)
{
	if (identity->card)
		g_ptr_array_add(identity->old, identity->card);
	g_atomic_pointer_set(&identity->card, card);
}

size_t identity_persons(const struct identity *identity)
{
	return __atomic_load_n(&identity->person_count, __ATOMIC_SEQ_CST);
}

/* RFC 4648, 6, in lower case; 20 bytes fill 32 digits exactly. */
void fingerprint_print(const uint8_t root[32], char text[KEY_FINGERPRINT + 1])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t hash[20];

	(void)crypto_generichash(hash, sizeof(hash), root, 32, NULL, 0);
	for (size_t i = 0; i < KEY_FINGERPRINT; i++) {
		size_t bit = 5 * i, at = bit / 8;
		unsigned pair = (unsigned)hash[at] << 8;

		if (at + 1 < sizeof(hash))
			pair |= hash[at + 1];
		text[i] = digits[pair >> (11 - bit % 8) & 31];
	}
	text[KEY_FINGERPRINT] = '\0';
}

void identity_fingerprint(const struct identity *identity,
			  char text[KEY_FINGERPRINT + 1])
{
	fingerprint_print(identity->root, text);
}

bool identity_is_root(const struct identity *identity, const uint8_t *root)
{
	return memcmp(identity->root, root, sizeof(identity->root)) == 0;
}

struct device_id device_id_of(const uint8_t public_key[32])
{
	struct device_id id;

	(void)crypto_generichash(id.bytes, sizeof(id.bytes), public_key, 32,
				 NULL, 0);
	return id;
}

struct device_id identity_device(const struct identity *identity)
{
	return device_id_of(identity->device);
}

const uint8_t *identity_device_key(const struct identity *identity)
{
	return identity->device;
}

void device_id_print(const struct device_id *id, char hex[DEVICE_ID_HEX + 1])
{
	(void)sodium_bin2hex(hex, DEVICE_ID_HEX + 1, id->bytes,
			     sizeof(id->bytes));
}

int device_id_parse(const char *hex, struct device_id *id_r, struct err *err)
{
	struct scan scan = scan_of(hex, strlen(hex));
	struct device_id id;

	if (!scan_hex(&scan, id.bytes, sizeof(id.bytes)) || !scan_done(&scan))
		return err_set(err, EINVAL, "not a device id");
	*id_r = id;
	return 0;
}

uint32_t identity_generation(const struct identity *identity)
{
	return (uint32_t)identity_persons(identity) - 1;
}

struct strand_id identity_strand(const struct identity *identity,
				 const char *root)
{
	size_t newest = identity_persons(identity) - 1;
	struct strand_id id;
	uint8_t key[32];

	(void)crypto_kdf_derive_from_key(key, sizeof(key), 1, person_context,
					 identity->secrets->persons[newest]);
	(void)crypto_generichash(id.bytes, sizeof(id.bytes),
				 (const uint8_t *)root, strlen(root), key,
				 sizeof(key));
	sodium_memzero(key, sizeof(key));
	return id;
}

struct strand_id strand_id_public(const char *root)
{
	static const char context[] = "defms public\n";
	crypto_generichash_state state;
	struct strand_id id;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(id.bytes));
	(void)crypto_generichash_update(&state, (const uint8_t *)context,
					sizeof(context) - 1);
	(void)crypto_generichash_update(&state, (const uint8_t *)root,
					strlen(root));
	(void)crypto_generichash_final(&state, id.bytes, sizeof(id.bytes));
	return id;
}

int identity_strand_key(const struct identity *identity, uint32_t generation,
			const struct strand_id *id, struct strand_key *key,
			struct err *err)
{
	uint8_t person[32], secret[32];

	if (generation >= identity_persons(identity))
		return err_set(err, ENOENT, "no person key of generation %u",
			       generation);
	(void)crypto_kdf_derive_from_key(
		person, sizeof(person), 2, person_context,
		identity->secrets->persons[generation]);
	(void)crypto_generichash(secret, sizeof(secret), id->bytes,
				 sizeof(id->bytes), person, sizeof(person));
	strand_key_derive(key, secret);
	sodium_memzero(person, sizeof(person));
	sodium_memzero(secret, sizeof(secret));
	return 0;
}

char *key_signers_line(const uint8_t public_key[32], const char *principal)
{
	/* OpenSSH's blob: string "ssh-ed25519", string key (RFC 8709, 4). */
	uint8_t blob[51] = "\0\0\0\x0bssh-ed25519\0\0\0\x20";
	AUTO(str) char *text = NULL;

	memcpy(blob + 19, public_key, 32);
	text = g_base64_encode(blob, sizeof(blob));
	return g_strdup_printf("%s namespaces=\"git\" ssh-ed25519 %s\n",
			       principal, text);
}
