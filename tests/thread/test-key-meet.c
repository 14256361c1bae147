/* SPDX-License-Identifier: ISC */
#include "defms/key-meet.h"

#include <errno.h>

#include "defms/secret.h"
#include "test.h"
#include "vectors.h"

TEST(two_people_derive_what_the_second_implementation_does)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(bytes) GByteArray *other = vector("meet-seal");
	AUTO(bytes) GByteArray *to = vector("meet-secret");
	AUTO(bytes) GByteArray *from = vector("meet-back");
	AUTO(bytes) GByteArray *root = vector("root");
	AUTO(bytes) GByteArray *seed = vector("meet-seed");
	AUTO(str) char *name = vector_text("meet-card-name");
	AUTO(secret) uint8_t *secret = secret_new(32);
	struct device_id device = identity_device(identity);
	char got[MEET_NAME + 1];
	uint8_t bytes[32];
	struct err err;

	CHECK_INT(meet_from(identity, 0, other->data, secret, &err), 0);
	CHECK_MEM(secret, from->data, 32);
	CHECK_INT(meet_to(identity, 0, other->data, secret, &err), 0);
	CHECK_MEM(secret, to->data, 32);
	meet_card_name(secret, root->data, got);
	CHECK_STR(got, name);
	meet_seed(secret, &device, bytes);
	CHECK_MEM(bytes, seed->data, 32);
}

TEST(a_card_is_sealed_as_the_second_implementation_does)
{
	AUTO(strand_key) struct strand_key *key = strand_key_new();
	AUTO(sealer) struct sealer *sealer = sealer_new();
	AUTO(bytes) GByteArray *secret = vector("meet-secret");
	AUTO(bytes) GByteArray *sealed = vector("meet-card");
	AUTO(bytes) GByteArray *root = vector("root");
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(str) char *card = vector_text("card");
	struct seal_place place = { .kind = SEAL_CARD, .name_size = 32 };
	uint64_t whole;
	struct err err;

	memcpy(place.name, root->data, 32);
	meet_card_key(secret->data, key);
	CHECK_INT(seal_open(sealer, key, &place, sealed->data, sealed->len,
			    &whole, text, &err),
		  0);
	CHECK_INT(text->len, strlen(card));
	CHECK_MEM(text->data, card, MIN(text->len, strlen(card)));
}

TEST(a_backup_and_what_is_public_have_seeds_of_their_own)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(bytes) GByteArray *backup = vector("meet-backup-seed");
	AUTO(bytes) GByteArray *public = vector("meet-public-seed");
	AUTO(bytes) GByteArray *root = vector("root");
	AUTO(str) char *name = vector_text("meet-backup-card-name");
	AUTO(secret) uint8_t *secret = secret_new(32);
	struct device_id device = identity_device(identity);
	char got[MEET_NAME + 1];
	uint8_t bytes[32];
	struct err err;

	CHECK_INT(meet_myself(identity, 0, secret, &err), 0);
	meet_card_name(secret, root->data, got);
	CHECK_STR(got, name);
	meet_backup_seed(secret, &device, bytes);
	CHECK_MEM(bytes, backup->data, 32);
	meet_public_seed(identity, bytes);
	CHECK_MEM(bytes, public->data, 32);
}

/* Points of small order give zeros to everybody. */
TEST(a_key_that_gives_the_same_to_all_is_refused)
{
	static const uint8_t small[][32] = { { 0 }, { 1 } };
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(bytes) GByteArray *other = vector("meet-seal");
	AUTO(secret) uint8_t *secret = secret_new(32);
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(small); i++) {
		CHECK_INT(meet_to(identity, 0, small[i], secret, &err), -1);
		CHECK_INT(err.code, EINVAL);
	}
	CHECK_INT(meet_to(identity, 1, other->data, secret, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(meet_myself(identity, 1, secret, &err), -1);
	CHECK_INT(err.code, ENOENT);
}
