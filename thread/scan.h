/* SPDX-License-Identifier: ISC */
/* Reading text formats strictly, from the left: each function takes what it
 * names or takes nothing and is false. Bytes may be hostile. */
#ifndef THREAD_SCAN_H
#define THREAD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan {
	const char *at, *end;
};

struct scan scan_of(const void *text, size_t size);
bool scan_done(const struct scan *scan);
size_t scan_left(const struct scan *scan);

/* Exactly the characters of `literal`. */
bool scan_literal(struct scan *scan, const char *literal);

/* Exactly 2 * `size` lower-case hex digits. */
bool scan_hex(struct scan *scan, void *out, size_t size);

/* A decimal number up to `most`, without sign or leading zeros. */
bool scan_number(struct scan *scan, uint64_t most, uint64_t *number_r);

/* The rest of the line and its LF: 1 to `most` bytes (LF aside) of UTF-8
 * without control characters. Borrowed from the text. */
bool scan_text(struct scan *scan, size_t most, const char **text_r,
	       size_t *size_r);

#endif
