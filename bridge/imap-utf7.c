/* SPDX-License-Identifier: ISC */
#include "imap-utf7.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "defms/auto.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(gunichar c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* The characters of `size` digits of base64, one unit of UTF-16 after another;
 * false if they are no text that had to be encoded. */
static bool decode_piece(const char *digits, size_t size, GString *out)
{
	uint32_t bits = 0;
	gunichar high = 0;
	unsigned held = 0;

	for (size_t i = 0; i < size; i++) {
		const char *digit = strchr(alphabet, digits[i]);
		gunichar unit;

		if (!digit)
			return false;
		bits = (bits << 6 | (uint32_t)(digit - alphabet)) & 0x3fffff;
		held += 6;
		if (held < 16)
			continue;
		held -= 16;
		unit = bits >> held & 0xffff;
		if ((unit & 0xfc00) == 0xd800 && !high) {
			high = unit;
			continue;
		}
		if (high) {
			if ((unit & 0xfc00) != 0xdc00)
				return false;
			unit = 0x10000 + ((high & 0x3ff) << 10) +
			       (unit & 0x3ff);
			high = 0;
		}
		if (is_direct(unit) || unit == 0 ||
		    (unit & 0xfffff800) == 0xd800)
			return false;
		(void)g_string_append_unichar(out, unit);
	}
	return size > 0 && !high && held < 6 && !(bits & ((1U << held) - 1));
}

int imap_utf7_decode(const char *text, char **utf8_r, struct err *err)
{
	AUTO(gstring) GString *out = g_string_new("");

	for (const char *at = text; *at; at++) {
		const char *end;

		if (!is_direct((unsigned char)*at))
			return err_set(err, EINVAL,
				       "not in modified UTF-7: a byte that is "
				       "not ASCII");
		if (*at != '&') {
			(void)g_string_append_c(out, *at);
			continue;
		}
		end = strchr(at, '-');
		if (end == at + 1)
			(void)g_string_append_c(out, '&');
		else if (!end || (end[1] == '&' && end[2] != '-') ||
			 !decode_piece(at + 1, (size_t)(end - at) - 1, out))
			return err_set(err, EINVAL, "not in modified UTF-7");
		at = end;
	}
	*utf8_r = g_string_free(take(out), FALSE);
	return 0;
}

struct bits {
	uint32_t bits;
	unsigned held;
};

static void put_unit(struct bits *bits, gunichar unit, GString *out)
{
	bits->bits = bits->bits << 16 | (unit & 0xffff);
	for (bits->held += 16; bits->held >= 6;) {
		bits->held -= 6;
		(void)g_string_append_c(
			out, alphabet[bits->bits >> bits->held & 0x3f]);
	}
}

/* The run of characters at `at` that cannot stand for themselves; its end. */
static const char *encode_piece(const char *at, GString *out)
{
	struct bits bits = { 0, 0 };

	(void)g_string_append_c(out, '&');
	for (; *at && !is_direct(g_utf8_get_char(at));
	     at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (c >= 0x10000) {
			c -= 0x10000;
			put_unit(&bits, 0xd800 | c >> 10, out);
			c = 0xdc00 | (c & 0x3ff);
		}
		put_unit(&bits, c, out);
	}
	if (bits.held > 0)
		(void)g_string_append_c(
			out, alphabet[bits.bits << (6 - bits.held) & 0x3f]);
	(void)g_string_append_c(out, '-');
	return at;
}

char *imap_utf7_encode(const char *utf8)
{
	GString *out = g_string_new("");

	for (const char *at = utf8; *at;) {
		if (!is_direct(g_utf8_get_char(at))) {
			at = encode_piece(at, out);
			continue;
		}
		(void)g_string_append_c(out, *at);
		if (*at++ == '&')
			(void)g_string_append_c(out, '-');
	}
	return g_string_free(out, FALSE);
}
