/* SPDX-License-Identifier: ISC */
/* What an SMTP server answers (RFC 5321 4.2), out of bytes as they come:
 *
 *	250-mail.example.org
 *	250-SIZE 35882577
 *	250 8BITMIME
 *
 * is one reply of three lines. Pure; whatever the bytes, memory is bounded. */
#ifndef BRIDGE_SMTP_REPLY_H
#define BRIDGE_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

enum {
	REPLY_LINE = 2048, /* bytes, without its end */
	REPLY_LINES = 128,
	REPLY_TEXT = 300, /* of reply_text(), with its NUL */
};

struct reply {
	int code;         /* 200 to 599 */
	GPtrArray *lines; /* owned; of char *, what follows the code; UTF-8
			   * without control characters; at least one */
};
struct reply *reply_new(int code, const char *text);
void reply_free(struct reply *reply);
AUTO_KIND(reply, struct reply, reply_free)

/* "550 5.1.1 no such user", in one line, cut to fit. */
void reply_text(const struct reply *reply, char text[REPLY_TEXT]);

struct reply_parser;
struct reply_parser *reply_parser_new(void);
void reply_parser_free(struct reply_parser *parser);
AUTO_KIND(reply_parser, struct reply_parser, reply_parser_free)

/* Take bytes from `*data_r` on, `*size_r` of them, both of which move on. 1 and
 * a whole reply, which the caller frees, 0 if all was taken and it is not whole
 * yet, -1 and EPROTO if it is none, for good. */
int reply_parse(struct reply_parser *parser, const char **data_r,
		size_t *size_r, struct reply **reply_r, struct err *err);
/* Is there part of one? */
bool reply_parser_busy(const struct reply_parser *parser);

#endif
