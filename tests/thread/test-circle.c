/* SPDX-License-Identifier: ISC */
#include "defms/circle.h"

#include <errno.h>

#include "test.h"
#include "vectors.h"

/* The strand of the second implementation, of Ada and Bob. */
struct given {
	GByteArray *keys, *members, *secret, *id; /* owned */
};

static struct given given(void)
{
	struct given given = { vector("keys"), vector("members"),
			       vector("circle-key"), vector("circle") };

	return given;
}

static void release(struct given *given)
{
	g_byte_array_unref(given->keys);
	g_byte_array_unref(given->members);
	g_byte_array_unref(given->secret);
	g_byte_array_unref(given->id);
}

static struct strand_id id_of(const struct given *given)
{
	struct strand_id id;

	memcpy(id.bytes, given->id->data, sizeof(id.bytes));
	return id;
}

static int parse(const struct given *given, const void *text, size_t size,
		 struct circle **circle_r)
{
	struct strand_id id = id_of(given);
	AUTO(str) char *exact = g_memdup2(text, size);
	struct err err = { 0 };
	int result = circle_parse(&id, given->secret->data, exact, size,
				  circle_r, &err);

	if (result < 0)
		CHECK_INT(err.code, EBADMSG);
	return result;
}

TEST(keys_of_the_second_implementation_open_for_each_member_and_nobody_else)
{
	AUTO(identity) struct identity *ada = vector_identity("identity");
	AUTO(identity) struct identity *bob = vector_identity("identity-bob");
	AUTO(identity)
	struct identity *later = vector_identity("identity-second-device");
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *path = g_build_filename(directory, "identity", NULL);
	AUTO(identity) struct identity *eve = NULL;
	static const char *const mails[] = { "eve@example.com" };
	struct given keys = given();
	uint8_t secret[32] = { 0 };

	CHECK_INT(circle_unlock(ada, keys.keys->data, keys.keys->len, secret,
				NULL),
		  1);
	CHECK_MEM(secret, keys.secret->data, 32);
	memset(secret, 0, sizeof(secret));
	CHECK_INT(circle_unlock(bob, keys.keys->data, keys.keys->len, secret,
				NULL),
		  1);
	CHECK_MEM(secret, keys.secret->data, 32);
	/* a box for an older generation of hers */
	CHECK_INT(circle_unlock(later, keys.keys->data, keys.keys->len, secret,
				NULL),
		  1);
	if (CHECK_INT(
		    identity_create(path, "Eve", mails, 1, 1, NULL, &eve, NULL),
		    0))
		CHECK_INT(circle_unlock(eve, keys.keys->data, keys.keys->len,
					secret, NULL),
			  0);
	remove_directory(directory);
	release(&keys);
}

TEST(keys_of_another_form_are_refused)
{
	AUTO(identity) struct identity *ada = vector_identity("identity");
	struct given keys = given();
	AUTO(bytes) GByteArray *twice = g_byte_array_new();
	AUTO(bytes) GByteArray *many = g_byte_array_new();
	uint8_t secret[32];
	struct err err = { 0 };

	for (guint len = 0; len < keys.keys->len; len += 16)
		CHECK_INT(
			circle_unlock(ada, keys.keys->data, len, secret, &err),
			-1);
	CHECK_INT(err.code, EBADMSG);
	g_byte_array_append(twice, keys.keys->data, keys.keys->len);
	memcpy(twice->data, twice->data + CIRCLE_BOX, CIRCLE_BOX);
	CHECK_INT(circle_unlock(ada, twice->data, twice->len, secret, &err),
		  -1);
	for (unsigned i = 0; i < CIRCLE_BOXES + 8; i++) {
		uint8_t box[CIRCLE_BOX] = { (uint8_t)(i >> 8), (uint8_t)i };

		g_byte_array_append(many, box, sizeof(box));
	}
	CHECK_INT(circle_unlock(ada, many->data, many->len, secret, &err), -1);
	CHECK_INT(circle_unlock(ada, many->data, CIRCLE_BOXES * CIRCLE_BOX,
				secret, &err),
		  0);
	release(&keys);
}

TEST(members_of_the_second_implementation_are_read)
{
	struct given members = given();
	AUTO(bytes) GByteArray *instead = vector("members-instead");
	AUTO(bytes) GByteArray *root = vector("root");
	AUTO(circle) struct circle *circle = NULL;
	AUTO(circle) struct circle *next = NULL;
	bool found = false;

	if (CHECK_INT(parse(&members, members.members->data,
			    members.members->len, &circle),
		      0)) {
		struct strand_id id =
			circle_id(members.secret->data, circle->roots);

		CHECK_MEM(id.bytes, members.id->data, sizeof(id.bytes));
		CHECK_INT(circle->roots->len, 2);
		CHECK_INT(circle->cards->len, 2);
		CHECK(!circle->is_instead);
		for (guint i = 0; i < 2; i++)
			found |= memcmp(&g_array_index(circle->roots,
						       struct root_key, i),
					root->data, 32) == 0;
		CHECK(found);
	}
	if (CHECK_INT(parse(&members, instead->data, instead->len, &next), 0)) {
		CHECK(next->is_instead);
		CHECK_INT(next->instead.bytes[15], 15);
	}
	release(&members);
}

