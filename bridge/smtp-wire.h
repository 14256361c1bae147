/* SPDX-License-Identifier: ISC */
/* A message as SMTP carries it: every line ends in CRLF (a CR or LF by itself
 * ends one too: RFC 5321 2.3.8 lets neither pass), the last one too, and
 * before DATA a dot at a line's beginning is doubled (4.5.2). Pure. */
#ifndef BRIDGE_SMTP_WIRE_H
#define BRIDGE_SMTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* What it asks of a server. */
struct wire_needs {
	uint64_t size;  /* on the wire, without doubled dots */
	bool eight_bit; /* bytes over 127 (RFC 6152) */
	bool binary;    /* a NUL (RFC 3030) */
};
struct wire_needs wire_needs(const void *data, size_t size);

struct wire {
	const uint8_t *at, *end; /* borrowed */
	bool dots;               /* double them */
	bool in_line;            /* something of a line was written */
};
struct wire wire_of(const void *data, size_t size, bool dots);
/* Append about `limit` bytes more. false if there is no more. */
bool wire_next(struct wire *wire, size_t limit, GByteArray *out);

#endif
