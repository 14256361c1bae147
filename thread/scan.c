/* SPDX-License-Identifier: ISC */
#include "scan.h"

#include <string.h>

#include <glib.h>

struct scan scan_of(const void *text, size_t size)
{
	const char *start = text ? text : ""; /* an empty GByteArray's */
	struct scan scan = { .at = start, .end = start + size };

	return scan;
}

bool scan_done(const struct scan *scan)
{
	return scan->at == scan->end;
}

size_t scan_left(const struct scan *scan)
{
	return (size_t)(scan->end - scan->at);
}

bool scan_literal(struct scan *scan, const char *literal)
{
	size_t len = strlen(literal);

	if (scan_left(scan) < len || memcmp(scan->at, literal, len) != 0)
		return false;
	scan->at += len;
	return true;
}

/* The value of a lower-case hex digit, -1 if it is none. */
static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

bool scan_hex(struct scan *scan, void *out, size_t size)
{
	uint8_t *bytes = out;

	if (scan_left(scan) / 2 < size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit_value(scan->at[2 * i]);
		int low = digit_value(scan->at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	scan->at += 2 * size;
	return true;
}

bool scan_number(struct scan *scan, uint64_t most, uint64_t *number_r)
{
	const char *at = scan->at;
	uint64_t number = 0;

	for (; at < scan->end && g_ascii_isdigit(*at); at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (number > (most - digit) / 10 || digit > most)
			return false;
		number = number * 10 + digit;
	}
	if (at == scan->at || (*scan->at == '0' && at - scan->at > 1))
		return false;
	scan->at = at;
	*number_r = number;
	return true;
}

static bool is_printable(const char *text, size_t size)
{
	const char *end = text + size;

	if (!g_utf8_validate(text, (gssize)size, NULL))
		return false;
	for (; text < end; text += g_utf8_skip[(guchar)*text])
		if (g_unichar_iscntrl(g_utf8_get_char(text)))
			return false;
	return true;
}

bool scan_text(struct scan *scan, size_t most, const char **text_r,
	       size_t *size_r)
{
	const char *line_end = memchr(scan->at, '\n', scan_left(scan));
	size_t size;

	if (!line_end)
		return false;
	size = (size_t)(line_end - scan->at);
	if (size == 0 || size > most || !is_printable(scan->at, size))
		return false;
	*text_r = scan->at;
	*size_r = size;
	scan->at = line_end + 1;
	return true;
}
