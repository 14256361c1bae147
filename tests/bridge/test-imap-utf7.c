/* SPDX-License-Identifier: ISC */
#include "imap-utf7.h"

#include <errno.h>

#include <glib.h>

#include "defms/auto.h"

#include "test.h"

/* RFC 3501 5.1.3, RFC 2152's examples in its form and what Python's
 * utf-16-be in base64 gives. */
static const struct {
	const char *utf8, *utf7;
} known[] = {
	{ "", "" },
	{ "INBOX", "INBOX" },
	{ "&", "&-" },
	{ "a&&b", "a&-&-b" },
	{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
	  "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
	  "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
	{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
	{ "p\xc3\xa4\xc3\xa4", "p&AOQA5A-" },
	{ "A\xe2\x89\xa2\xce\x91.", "A&ImIDkQ-." },
	{ "\xe2\x98\xba!", "&Jjo-!" },
	{ "\xf0\x9f\x93\xac", "&2D3c7A-" },
	{ "x\xf0\x9f\x93\xac\xc3\xa9-", "x&2D3c7ADp--" },
	{ "\xc3\xa4&\xc3\xa4", "&AOQ-&-&AOQ-" },
	{ "\t", "&AAk-" },
};

TEST(names_are_encoded_as_others_do)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *utf7 = imap_utf7_encode(known[i].utf8);
		AUTO(str) char *utf8 = NULL;

		CHECK_STR(utf7, known[i].utf7);
		CHECK_INT(imap_utf7_decode(known[i].utf7, &utf8, NULL), 0);
		CHECK_STR(utf8, known[i].utf8);
	}
}

TEST(other_spellings_are_refused)
{
	static const char *const bad[] = {
		"&",      "a&",       "&U,BTFw",    "&Jjo",     "&Jjo!-",
		"&AGE-",  /* "a" */
		"&Jj-",   /* half a character */
		"&Jjp-",  /* bits left over */
		"&JjoA-", /* more digits than needed */
		"&2D0-",  /* half a pair */
		"&3Kw-",  "&2D3YPQ-", "&AOQ-&AOQ-", "\xc3\xa4", "a\tb",
		"&AAA-",  "&A-",      "&Jjo/-",     "&Jjo=-",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(str) char *utf8 = NULL;
		struct err err = { 0 };

		if (!CHECK_INT(imap_utf7_decode(bad[i], &utf8, &err), -1))
			printf("# %s\n", bad[i]);
		CHECK_INT(err.code, EINVAL);
	}
}

TEST(every_character_comes_back)
{
	for (gunichar c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 0x35) {
		char text[16] = "a";
		AUTO(str) char *utf7 = NULL;
		AUTO(str) char *utf8 = NULL;

		if (!g_unichar_validate(c))
			continue;
		text[1 + g_unichar_to_utf8(c, text + 1)] = 'b';
		utf7 = imap_utf7_encode(text);
		CHECK_INT(imap_utf7_decode(utf7, &utf8, NULL), 0);
		CHECK_STR(utf8, text);
	}
}

/* What is decoded is valid, and encodes to what it came from. */
TEST(any_bytes_are_decoded_to_one_spelling_or_refused)
{
	GRand *random = g_rand_new_with_seed(3);
	static const char digits[] = "&&-AGJjo2D0,+wQ3cr";
	int taken = 0;

	for (int round = 0; round < 200000; round++) {
		char text[12];
		int size = g_rand_int_range(random, 1, 11);
		AUTO(str) char *utf8 = NULL;
		AUTO(str) char *utf7 = NULL;

		for (int i = 0; i < size; i++)
			text[i] = digits[g_rand_int_range(random, 0, 18)];
		text[size] = '\0';
		if (imap_utf7_decode(text, &utf8, NULL) < 0)
			continue;
		taken++;
		CHECK(g_utf8_validate(utf8, -1, NULL));
		utf7 = imap_utf7_encode(utf8);
		CHECK_STR(utf7, text);
	}
	CHECK(taken > 1000);
	g_rand_free(random);
}
