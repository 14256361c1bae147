/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/address.h"

TEST(addresses_compare_without_case_and_white_space)
{
	CHECK(address_equal("Ada@Example.ORG", " ada@example.org\t"));
	CHECK(address_equal("J\303\230RN@example.org",
			    "j\303\270rn@example.org"));
	CHECK(!address_equal("ada@example.org", "ada@example.com"));
	CHECK(!address_equal("ada@example.org", ""));
}

TEST(an_address_is_found_among_others)
{
	static char ada[] = "ada@example.org", bob[] = "Bob@Example.net";
	AUTO(ptrs) GPtrArray *mails = g_ptr_array_new();

	CHECK(!address_is_among("ada@example.org", mails));
	g_ptr_array_add(mails, ada);
	g_ptr_array_add(mails, bob);
	CHECK(address_is_among("ADA@example.org", mails));
	CHECK(address_is_among("bob@example.net", mails));
	CHECK(!address_is_among("carol@example.net", mails));
}

TEST(a_key_of_any_bytes_is_made)
{
	AUTO(str) char *key = address_key("A\377B@x");

	CHECK_STR(key, "a\377b@x");
}

TEST(a_user_gets_the_domain_and_nothing_else_does)
{
	static const char *const same[] = { "",    "@",   "a@b",      "a@",
					    "-a",  ".a",  "|a",       "/a/b",
					    "a b", "a\n", "a/b",      "\"a\"",
					    "<a>", "a,b", "a\xc3\xa9" };
	AUTO(str) char *user = address_qualify("J.doe+x_y=z-1", "b.org");

	CHECK_STR(user, "J.doe+x_y=z-1@b.org");
	for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
		AUTO(str) char *got = address_qualify(same[i], "b.org");

		CHECK_STR(got, same[i]);
	}
}

TEST(the_short_name_is_the_first_name)
{
	static const struct {
		const char *name, *mail, *want;
	} known[] = {
		{ "Ada Lovelace", "ada@example.org", "Ada" },
		{ "Lovelace, Ada", "l@example.org", "Ada" },
		{ "  'Bob'  ", "b@example.org", "Bob" },
		{ "J\303\270rn Simonsen", "j@example.org", "J\303\270rn" },
		{ "", "carol.smith@example.org", "carol.smith" },
		{ "-- ! --", "dan@example.org", "dan" },
		{ "eve@example.org", "eve@example.org", "eve" },
		{ "Frank,", "f@example.org", "Frank" },
		{ "", "", "unknown" },
		{ "", "@", "unknown" },
		{ "\377\376", "\377", "unknown" },
		{ "\346\235\216 \347\276\216", "l@x", "\346\235\216" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(address)
		struct address *who = address_new(known[i].name, known[i].mail);
		AUTO(str) char *name = address_short_name(who);

		CHECK_STR(name, known[i].want);
	}
}
