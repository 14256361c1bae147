/* SPDX-License-Identifier: ISC */
/* Any bytes are replies or none, the same whatever the pieces, and what is
 * shown of them is one clean line. The input: a step, bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smtp-reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_reply(const struct reply *reply)
{
	char text[REPLY_TEXT];

	require(reply->code >= 200 && reply->code <= 599);
	require(reply->lines->len > 0 && reply->lines->len <= REPLY_LINES);
	reply_text(reply, text);
	require(strlen(text) < REPLY_TEXT && g_utf8_validate(text, -1, NULL));
	for (const char *at = text; *at; at = g_utf8_next_char(at))
		require(!g_unichar_iscntrl(g_utf8_get_char(at)));
}

/* A sum of what came out. */
static unsigned parse(const char *data, size_t size, size_t step)
{
	AUTO(reply_parser) struct reply_parser *parser = reply_parser_new();
	unsigned sum = 0;

	for (size_t at = 0; at < size; at += step) {
		const char *piece = data + at;
		size_t left = MIN(step, size - at);
		struct reply *reply = NULL;
		struct err err;
		int more;

		while ((more = reply_parse(parser, &piece, &left, &reply,
					   &err)) > 0) {
			check_reply(reply);
			sum = sum * 31 + (unsigned)reply->code * 129 +
			      reply->lines->len;
			reply_free(reply);
		}
		if (more < 0)
			return sum * 31 + 1;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	require(parse((const char *)data + 1, size - 1, 1U + data[0]) ==
		parse((const char *)data + 1, size - 1, 1));
	return 0;
}
