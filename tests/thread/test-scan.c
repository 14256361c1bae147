/* SPDX-License-Identifier: ISC */
#include "scan.h"

#include <glib.h>

#include "defms/auto.h"
#include "test.h"

TEST(a_literal_is_taken_whole_or_not_at_all)
{
	static const struct {
		const char *text, *literal;
		bool taken;
	} cases[] = {
		{ "abc", "", true },    { "abc", "a", true },
		{ "abc", "abc", true }, { "abc", "abcd", false },
		{ "abc", "b", false },  { "abc", "A", false },
		{ "", "", true },       { "", "a", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t size = strlen(cases[i].text);
		struct scan scan = scan_of(cases[i].text, size);
		size_t used = cases[i].taken ? strlen(cases[i].literal) : 0;

		CHECK_INT(scan_literal(&scan, cases[i].literal),
			  cases[i].taken);
		CHECK_INT(scan_left(&scan), size - used);
		CHECK_INT(scan_done(&scan), size == used);
	}
}

TEST(hex_is_lower_case_and_complete)
{
	static const char text[] = "00ff7f80a5";
	static const uint8_t want[] = { 0x00, 0xff, 0x7f, 0x80, 0xa5 };

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		AUTO(bytes) GByteArray *heap = g_byte_array_new();
		uint8_t out[5] = { 0 };
		struct scan scan;

		(void)g_byte_array_append(heap, (const guint8 *)text,
					  (guint)cut);
		scan = scan_of(heap->data, cut);
		CHECK_INT(scan_hex(&scan, out, sizeof(out)), cut == 10);
		CHECK_INT(scan_left(&scan), cut == 10 ? 0 : cut);
		if (cut == 10)
			CHECK_MEM(out, want, sizeof(want));
	}
}

TEST(every_byte_is_a_hex_digit_or_is_none)
{
	for (int byte = 0; byte < 256; byte++)
		for (int place = 0; place < 2; place++) {
			char text[2] = { '1', '1' };
			bool digit = (byte >= '0' && byte <= '9') ||
				     (byte >= 'a' && byte <= 'f');
			struct scan scan = scan_of(text, 2);
			uint8_t out;

			text[place] = (char)byte;
			CHECK_INT(scan_hex(&scan, &out, 1), digit);
			CHECK_INT(scan_left(&scan), digit ? 0 : 2);
			if (digit)
				CHECK_INT(out >> (place ? 0 : 4) & 15,
					  g_ascii_xdigit_value((char)byte));
		}
}

TEST(a_number_has_one_form_and_a_limit)
{
	static const struct {
		const char *text;
		uint64_t most;
		bool good;
		uint64_t number;
		size_t left;
	} cases[] = {
		{ "0", 0, true, 0, 0 },
		{ "1", 0, false, 0, 1 },
		{ "0", UINT64_MAX, true, 0, 0 },
		{ "00", 9, false, 0, 2 },
		{ "01", 9, false, 0, 2 },
		{ "0x", 9, true, 0, 1 },
		{ "7 8", 9, true, 7, 2 },
		{ "", 9, false, 0, 0 },
		{ "x", 9, false, 0, 1 },
		{ "-1", 9, false, 0, 2 },
		{ "+1", 9, false, 0, 2 },
		{ " 1", 9, false, 0, 2 },
		{ "9", 9, true, 9, 0 },
		{ "10", 9, false, 0, 2 },
		{ "5", 4, false, 0, 1 },
		{ "12", 5, false, 0, 2 },
		{ "255", 255, true, 255, 0 },
		{ "256", 255, false, 0, 3 },
		{ "4294967295", UINT32_MAX, true, UINT32_MAX, 0 },
		{ "4294967296", UINT32_MAX, false, 0, 10 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX, 0 },
		{ "18446744073709551616", UINT64_MAX, false, 0, 20 },
		{ "99999999999999999999", UINT64_MAX, false, 0, 20 },
		{ "184467440737095516150", UINT64_MAX, false, 0, 21 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scan scan =
			scan_of(cases[i].text, strlen(cases[i].text));
		uint64_t number = 0;

		CHECK_INT(scan_number(&scan, cases[i].most, &number),
			  cases[i].good);
		CHECK(number == cases[i].number);
		CHECK_INT(scan_left(&scan), cases[i].left);
	}
}

TEST(a_limit_is_exact_for_every_small_number)
{
	for (uint64_t most = 0; most < 130; most++)
		for (uint64_t value = 0; value < 140; value++) {
			AUTO(str)
			char *text = g_strdup_printf("%" PRIu64, value);
			struct scan scan = scan_of(text, strlen(text));
			uint64_t number = 999;

			CHECK_INT(scan_number(&scan, most, &number),
				  value <= most);
			CHECK_INT(number, value <= most ? value : 999);
		}
}

TEST(a_line_is_text_without_control_characters)
{
	static const struct {
		const char *text;
		size_t size, most, taken; /* 0: refused */
	} cases[] = {
		{ "a\n", 2, 1, 1 },
		{ "ab\n", 3, 1, 0 },
		{ "ab\ncd\n", 6, 9, 2 },
		{ "\n", 1, 9, 0 },
		{ "", 0, 9, 0 },
		{ "no line end", 11, 99, 0 },
		{ "a\tb\n", 4, 9, 0 },
		{ "a\r\n", 3, 9, 0 },
		{ "a\0b\n", 4, 9, 0 },
		{ "a\x7f\n", 3, 9, 0 },
		{ "\xc3\xa9\n", 3, 2, 2 },
		{ "\xc3\xa9\n", 3, 1, 0 },
		{ "\xc2\x9b"
		  "1m\n",
		  5, 9, 0 }, /* CSI, a C1 control */
		{ "\xe9\n", 2, 9, 0 },
		{ "\xc3\n\xa9\n", 4, 9, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		AUTO(bytes) GByteArray *heap = g_byte_array_new();
		const char *text = NULL;
		size_t size = 0;
		struct scan scan;

		(void)g_byte_array_append(heap, (const guint8 *)cases[i].text,
					  (guint)cases[i].size);
		scan = scan_of(heap->data, heap->len);
		CHECK_INT(scan_text(&scan, cases[i].most, &text, &size),
			  cases[i].taken > 0);
		CHECK_INT(size, cases[i].taken);
		if (cases[i].taken > 0)
			CHECK((const guint8 *)text == heap->data);
		CHECK_INT(scan_left(&scan),
			  cases[i].size -
				  (cases[i].taken ? cases[i].taken + 1 : 0));
	}
}
