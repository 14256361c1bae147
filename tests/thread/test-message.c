/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <errno.h>

#include "defms/message.h"

static const uint8_t key_one[32] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};
static const uint8_t key_zero[32];

/* From Python: hashlib.blake2b(text * times, digest_size=32, key=key) */
static const struct {
	const uint8_t *key;
	const char *text;
	size_t size, times;
	const char *hex;
} known[] = {
	{ NULL, "", 0, 1,
	  "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8" },
	{ NULL, "abc", 3, 1,
	  "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" },
	{ NULL, "Subject: hi\n\nbody\n", 18, 1,
	  "829629c778aabf573e4f8ebce562b441078e3977a529b2f84509fbd3af90cd42" },
	{ NULL, "a", 1, 128,
	  "ae2aa48507885c4c950fb809b2076f959cde9f8ea6da260d9a3587df33dac450" },
	{ NULL, "a", 1, 129,
	  "2f64744a6de0d2c0b56e64cf6e29a5aaa255010d415d51c75ccc82f73dccd865" },
	{ NULL, "\0", 1, 1000,
	  "919da92d5040aeac86a75eb4125da3d0a9423bae8ae422b733b755f7baa8dadf" },
	{ key_one, "", 0, 1,
	  "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d" },
	{ key_one, "abc", 3, 1,
	  "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f" },
	{ key_one, "Subject: hi\n\nbody\n", 18, 1,
	  "4cecb5ad025c84101e4114129dc7dbab631511cc32d90de8c414623f15e20077" },
	{ key_one, "a", 1, 128,
	  "b9061ba2bd8f6a207b703aa0f7921496280a7d6c15a3a9f16920140974fb723d" },
	{ key_one, "a", 1, 129,
	  "dda241c536715988fec6a1f284e4da2059d465156b4cc2a51b543d0e7f3623d7" },
	{ key_one, "\0", 1, 1000,
	  "127b603686c0034cd8887c502f1575e608eb73932ed5ffbb839cf842d2972dc7" },
	{ key_zero, "", 0, 1,
	  "fd7b3e075ab7e245506323f1d1b55330ccd606fb3301f4caba25022a1de50b47" },
	{ key_zero, "abc", 3, 1,
	  "bad705ff155af631f38dc6cafdda827a31595c802f3ff585c10691c58944d89b" },
	{ key_zero, "Subject: hi\n\nbody\n", 18, 1,
	  "2a6cb628460f686f7d6e0d813e4a77d3a76ea4ef24e41dd3e58a512fa7f1aaa1" },
	{ key_zero, "a", 1, 128,
	  "4c27195fde515a3d54741e5403984c0f974f5b51a6a473d0ef74171a7a656eb3" },
	{ key_zero, "a", 1, 129,
	  "68bc30ae0942680d5291acdff7e76d54da3bb9569d980c3ebd8341387b047463" },
	{ key_zero, "\0", 1, 1000,
	  "031146da08de5a5ad222b774ae4b49c583b6087266289ad3c52b80699a96a58b" },
};

static GByteArray *known_bytes(size_t i)
{
	GByteArray *bytes = g_byte_array_new();

	for (size_t n = 0; n < known[i].times; n++)
		g_byte_array_append(bytes, (const uint8_t *)known[i].text,
				    (guint)known[i].size);
	return bytes;
}

TEST(id_is_blake2b_256_of_the_content_under_the_key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *bytes = known_bytes(i);
		struct message_id want = { 0 }, got;
		struct err err;

		got = message_id_of(known[i].key, bytes->data, bytes->len);
		CHECK_INT(message_id_parse(known[i].hex, &want, &err), 0);
		CHECK_MEM(got.bytes, want.bytes, sizeof(got.bytes));
	}
}

TEST(a_hasher_finds_the_same_id_however_the_content_is_cut)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *bytes = known_bytes(i);

		for (size_t cut = 0; cut <= bytes->len; cut++) {
			AUTO(hasher)
			struct message_hasher *hasher =
				message_hasher_new(known[i].key);
			char hex[MESSAGE_ID_HEX + 1];
			struct message_id id;

			message_hasher_add(hasher, bytes->data, cut);
			message_hasher_add(hasher, bytes->data + cut,
					   bytes->len - cut);
			id = message_hasher_end(hasher);
			message_id_print(&id, hex);
			CHECK_STR(hex, known[i].hex);
		}
	}
}

TEST(what_is_printed_is_parsed)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		char hex[MESSAGE_ID_HEX + 1];
		struct message_id id;
		struct err err;

		CHECK_INT(message_id_parse(known[i].hex, &id, &err), 0);
		message_id_print(&id, hex);
		CHECK_STR(hex, known[i].hex);
	}
}

TEST(every_truncation_of_an_id_is_refused)
{
	for (size_t len = 0; len < strlen(known[0].hex); len++) {
		AUTO(str) char *hex = g_strndup(known[0].hex, len);
		struct message_id id;
		struct err err;

		CHECK_INT(message_id_parse(hex, &id, &err), -1);
		CHECK_INT(err.code, EINVAL);
	}
}

TEST(only_64_lower_case_digits_are_an_id)
{
	static const char bad[] = "AFg G\n:/`-";
	char hex[MESSAGE_ID_HEX + 2];
	struct message_id id;
	struct err err;

	for (size_t i = 0; i < strlen(bad); i++)
		for (size_t at = 0; at < MESSAGE_ID_HEX; at++) {
			g_strlcpy(hex, known[0].hex, sizeof(hex));
			hex[at] = bad[i];
			CHECK_INT(message_id_parse(hex, &id, &err), -1);
		}
	g_strlcpy(hex, known[0].hex, sizeof(hex));
	g_strlcpy(hex + MESSAGE_ID_HEX, "0", 2);
	CHECK_INT(message_id_parse(hex, &id, &err), -1);
}
