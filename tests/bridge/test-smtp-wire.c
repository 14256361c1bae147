/* SPDX-License-Identifier: ISC */
#include "smtp-wire.h"

#include "defms/auto.h"
#include "test.h"

static GByteArray *all(const char *data, size_t size, bool dots, size_t limit)
{
	GByteArray *out = g_byte_array_new();
	struct wire wire = wire_of(data, size, dots);

	while (wire_next(&wire, limit, out))
		;
	return out;
}

TEST(lines_end_in_crlf_and_dots_are_doubled_whatever_the_pieces)
{
	static const struct {
		const char *in, *out, *dotted;
	} known[] = {
		{ "", "", "" },
		{ "a", "a\r\n", "a\r\n" },
		{ "a\n", "a\r\n", "a\r\n" },
		{ "a\r\n", "a\r\n", "a\r\n" },
		{ "a\n\nb\n", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n" },
		{ "a\rb\r\r\nc\n\r", "a\r\nb\r\n\r\nc\r\n\r\n",
		  "a\r\nb\r\n\r\nc\r\n\r\n" },
		{ ".", ".\r\n", "..\r\n" },
		{ ".\n", ".\r\n", "..\r\n" },
		{ "a\n.\nb.c\n..d\n", "a\r\n.\r\nb.c\r\n..d\r\n",
		  "a\r\n..\r\nb.c\r\n...d\r\n" },
		{ "a\r.\rb", "a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n" },
		{ "\n.\n", "\r\n.\r\n", "\r\n..\r\n" },
	};
	const guint8 nul = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		for (size_t limit = 1; limit < 12; limit++) {
			size_t size = strlen(known[i].in);
			AUTO(bytes)
			GByteArray *plain =
				all(known[i].in, size, false, limit);
			AUTO(bytes)
			GByteArray *dotted =
				all(known[i].in, size, true, limit);

			(void)g_byte_array_append(plain, &nul, 1);
			(void)g_byte_array_append(dotted, &nul, 1);
			CHECK_STR((char *)plain->data, known[i].out);
			CHECK_STR((char *)dotted->data, known[i].dotted);
			CHECK_INT(wire_needs(known[i].in, size).size,
				  strlen(known[i].out));
		}
}

TEST(no_line_of_one_dot_and_no_bare_line_end_ever_leaves)
{
	static const char letters[] = { '.', '\r', '\n', 'a' };
	char text[7];

	for (unsigned n = 0; n < 1U << (2 * sizeof(text)); n++) {
		AUTO(bytes) GByteArray *out = NULL;

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = letters[n >> (2 * i) & 3];
		out = all(text, sizeof(text), true, 1 + n % 5);
		for (guint i = 0; i < out->len; i++) {
			bool start = i == 0 || out->data[i - 1] == '\n';

			if (out->data[i] == '\n' &&
			    !CHECK(i > 0 && out->data[i - 1] == '\r'))
				return;
			if (out->data[i] == '\r' &&
			    !CHECK(i + 1 < out->len &&
				   out->data[i + 1] == '\n'))
				return;
			if (start && out->data[i] == '.' &&
			    !CHECK(out->data[i + 1] == '.'))
				return;
		}
	}
}

TEST(a_message_says_what_it_asks_of_a_server)
{
	static const struct {
		const char *text;
		size_t size;
		bool eight_bit, binary;
	} known[] = {
		{ "A: b\n\nc\n", 8, false, false },
		{ "A: b\n\n\xc3\xbc\n", 9, true, false },
		{ "A: \xc3\xbc\n\nc\n", 9, true, false },
		{ "A: b\r\n\r\n\xc3\xbc\r\n", 12, true, false },
		{ "A: b\n\nc\0d\n", 10, false, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct wire_needs needs =
			wire_needs(known[i].text, known[i].size);

		CHECK_INT(needs.eight_bit, known[i].eight_bit);
		CHECK_INT(needs.binary, known[i].binary);
	}
}
