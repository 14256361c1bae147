/* SPDX-License-Identifier: ISC */
/* Any bytes of an IMAP server, at once and in pieces, whose sizes the first
 * byte of the input decides: the same responses, within small limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "imap-dump.h"
#include "imap-parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct imap_limits limits = {
	.line = 4000, .literal = 2000, .total = 3000, .depth = 8, .count = 50
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(imap_parser) struct imap_parser *whole = imap_parser_new(&limits);
	AUTO(imap_parser) struct imap_parser *pieces = imap_parser_new(&limits);
	AUTO(gstring) GString *one = g_string_new("");
	AUTO(gstring) GString *other = g_string_new("");
	size_t piece = size ? data[0] % 16 + 1 : 1, at = 1;
	int ended = 0;

	if (size < 1)
		return 0;
	(void)dump_bytes(whole, data + 1, size - 1, one);
	while (at < size && ended == 0) {
		size_t count = MIN(piece, size - at);

		ended = dump_bytes(pieces, data + at, count, other);
		at += count;
	}
	require(strcmp(one->str, other->str) == 0);
	require(ended < 0 ||
		imap_parser_is_within(whole) == imap_parser_is_within(pieces));
	return 0;
}
