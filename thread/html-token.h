/* SPDX-License-Identifier: ISC */
/* HTML as a sequence of tags and texts. */
#ifndef DEFMS_HTML_TOKEN_H
#define DEFMS_HTML_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

enum { HTML_NAME = 12 }; /* longer names of tags are none we know */

struct html_tokens {
	const char *at, *end;
};

struct html_token {
	bool tag;
	bool closing;         /* </p> */
	char name[HTML_NAME]; /* lower case; "" if it is too long */
	const char *text;     /* a text, or a tag's attributes; borrowed */
	size_t size;
};

/* The next tag or text; false at the end. Comments and declarations are passed
 * over. */
bool html_token_next(struct html_tokens *it, struct html_token *token_r);

/* Pass over everything up to the tag that closes `name`: what is in <script>
 * is neither tags nor text. */
void html_tokens_skip(struct html_tokens *it, const char *name);

/* A tag's attribute with its character references replaced; NULL if it has
 * none of that name. Caller frees. */
char *html_attribute(const struct html_token *token, const char *name);

/* The character at `*at`, which is valid UTF-8 and is moved behind it: as it
 * stands, or what a character reference stands for. */
gunichar html_char_next(const char **at, const char *end);

#endif
