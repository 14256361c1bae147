/* SPDX-License-Identifier: ISC */
/* The words of IMAP (RFC 9051, 9), read from the left in one whole response.
 * Each function takes what it names or is false; the bytes may be hostile. A
 * little more is taken than the grammar has, where servers are known to send
 * it: spaces at the ends of lists, brackets in atoms, 8-bit characters. */
#ifndef BRIDGE_IMAP_SCAN_H
#define BRIDGE_IMAP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "imap-parse.h"

struct imap_scan {
	const uint8_t *at, *end;
	const struct imap_limits *limits;
	size_t count;          /* of what is kept of this response */
	GStringChunk *strings; /* borrowed; where strings are kept */
	GByteArray *unquoted;  /* borrowed; the last string with escapes */
	const char *beyond;    /* the limit that was met; NULL: none */
};

struct imap_bytes {
	const uint8_t *data;
	size_t size;
};

bool imap_scan_done(const struct imap_scan *scan);
/* Is `c` the next character? */
bool imap_scan_is(const struct imap_scan *scan, char c);
bool imap_scan_char(struct imap_scan *scan, char c);
/* One space at least. */
bool imap_scan_space(struct imap_scan *scan);
/* "(", and spaces; ")", and spaces before it. */
bool imap_scan_open(struct imap_scan *scan);
bool imap_scan_close(struct imap_scan *scan);
/* Characters up to a space, a parenthesis, a quote or one of `but`; one at
 * least. Borrowed from the response. */
bool imap_scan_atom(struct imap_scan *scan, const char *but,
		    struct imap_bytes *atom_r);
/* The word `word`, in any case; nothing is taken if it is another. */
bool imap_scan_word(struct imap_scan *scan, const char *word);
bool imap_scan_is_word(struct imap_bytes atom, const char *word);
/* Digits, up to `most`. */
bool imap_scan_number(struct imap_scan *scan, uint64_t most,
		      uint64_t *number_r);
/* A number of 32 bits that is not 0. */
bool imap_scan_uid(struct imap_scan *scan, uint32_t *uid_r);
/* A quoted string or a literal, borrowed until the next call. */
bool imap_scan_string(struct imap_scan *scan, struct imap_bytes *string_r);
/* The same or NIL, for which `data` is NULL. */
bool imap_scan_nstring(struct imap_scan *scan, struct imap_bytes *string_r);
/* An atom or a string, kept with a NUL behind; a NUL in it becomes \1. */
bool imap_scan_astring(struct imap_scan *scan, const char **string_r);
/* Ranges of UIDs, of struct imap_range, as they stand. */
bool imap_scan_ranges(struct imap_scan *scan, GArray *ranges);
/* Any value, however deep, up to its end. */
bool imap_scan_skip(struct imap_scan *scan);
/* One more is kept of this response: is it still within the limit? */
bool imap_scan_count(struct imap_scan *scan);
/* Keep bytes as a C string; a NUL in it becomes \1. */
const char *imap_scan_keep(struct imap_scan *scan, struct imap_bytes bytes);

#endif