TEST(members_open_as_their_payload)
{
	AUTO(strand_key) struct strand_key *key = strand_key_new();
	AUTO(sealer) struct sealer *sealer = sealer_new();
	AUTO(bytes) GByteArray *payload = vector("payload-members");
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	struct given members = given();
	struct seal_place place = { .kind = SEAL_MEMBERS,
				    .strand = id_of(&members) };
	uint64_t whole;

	strand_key_derive(key, members.secret->data);
	CHECK_INT(seal_open(sealer, key, &place, payload->data, payload->len,
			    &whole, text, NULL),
		  0);
	if (CHECK_INT(text->len, members.members->len))
		CHECK_MEM(text->data, members.members->data, text->len);
	release(&members);
}

TEST(every_truncation_and_every_flipped_bit_of_members_is_refused)
{
	struct given members = given();
	GByteArray *text = members.members;
	AUTO(circle) struct circle *circle = NULL;

	for (guint len = 0; len < text->len; len++)
		CHECK_INT(parse(&members, text->data, len, &circle), -1);
	for (guint bit = 0; bit < 8 * text->len; bit++) {
		text->data[bit / 8] =
			(guint8)(text->data[bit / 8] ^ 1 << bit % 8);
		CHECK_INT(parse(&members, text->data, text->len, &circle), -1);
		text->data[bit / 8] =
			(guint8)(text->data[bit / 8] ^ 1 << bit % 8);
	}
	g_byte_array_append(text, (const guint8 *)"\n", 1);
	CHECK_INT(parse(&members, text->data, text->len, &circle), -1);
	release(&members);
}

TEST(members_do_not_pass_for_those_of_another_strand)
{
	struct given members = given();
	AUTO(circle) struct circle *circle = NULL;

	members.id->data[0] ^= 1;
	CHECK_INT(parse(&members, members.members->data, members.members->len,
			&circle),
		  -1);
	members.id->data[0] ^= 1;
	members.secret->data[31] ^= 1;
	CHECK_INT(parse(&members, members.members->data, members.members->len,
			&circle),
		  -1);
	release(&members);
}

/* A circle of Ada and Bob. */
static int found_one(const struct strand_id *instead, struct circle **circle_r,
		     GByteArray *keys, GByteArray *members)
{
	AUTO(str) char *ada = vector_text("card");
	AUTO(str) char *bob = vector_text("card-bob");
	const char *cards[] = { ada, bob };

	return circle_found(cards, 2, instead, circle_r, keys, members, NULL);
}

TEST(what_is_founded_is_read_again_by_each_member)
{
	AUTO(identity) struct identity *bob = vector_identity("identity-bob");
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(bytes) GByteArray *members = g_byte_array_new();
	AUTO(circle) struct circle *circle = NULL;
	AUTO(circle) struct circle *again = NULL;
	struct strand_id instead = { { 7 } };
	uint8_t secret[32];

	if (!CHECK_INT(found_one(&instead, &circle, keys, members), 0))
		return;
	CHECK_INT(keys->len, 8 * CIRCLE_BOX);
	if (!CHECK_INT(circle_unlock(bob, keys->data, keys->len, secret, NULL),
		       1) ||
	    !CHECK_INT(circle_parse(&circle->id, secret, members->data,
				    members->len, &again, NULL),
		       0))
		return;
	CHECK_MEM(again->roots->data, circle->roots->data, 64);
	CHECK(again->is_instead);
	CHECK_MEM(&again->instead, &instead, sizeof(instead));
	CHECK_INT(again->cards->len, 2);
}

TEST(two_circles_of_the_same_people_are_two)
{
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(bytes) GByteArray *members = g_byte_array_new();
	AUTO(bytes) GByteArray *other_keys = g_byte_array_new();
	AUTO(circle) struct circle *circle = NULL;
	AUTO(circle) struct circle *other = NULL;

	if (!CHECK_INT(found_one(NULL, &circle, keys, members), 0) ||
	    !CHECK_INT(found_one(NULL, &other, other_keys, members), 0))
		return;
	CHECK(memcmp(circle->secret, other->secret, 32) != 0);
	CHECK(memcmp(&circle->id, &other->id, sizeof(circle->id)) != 0);
}

TEST(nobody_founds_a_circle_alone_or_names_one_twice)
{
	AUTO(str) char *ada = vector_text("card");
	AUTO(str) char *later = vector_text("card-later");
	const char *cards[CIRCLE_MEMBERS + 1] = { ada, later };
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(circle) struct circle *circle = NULL;
	struct err err = { 0 };

	CHECK_INT(circle_found(cards, 1, NULL, &circle, out, out, &err), -1);
	CHECK_INT(err.code, EINVAL);
	err.code = 0;
	CHECK_INT(circle_found(cards, 2, NULL, &circle, out, out, &err), -1);
	CHECK_INT(err.code, EINVAL);
	for (size_t i = 0; i < G_N_ELEMENTS(cards); i++)
		cards[i] = ada;
	err.code = 0;
	CHECK_INT(circle_found(cards, G_N_ELEMENTS(cards), NULL, &circle, out,
			       out, &err),
		  -1);
	CHECK_INT(err.code, EINVAL);
}
