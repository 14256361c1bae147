/* SPDX-License-Identifier: ISC */
/* What an IMAP server says (RFC 9051, 3501, 7162, 4315, 5530, 6851, 6154, 5819
 * and Gmail's extensions), made into structs: pure, no I/O, and the same
 * whatever pieces the bytes come in. The server may be hostile.
 *
 *	imap_parser_feed(parser, data, size);
 *	while ((more = imap_parser_next(parser, &response, &err)) > 0)
 *		...
 */
#ifndef BRIDGE_IMAP_PARSE_H
#define BRIDGE_IMAP_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "defms/auto.h"
#include "defms/err.h"

#include "imap-response.h"

/* What a server may make us hold. */
struct imap_limits {
	size_t line;    /* bytes of a response without its literals */
	size_t literal; /* bytes of one literal */
	size_t total;   /* bytes of a response with them */
	unsigned depth; /* of lists within lists */
	size_t count;   /* strings, or ranges of UIDs, in one response */
};
/* 32 MiB, MESSAGE_MAX, MESSAGE_MAX and 32 MiB, 64, 4 million. */
struct imap_limits imap_limits_default(void);

struct imap_parser;
struct imap_parser *imap_parser_new(const struct imap_limits *limits);
void imap_parser_free(struct imap_parser *parser);
AUTO_KIND(imap_parser, struct imap_parser, imap_parser_free)

/* Hand over bytes, borrowed until imap_parser_next() has returned 0; only
 * then may more be fed. */
void imap_parser_feed(struct imap_parser *parser, const void *data,
		      size_t size);

/* 1 and the next response, 0 if it takes more bytes, -1 and EBADMSG for what
 * is no IMAP, EMSGSIZE for what goes beyond a limit; the parser can then only
 * be freed. */
int imap_parser_next(struct imap_parser *parser,
		     struct imap_response *response_r, struct err *err);

/* What was fed and is not taken yet, for whoever reads on in another way; the
 * parser forgets it. Borrowed as it was. */
void imap_parser_rest(struct imap_parser *parser, const void **data_r,
		      size_t *size_r);

/* Has a response begun that has not ended? */
bool imap_parser_is_within(const struct imap_parser *parser);

#endif
