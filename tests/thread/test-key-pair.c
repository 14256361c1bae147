/* SPDX-License-Identifier: ISC */
#include "defms/key-pair.h"

#include "test.h"

/* RFC 8032, 7.1, test 2. */
TEST(a_pair_and_its_signature_are_those_of_the_rfc)
{
	static const uint8_t seed[32] =
		"\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e"
		"\x0f\x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8"
		"\xa6\xfb";
	static const uint8_t public_key[KEY_PUBLIC] =
		"\x3d\x40\x17\xc3\xe8\x43\x89\x5a\x92\xb7\x0a\xa7\x4d\x1b\x7e"
		"\xbc\x9c\x98\x2c\xcf\x2e\xc4\x96\x8c\xc0\xcd\x55\xf1\x2a\xf4"
		"\x66\x0c";
	static const uint8_t want[KEY_SIGNATURE] =
		"\x92\xa0\x09\xa9\xf0\xd4\xca\xb8\x72\x0e\x82\x0b\x5f\x64\x25"
		"\x40\xa2\xb2\x7b\x54\x16\x50\x3f\x8f\xb3\x76\x22\x23\xeb\xdb"
		"\x69\xda\x08\x5a\xc1\xe4\x3e\x15\x99\x6e\x45\x8f\x36\x13\xd0"
		"\xf1\x1d\x8c\x38\x7b\x2e\xae\xb4\x30\x2a\xee\xb0\x0d\x29\x16"
		"\x12\xbb\x0c\x00";
	AUTO(key_pair) struct key_pair *pair = key_pair_new(seed);
	uint8_t signature[KEY_SIGNATURE];

	CHECK_MEM(key_pair_public(pair), public_key, KEY_PUBLIC);
	key_pair_sign(pair, "\x72", 1, signature);
	CHECK_MEM(signature, want, KEY_SIGNATURE);
	CHECK(key_signature_holds(public_key, "\x72", 1, want));
	CHECK(!key_signature_holds(public_key, "\x73", 1, want));
	signature[0] ^= 1;
	CHECK(!key_signature_holds(public_key, "\x72", 1, signature));
	CHECK(!key_signature_holds(seed, "\x72", 1, want));
}
