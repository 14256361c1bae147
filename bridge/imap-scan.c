/* SPDX-License-Identifier: ISC */
#include "imap-scan.h"

#include <string.h>

bool imap_scan_done(const struct imap_scan *scan)
{
	return scan->at == scan->end;
}

bool imap_scan_is(const struct imap_scan *scan, char c)
{
	return scan->at < scan->end && *scan->at == (uint8_t)c;
}

bool imap_scan_char(struct imap_scan *scan, char c)
{
	if (!imap_scan_is(scan, c))
		return false;
	scan->at++;
	return true;
}

static void skip_spaces(struct imap_scan *scan)
{
	while (imap_scan_char(scan, ' '))
		;
}

bool imap_scan_space(struct imap_scan *scan)
{
	if (!imap_scan_char(scan, ' '))
		return false;
	skip_spaces(scan);
	return true;
}

bool imap_scan_open(struct imap_scan *scan)
{
	if (!imap_scan_char(scan, '('))
		return false;
	skip_spaces(scan);
	return true;
}

bool imap_scan_close(struct imap_scan *scan)
{
	const uint8_t *start = scan->at;

	skip_spaces(scan);
	if (imap_scan_char(scan, ')'))
		return true;
	scan->at = start;
	return false;
}

static bool is_atom(uint8_t c, const char *but)
{
	return c > ' ' && c != 0x7f && c != '(' && c != ')' && c != '"' &&
	       !strchr(but, c);
}

bool imap_scan_atom(struct imap_scan *scan, const char *but,
		    struct imap_bytes *atom_r)
{
	const uint8_t *start = scan->at;

	while (scan->at < scan->end && is_atom(*scan->at, but))
		scan->at++;
	*atom_r = (struct imap_bytes){ start, (size_t)(scan->at - start) };
	return atom_r->size > 0;
}

bool imap_scan_is_word(struct imap_bytes atom, const char *word)
{
	return atom.size == strlen(word) &&
	       g_ascii_strncasecmp((const char *)atom.data, word, atom.size) ==
		       0;
}

bool imap_scan_word(struct imap_scan *scan, const char *word)
{
	const uint8_t *start = scan->at;
	struct imap_bytes atom;

	if (imap_scan_atom(scan, "", &atom) && imap_scan_is_word(atom, word))
		return true;
	scan->at = start;
	return false;
}

bool imap_scan_number(struct imap_scan *scan, uint64_t most, uint64_t *number_r)
{
	const uint8_t *start = scan->at;
	uint64_t value = 0;

	for (; scan->at < scan->end && g_ascii_isdigit(*scan->at); scan->at++) {
		uint64_t digit = (uint64_t)(*scan->at - '0');

		if (value > (most - MIN(digit, most)) / 10 || digit > most) {
			scan->beyond = "a number that is too large";
			return false;
		}
		value = value * 10 + digit;
	}
	*number_r = value;
	return scan->at > start;
}

bool imap_scan_uid(struct imap_scan *scan, uint32_t *uid_r)
{
	uint64_t number;

	if (!imap_scan_number(scan, UINT32_MAX, &number) || number == 0)
		return false;
	*uid_r = (uint32_t)number;
	return true;
}

/* A string in quotes; its escapes are taken out into scan->unquoted. */
static bool quoted(struct imap_scan *scan, struct imap_bytes *string_r)
{
	const uint8_t *start = ++scan->at;
	bool escapes = false;

	for (; scan->at < scan->end && *scan->at != '"'; scan->at++) {
		if (*scan->at != '\\')
			continue;
		if (!escapes)
			(void)g_byte_array_set_size(scan->unquoted, 0);
		escapes = true;
		(void)g_byte_array_append(scan->unquoted, start,
					  (guint)(scan->at - start));
		if (++scan->at == scan->end)
			return false;
		start = scan->at;
	}
	if (scan->at == scan->end)
		return false;
	*string_r = (struct imap_bytes){ start, (size_t)(scan->at - start) };
	if (escapes) {
		(void)g_byte_array_append(scan->unquoted, string_r->data,
					  (guint)string_r->size);
		*string_r = (struct imap_bytes){ scan->unquoted->data,
						 scan->unquoted->len };
	}
	scan->at++;
	return true;
}

