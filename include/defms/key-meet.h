/* SPDX-License-Identifier: ISC */
/* What two people derive from each other's sealing keys, without a word
 * between them (design 3.5, "Remotes"): how a card is sealed and named in a
 * remote, and the seeds of the names under which devices publish.
 *
 *	M    = H_32(q + X_from + X_to)	q: X25519 of one's own and the other's
 *	K    = kdf(M, "defmsRdv", 2)	seals a card
 *	name = hex H_16(kdf(M, "defmsRdv", 3); the card's root)
 *	seed = H_32(kdf(M, "defmsRdv", 1); device id)
 *
 * For a backup, which only my own devices read, kdf(S_g, "defmsPer", 4) takes
 * the place of M, and itself keys the seed. Who reads a secret gives 32 bytes
 * of secret_new(). */
#ifndef DEFMS_KEY_MEET_H
#define DEFMS_KEY_MEET_H

#include <stdint.h>

#include "defms/err.h"
#include "defms/key.h"

enum {
	MEET_NAME = 32, /* hex digits of a card's name */
	MEET_MARK = 4,
};

/* M for what I send, under my generation `generation`, to who has the sealing
 * key `to`. EINVAL if that key is none (X25519 gives zeros), ENOENT without
 * that generation. */
int meet_to(const struct identity *identity, uint32_t generation,
	    const uint8_t to[32], uint8_t secret[32], struct err *err);
/* The same for what comes to me from who has the sealing key `from`. */
int meet_from(const struct identity *identity, uint32_t generation,
	      const uint8_t from[32], uint8_t secret[32], struct err *err);
/* What stands for M in a backup of mine. ENOENT. */
int meet_myself(const struct identity *identity, uint32_t generation,
		uint8_t secret[32], struct err *err);

/* Of an M: fill `key` with what seals a card; the name of the card of `root`;
 * the seed of the Ed25519 pair that signs the records of `device`. */
void meet_card_key(const uint8_t secret[32], struct strand_key *key);
void meet_card_name(const uint8_t secret[32], const uint8_t root[32],
		    char hex[MEET_NAME + 1]);
void meet_seed(const uint8_t secret[32], const struct device_id *device,
	       uint8_t seed[32]);

/* The seed for the records of my backup on `device` (`secret` is that of
 * meet_myself()), and for those of what this device makes public. */
void meet_backup_seed(const uint8_t secret[32], const struct device_id *device,
		      uint8_t seed[32]);
void meet_public_seed(const struct identity *identity, uint8_t seed[32]);

/* What tells apart that which this device writes for `whom` from what it writes
 * for others, in one place, and means nothing to anybody else. */
void meet_mark(const struct identity *identity, const uint8_t *whom,
	       size_t size, uint8_t mark[MEET_MARK]);

#endif
