/* SPDX-License-Identifier: ISC */
/* Responses by kind. One whole response is held and then read from the left:
 * so nothing depends on the pieces that it came in, and nothing in the middle
 * of one has to be remembered. */
#include "imap-parse.h"

#include <string.h>

#include "defms/message.h"

#include "imap-parse-parts.h"

struct imap_limits imap_limits_default(void)
{
	return (struct imap_limits){
		.line = 32 << 20,
		.literal = MESSAGE_MAX,
		.total = MESSAGE_MAX + (32 << 20),
		.depth = 64,
		.count = 4000000,
	};
}

struct imap_parser *imap_parser_new(const struct imap_limits *limits)
{
	struct imap_parser *parser = g_new0(struct imap_parser, 1);

	parser->limits = *limits;
	imap_frame_init(&parser->frame, &parser->limits);
	parser->strings = g_string_chunk_new(4000);
	parser->unquoted = g_byte_array_new();
	parser->keywords = g_string_new("");
	parser->flags = g_array_new(FALSE, FALSE, sizeof(struct imap_bytes));
	parser->words = g_ptr_array_new();
	parser->labels = g_ptr_array_new();
	parser->ranges = g_array_new(FALSE, FALSE, sizeof(struct imap_range));
	parser->from = g_array_new(FALSE, FALSE, sizeof(struct imap_range));
	parser->to = g_array_new(FALSE, FALSE, sizeof(struct imap_range));
	parser->uids = imap_set_new();
	return parser;
}

void imap_parser_free(struct imap_parser *parser)
{
	if (!parser)
		return;
	imap_frame_release(&parser->frame);
	g_string_chunk_free(parser->strings);
	g_byte_array_unref(parser->unquoted);
	(void)g_string_free(parser->keywords, TRUE);
	g_array_unref(parser->flags);
	g_ptr_array_unref(parser->words);
	g_ptr_array_unref(parser->labels);
	g_array_unref(parser->ranges);
	g_array_unref(parser->from);
	g_array_unref(parser->to);
	imap_set_free(parser->uids);
	g_free(parser);
}

void imap_parser_feed(struct imap_parser *parser, const void *data, size_t size)
{
	parser->frame.at = data;
	parser->frame.end = parser->frame.at + size;
}

void imap_parser_rest(struct imap_parser *parser, const void **data_r,
		      size_t *size_r)
{
	*data_r = parser->frame.at;
	*size_r = (size_t)(parser->frame.end - parser->frame.at);
	parser->frame.at = parser->frame.end;
}

bool imap_parser_is_within(const struct imap_parser *parser)
{
	return !parser->frame.whole && parser->frame.held->len > 0;
}

bool imap_parse_words(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_response *response)
{
	struct imap_bytes word;

	(void)g_ptr_array_set_size(parser->words, 0);
	response->words = parser->words;
	while (imap_scan_atom(scan, "]", &word)) {
		if (!imap_scan_count(scan))
			return false;
		g_ptr_array_add(parser->words,
				(gpointer)(intptr_t)imap_scan_keep(scan, word));
		(void)imap_scan_space(scan);
	}
	return true;
}

static bool capability(struct imap_parser *parser, struct imap_scan *scan,
		       struct imap_response *response)
{
	response->kind = IMAP_CAPABILITY;
	(void)imap_scan_space(scan);
	return imap_parse_words(parser, scan, response);
}

static bool enabled(struct imap_parser *parser, struct imap_scan *scan,
		    struct imap_response *response)
{
	response->kind = IMAP_ENABLED;
	(void)imap_scan_space(scan);
	return imap_parse_words(parser, scan, response);
}

static bool flags(struct imap_parser *parser, struct imap_scan *scan,
		  struct imap_response *response)
{
	response->kind = IMAP_FLAGS;
	return imap_scan_space(scan) &&
	       imap_parse_flags(parser, scan, &response->flags);
}

typedef bool parse_function(struct imap_parser *parser, struct imap_scan *scan,
			    struct imap_response *response);

