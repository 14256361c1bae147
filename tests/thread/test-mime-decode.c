/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/auto.h"
#include "mime-parts.h"

static char *decoded(enum part_encoding encoding, const char *text)
{
	struct mime_part part = { .encoding = encoding,
				  .data = text,
				  .size = strlen(text) };
	AUTO(gstring) GString *out = g_string_new(NULL);

	mime_part_append(&part, out);
	CHECK_INT(mime_part_size(&part), out->len);
	return g_string_free(take(out), FALSE);
}

/* RFC 4648, section 10, and RFC 2045, section 6.7 */
TEST(encodings_are_undone)
{
	static const struct {
		enum part_encoding encoding;
		const char *text, *want;
	} known[] = {
		{ PART_PLAIN, "a=3D\r\n", "a=3D\r\n" },
		{ PART_BASE64, "", "" },
		{ PART_BASE64, "Zg==", "f" },
		{ PART_BASE64, "Zm8=", "fo" },
		{ PART_BASE64, "Zm9v", "foo" },
		{ PART_BASE64, "Zm9vYg==", "foob" },
		{ PART_BASE64, "Zm9v\r\nYmE=\r\n", "fooba" },
		{ PART_BASE64, "Zm 9v\n-Ym*Fy\n", "foobar" },
		{ PART_QUOTED_PRINTABLE,
		  "Now's the time =\nfor all folk to come=\n to the aid.",
		  "Now's the time for all folk to come to the aid." },
		{ PART_QUOTED_PRINTABLE, "=3d=E4=\r\nx=", "=\344x" },
		{ PART_UUENCODED, "x\nbegin 644 a\n#0V%T\n`\nend\n", "Cat" },
		{ PART_UUENCODED, "no beginning\n#0V%T\n", "" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str) char *got = decoded(known[i].encoding, known[i].text);

		CHECK_STR(got, known[i].want);
	}
}

/* Pieces end anywhere in a group of four or in a quoted byte. */
TEST(pieces_do_not_show)
{
	for (size_t pad = 0; pad < 8; pad++) {
		AUTO(gstring) GString *text = g_string_new(NULL);
		AUTO(str) char *base64 = NULL;
		AUTO(str) char *quoted = NULL;

		for (size_t i = 0; i < pad; i++)
			g_string_append_c(text, '\n');
		while (text->len < 5 * PART_PIECE)
			g_string_append(text, "Zm9v\n");
		base64 = decoded(PART_BASE64, text->str);
		CHECK_INT(strlen(base64), (text->len - pad) / 5 * 3);
		CHECK_STR(base64 + strlen(base64) - 6, "foofoo");
		g_string_truncate(text, pad);
		while (text->len < 5 * PART_PIECE)
			g_string_append(text, "=41=\n");
		quoted = decoded(PART_QUOTED_PRINTABLE, text->str);
		CHECK_INT(strspn(quoted + pad, "A"), (text->len - pad) / 5);
	}
}