static bool literal(struct imap_scan *scan, struct imap_bytes *string_r)
{
	uint64_t size;

	(void)imap_scan_char(scan, '~');
	if (!imap_scan_char(scan, '{') ||
	    !imap_scan_number(scan, UINT64_MAX, &size))
		return false;
	(void)imap_scan_char(scan, '+');
	if (!imap_scan_char(scan, '}'))
		return false;
	(void)imap_scan_char(scan, '\r');
	if (!imap_scan_char(scan, '\n') ||
	    size > (uint64_t)(scan->end - scan->at))
		return false;
	*string_r = (struct imap_bytes){ scan->at, (size_t)size };
	scan->at += size;
	return true;
}

/* Does a string begin here, quoted or as a literal? */
static bool is_string(const struct imap_scan *scan)
{
	return imap_scan_is(scan, '"') || imap_scan_is(scan, '{') ||
	       (imap_scan_is(scan, '~') && scan->end - scan->at > 1 &&
		scan->at[1] == '{');
}

bool imap_scan_string(struct imap_scan *scan, struct imap_bytes *string_r)
{
	if (imap_scan_is(scan, '"'))
		return quoted(scan, string_r);
	return literal(scan, string_r);
}

bool imap_scan_nstring(struct imap_scan *scan, struct imap_bytes *string_r)
{
	if (imap_scan_word(scan, "NIL")) {
		*string_r = (struct imap_bytes){ NULL, 0 };
		return true;
	}
	return imap_scan_string(scan, string_r);
}

bool imap_scan_count(struct imap_scan *scan)
{
	if (++scan->count <= scan->limits->count)
		return true;
	scan->beyond = "too much at once";
	return false;
}

const char *imap_scan_keep(struct imap_scan *scan, struct imap_bytes bytes)
{
	char *kept = g_string_chunk_insert_len(
		scan->strings, (const char *)bytes.data, (gssize)bytes.size);

	for (char *nul = kept;
	     (nul = memchr(nul, '\0', bytes.size - (size_t)(nul - kept)));)
		*nul = '\1';
	return kept;
}

bool imap_scan_astring(struct imap_scan *scan, const char **string_r)
{
	struct imap_bytes string;
	bool taken;

	if (is_string(scan))
		taken = imap_scan_string(scan, &string);
	else
		taken = imap_scan_atom(scan, "", &string);
	if (!taken || !imap_scan_count(scan))
		return false;
	*string_r = imap_scan_keep(scan, string);
	return true;
}

bool imap_scan_ranges(struct imap_scan *scan, GArray *ranges)
{
	do {
		struct imap_range range;

		if (!imap_scan_uid(scan, &range.first))
			return false;
		range.last = range.first;
		if (imap_scan_char(scan, ':') &&
		    !imap_scan_uid(scan, &range.last))
			return false;
		if (range.last < range.first)
			range = (struct imap_range){ range.last, range.first };
		if (!imap_scan_count(scan))
			return false;
		(void)g_array_append_val(ranges, range);
	} while (imap_scan_char(scan, ','));
	return true;
}

/* A value that is no list. */
static bool skip_one(struct imap_scan *scan)
{
	struct imap_bytes bytes;

	if (is_string(scan))
		return imap_scan_string(scan, &bytes);
	return imap_scan_atom(scan, "", &bytes);
}

bool imap_scan_skip(struct imap_scan *scan)
{
	unsigned depth = 0;

	do {
		if (imap_scan_open(scan)) {
			if (++depth > scan->limits->depth) {
				scan->beyond = "lists within too many lists";
				return false;
			}
		} else if (depth == 0 || !imap_scan_close(scan)) {
			if (!skip_one(scan))
				return false;
		} else {
			depth--;
		}
		if (depth > 0)
			skip_spaces(scan);
	} while (depth > 0);
	return true;
}