static const struct {
	const char *name;
	parse_function *parse;
} untagged[] = {
	{ "CAPABILITY", capability },
	{ "ENABLED", enabled },
	{ "ESEARCH", imap_parse_esearch },
	{ "FLAGS", flags },
	{ "LIST", imap_parse_list },
	{ "NAMESPACE", imap_parse_namespace },
	{ "SEARCH", imap_parse_search },
	{ "STATUS", imap_parse_status },
	{ "VANISHED", imap_parse_vanished },
};

/* "12 EXISTS", "3 EXPUNGE", "12 FETCH (...)" */
static bool numbered(struct imap_parser *parser, struct imap_scan *scan,
		     struct imap_response *response)
{
	if (!imap_scan_number(scan, UINT32_MAX, &response->number) ||
	    !imap_scan_space(scan))
		return false;
	if (imap_scan_word(scan, "FETCH"))
		return imap_scan_space(scan) &&
		       imap_parse_fetch(parser, scan, response);
	if (imap_scan_word(scan, "EXISTS"))
		response->kind = IMAP_EXISTS;
	else if (imap_scan_word(scan, "EXPUNGE"))
		response->kind = IMAP_EXPUNGE;
	return response->kind != IMAP_EXPUNGE || response->number > 0;
}

static bool named(struct imap_parser *parser, struct imap_scan *scan,
		  struct imap_response *response)
{
	if (scan->at < scan->end && g_ascii_isdigit(*scan->at))
		return numbered(parser, scan, response);
	for (size_t i = 0; i < G_N_ELEMENTS(untagged); i++)
		if (imap_scan_word(scan, untagged[i].name))
			return untagged[i].parse(parser, scan, response);
	if (imap_parse_condition(parser, scan, response))
		response->kind = IMAP_CONDITION;
	return response->kind != IMAP_OTHER ||
	       (!imap_scan_done(scan) && !scan->beyond);
}

static bool tagged(struct imap_parser *parser, struct imap_scan *scan,
		   struct imap_response *response)
{
	struct imap_bytes tag;

	response->kind = IMAP_TAGGED;
	if (!imap_scan_atom(scan, "{%*\\", &tag) || !imap_scan_space(scan))
		return false;
	response->tag = imap_scan_keep(scan, tag);
	return imap_parse_condition(parser, scan, response);
}

static bool parse(struct imap_parser *parser, struct imap_scan *scan,
		  struct imap_response *response)
{
	if (imap_scan_char(scan, '+')) {
		response->kind = IMAP_CONTINUE;
		(void)imap_scan_space(scan);
		return imap_parse_text(scan, response);
	}
	if (imap_scan_char(scan, '*'))
		return imap_scan_space(scan) && named(parser, scan, response);
	return tagged(parser, scan, response);
}

/* The start of what is no response, for a person. */
static int refuse(struct imap_parser *parser, const struct imap_scan *scan,
		  struct err *err)
{
	const GByteArray *held = parser->frame.held;

	parser->failed = true;
	if (scan->beyond)
		return err_set(err, EMSGSIZE, "an answer with %s",
			       scan->beyond);
	return err_set(err, EBADMSG, "no answer in IMAP: \"%.*s\"",
		       (int)MIN(held->len, 60), (const char *)held->data);
}

int imap_parser_next(struct imap_parser *parser,
		     struct imap_response *response_r, struct err *err)
{
	struct imap_response response = { .kind = IMAP_OTHER, .text = "" };
	struct imap_scan scan;
	int more;

	if (parser->failed)
		return err_set(err, EBADMSG, "no answer in IMAP");
	more = imap_frame_next(&parser->frame, err);
	if (more <= 0) {
		parser->failed = more < 0;
		return more;
	}
	g_string_chunk_clear(parser->strings);
	scan = (struct imap_scan){
		.at = parser->frame.held->data,
		.end = parser->frame.held->data + parser->frame.held->len,
		.limits = &parser->limits,
		.strings = parser->strings,
		.unquoted = parser->unquoted,
	};
	if (!parse(parser, &scan, &response))
		return refuse(parser, &scan, err);
	*response_r = response;
	return 1;
}
