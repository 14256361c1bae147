/* SPDX-License-Identifier: ISC */
#include "defms/key.h"

#include <errno.h>

#include "test.h"
#include "vectors.h"

TEST(keys_are_derived_as_the_second_implementation_does)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(bytes) GByteArray *device = vector("device");
	AUTO(bytes) GByteArray *device_id = vector("device-id");
	AUTO(str) char *card = vector_text("card");
	AUTO(str) char *fingerprint = vector_text("fingerprint");
	char text[KEY_FINGERPRINT + 1];
	struct device_id id = identity_device(identity);

	CHECK_STR(identity_card(identity), card);
	identity_fingerprint(identity, text);
	CHECK_STR(text, fingerprint);
	CHECK_MEM(identity_device_key(identity), device->data, 32);
	CHECK_MEM(id.bytes, device_id->data, sizeof(id.bytes));
	CHECK_INT(identity_generation(identity), 0);
}

TEST(strands_are_named_and_keyed_as_the_second_implementation_does)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(strand_key) struct strand_key *key = strand_key_new();
	AUTO(bytes) GByteArray *strand = vector("strand");
	AUTO(bytes) GByteArray *public = vector("strand-public");
	AUTO(bytes) GByteArray *content = vector("content");
	AUTO(bytes) GByteArray *content_id = vector("content-id");
	AUTO(str) char *msgid = vector_text("msgid");
	struct strand_id id = identity_strand(identity, msgid);
	struct message_id got;
	struct err err;

	CHECK_MEM(id.bytes, strand->data, sizeof(id.bytes));
	CHECK_INT(identity_strand_key(identity, 0, &id, key, &err), 0);
	got = strand_key_id(key, content->data, content->len);
	CHECK_MEM(got.bytes, content_id->data, sizeof(got.bytes));
	CHECK_INT(identity_strand_key(identity, 1, &id, key, &err), -1);
	CHECK_INT(err.code, ENOENT);
	id = strand_id_public(msgid);
	CHECK_MEM(id.bytes, public->data, sizeof(id.bytes));
}

TEST(a_second_device_has_every_generation_and_no_root)
{
	AUTO(identity)
	struct identity *identity = vector_identity("identity-second-device");
	AUTO(strand_key) struct strand_key *key = strand_key_new();
	AUTO(bytes) GByteArray *strand = vector("strand");
	AUTO(bytes) GByteArray *later = vector("strand-later");
	AUTO(bytes) GByteArray *content = vector("content");
	AUTO(bytes) GByteArray *content_id = vector("content-id");
	AUTO(str) char *msgid = vector_text("msgid");
	AUTO(str) char *fingerprint = vector_text("fingerprint");
	char text[KEY_FINGERPRINT + 1];
	struct strand_id id;
	struct message_id got;

	identity_fingerprint(identity, text);
	CHECK_STR(text, fingerprint);
	CHECK_INT(identity_generation(identity), 1);
	id = identity_strand(identity, msgid);
	CHECK_MEM(id.bytes, later->data, sizeof(id.bytes));
	memcpy(id.bytes, strand->data, sizeof(id.bytes));
	CHECK_INT(identity_strand_key(identity, 0, &id, key, NULL), 0);
	got = strand_key_id(key, content->data, content->len);
	CHECK_MEM(got.bytes, content_id->data, sizeof(got.bytes));
}

TEST(a_signers_line_is_the_second_implementation_s)
{
	AUTO(bytes) GByteArray *device = vector("device");
	AUTO(str) char *want = vector_text("signers");
	AUTO(str) char *got = key_signers_line(device->data, "defms@invalid");

	CHECK_STR(got, want);
}

TEST(a_device_id_is_32_lower_case_digits)
{
	static const char *const bad[] = {
		"",
		"0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdef0",
		"0123456789Abcdef0123456789abcdef",
	};
	char hex[DEVICE_ID_HEX + 1];
	struct device_id id;
	struct err err;

	CHECK_INT(
		device_id_parse("0123456789abcdef0123456789abcdef", &id, NULL),
		0);
	device_id_print(&id, hex);
	CHECK_STR(hex, "0123456789abcdef0123456789abcdef");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		CHECK_INT(device_id_parse(bad[i], &id, &err), -1);
		CHECK_INT(err.code, EINVAL);
	}
}
