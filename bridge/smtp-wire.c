/* SPDX-License-Identifier: ISC */
#include "smtp-wire.h"

#include <string.h>

static const uint8_t crlf[2] = "\r\n";

struct wire wire_of(const void *data, size_t size, bool dots)
{
	const uint8_t *bytes = data;

	return (struct wire){ bytes, bytes + size, dots, false };
}

/* What of the line lies within the next `most` bytes. */
static size_t line_length(const struct wire *wire, size_t most)
{
	const uint8_t *at = wire->at;
	const uint8_t *end = at + MIN(most, (size_t)(wire->end - at));

	while (at < end && *at != '\r' && *at != '\n')
		at++;
	return (size_t)(at - wire->at);
}

/* The line end that stands here, whichever it is. */
static void skip_end(struct wire *wire)
{
	bool cr = *wire->at == '\r';

	wire->at++;
	if (cr && wire->at < wire->end && *wire->at == '\n')
		wire->at++;
}

bool wire_next(struct wire *wire, size_t limit, GByteArray *out)
{
	guint most = out->len + (guint)limit;

	while (out->len < most && wire->at < wire->end) {
		size_t size = line_length(wire, most - out->len);

		if (wire->dots && !wire->in_line && *wire->at == '.')
			(void)g_byte_array_append(out, wire->at, 1);
		(void)g_byte_array_append(out, wire->at, (guint)size);
		wire->at += size;
		wire->in_line = true;
		if (wire->at < wire->end && *wire->at != '\r' &&
		    *wire->at != '\n')
			continue;
		(void)g_byte_array_append(out, crlf, sizeof(crlf));
		wire->in_line = false;
		if (wire->at < wire->end)
			skip_end(wire);
	}
	return wire->at < wire->end;
}

struct wire_needs wire_needs(const void *data, size_t size)
{
	struct wire wire = wire_of(data, size, false);
	struct wire_needs needs = { 0 };

	while (wire.at < wire.end) {
		size_t length = line_length(&wire, SIZE_MAX);

		needs.size += length + sizeof(crlf);
		needs.binary |= memchr(wire.at, '\0', length) != NULL;
		for (size_t i = 0; i < length; i++)
			needs.eight_bit |= (wire.at[i] & 0x80) != 0;
		wire.at += length;
		if (wire.at < wire.end)
			skip_end(&wire);
	}
	return needs;
}
