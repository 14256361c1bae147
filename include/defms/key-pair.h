/* SPDX-License-Identifier: ISC */
/* An Ed25519 pair of any seed, other than those of an identity: what an IPNS
 * name is signed with. */
#ifndef DEFMS_KEY_PAIR_H
#define DEFMS_KEY_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defms/auto.h"

enum { KEY_PUBLIC = 32, KEY_SIGNATURE = 64 };

struct key_pair;

/* The pair of `seed`, 32 bytes; its secret lives in locked memory. */
struct key_pair *key_pair_new(const uint8_t seed[32]);
void key_pair_free(struct key_pair *pair);
AUTO_KIND(key_pair, struct key_pair, key_pair_free)

/* Its KEY_PUBLIC bytes; borrowed. */
const uint8_t *key_pair_public(const struct key_pair *pair);

/* Sign `data` (RFC 8032, not prehashed). */
void key_pair_sign(const struct key_pair *pair, const void *data, size_t size,
		   uint8_t signature[KEY_SIGNATURE]);

/* Is it the signature of `data` by this public key? */
bool key_signature_holds(const uint8_t public_key[KEY_PUBLIC], const void *data,
			 size_t size, const uint8_t signature[KEY_SIGNATURE]);

#endif
