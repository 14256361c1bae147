/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/auto.h"
#include "mime-charset.h"

TEST(text_in_many_charsets_is_utf8)
{
	static const struct {
		const char *charset, *in, *want;
	} known[] = {
		{ NULL, "plain", "plain" },
		{ "us-ascii", "a\r\nb\rc\n", "a\nb\nc\n" },
		{ "UTF-8", "\303\244", "\303\244" },
		{ "utf-8", "\344", "\303\244" },
		{ "utf-8", "\303", "\303\203" },
		{ "iso-8859-1", "\344\200", "\303\244\342\202\254" },
		{ " Windows-1252 ", "\223\201", "\342\200\234\357\277\275" },
		{ "iso-8859-15", "\244", "\342\202\254" },
		{ "iso-8859-9", "\360", "\304\237" },
		{ "koi8-r", "\320", "\320\277" },
		{ "iso-2022-jp", "\033$B$\"\033(B", "\343\201\202" },
		{ "shift_jis", "\202\240", "\343\201\202" },
		{ "gb2312", "\351F", "\351\225\225" },
		{ "ks_c_5601-1987", "\260\241", "\352\260\200" },
		{ "utf-7", "+AOQ-", "\303\244" },
		/* not what they say they are */
		{ "iso-2022-jp", "\303\244", "\303\244" },
		{ "shift_jis", "\202", "\342\200\232" },
		{ "no such charset", "\303\244", "\303\244" },
		{ "utf-16//TRANSLIT", "a", "a" },
		{ "", "\344", "\303\244" },
		/* what would move a terminal's cursor */
		{ NULL, "a\033[2Jb\tc\177\302\205\302\240",
		  "a [2Jb\tc  "
		  "\302\240" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(gstring) GString *out = g_string_new("<");

		charset_append(out, known[i].charset, known[i].in,
			       strlen(known[i].in));
		CHECK_STR(out->str + 1, known[i].want);
	}
}

TEST(a_nul_is_a_space)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	charset_append(out, "utf-8", "a\0b\303\244\0", 6);
	CHECK_STR(out->str, "a b\303\244 ");
	CHECK(charset_is_utf8("12345678\0\303\244", 11));
	CHECK(!charset_is_utf8("12345678\0\303", 10));
}

TEST(a_line_is_unfolded_and_bounded)
{
	static const struct {
		const char *in;
		size_t limit;
		const char *want;
	} known[] = {
		{ " a\r\n b\n\tc\n", 99, "a b c" },
		{ "a\nb\rc", 99, "a b c" },
		{ "a\0b", 99, "a" },
		{ "", 99, "" },
		{ "abcdef", 3, "abc" },
		/* the limit cuts a character: what is left is no UTF-8 */
		{ "ab\303\244", 3, "ab" },
		{ "\344\344\344", 3, "\303\244" },
		/* U+202E, U+2066, U+200B, U+FEFF, U+061C, U+E0041 */
		{ "\u202eexe.txt", 99, "exe.txt" },
		{ "a\u2066b\u200bc\ufeffd\u061ce\U000e0041f", 99, "abcdef" },
		{ " \u202e x", 99, "x" },
		/* what only begins like them, and U+200D, which joins */
		{ "\u20ac\u0627\uff21\u200d\U000f0000", 99,
		  "\u20ac\u0627\uff21\u200d\U000f0000" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str)
		char *line = charset_line(known[i].in, strlen(known[i].in),
					  known[i].limit);

		CHECK(strlen(line) <= known[i].limit);
		CHECK(g_utf8_validate(line, -1, NULL));
		CHECK_STR(line, known[i].want);
	}
}

TEST(any_bytes_in_any_charset_are_valid_text)
{
	static const char *const charsets[] = {
		NULL,       "utf-8",   "iso-8859-1", "iso-2022-jp",
		"gb2312",   "big5",    "utf-7",      "utf-16",
		"utf-32be", "euc-jp",  "hz-gb-2312", "iso-2022-kr",
		"x-none",   "ibm1047", "tscii",      "cp949",
	};
	guint32 seed = 7;

	for (int round = 0; round < 3000; round++) {
		AUTO(gstring) GString *out = g_string_new(NULL);
		char bytes[24];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(seed >> 20);
		}
		charset_append(out, charsets[round % 16], bytes, seed % 25);
		CHECK(g_utf8_validate_len(out->str, out->len, NULL));
	}
}
