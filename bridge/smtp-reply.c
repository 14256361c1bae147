/* SPDX-License-Identifier: ISC */
#include "smtp-reply.h"

#include <errno.h>
#include <string.h>

struct reply_parser {
	struct reply *reply; /* owned; its lines so far; NULL: none */
	size_t size;         /* of the line so far */
	char line[REPLY_LINE + 1];
};

struct reply *reply_new(int code, const char *text)
{
	struct reply *reply = g_new0(struct reply, 1);

	reply->code = code;
	reply->lines = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(reply->lines, g_strdup(text));
	return reply;
}

void reply_free(struct reply *reply)
{
	if (!reply)
		return;
	g_ptr_array_unref(reply->lines);
	g_free(reply);
}

void reply_text(const struct reply *reply, char text[REPLY_TEXT])
{
	size_t len = (size_t)g_snprintf(text, REPLY_TEXT, "%d", reply->code);
	const gchar *end;

	for (guint i = 0; i < reply->lines->len && len < REPLY_TEXT; i++)
		len += (size_t)g_snprintf(text + len, REPLY_TEXT - len, " %s",
					  (char *)reply->lines->pdata[i]);
	if (!g_utf8_validate(text, -1, &end)) /* cut within a character */
		text[end - text] = '\0';
}

struct reply_parser *reply_parser_new(void)
{
	return g_new0(struct reply_parser, 1);
}

void reply_parser_free(struct reply_parser *parser)
{
	if (!parser)
		return;
	reply_free(parser->reply);
	g_free(parser);
}

bool reply_parser_busy(const struct reply_parser *parser)
{
	return parser->reply || parser->size > 0;
}

/* What follows the code and its dash or space. Caller frees. */
static char *clean(const char *line, size_t size)
{
	AUTO(str) char *text = g_malloc(size + 1);
	char *valid;

	memcpy(text, line, size);
	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		if (g_ascii_iscntrl(text[i]) || !text[i])
			text[i] = '?';
	valid = g_utf8_make_valid(text, (gssize)size);
	for (char *at = valid; *at; at = g_utf8_next_char(at))
		if (g_unichar_iscntrl(g_utf8_get_char(at)))
			memset(at, '?', (size_t)(g_utf8_next_char(at) - at));
	return valid;
}

static int add_line(struct reply_parser *parser, int code, const char *text,
		    size_t size, struct err *err)
{
	AUTO(str) char *line = clean(text, size);

	if (!parser->reply) {
		parser->reply = reply_new(code, line);
		return 0;
	}
	if (parser->reply->code != code)
		return err_set(err, EPROTO, "a reply with two codes");
	if (parser->reply->lines->len == REPLY_LINES)
		return err_set(err, EPROTO, "a reply that does not end");
	g_ptr_array_add(parser->reply->lines, take(line));
	return 0;
}

static bool is_code(const char *line)
{
	return line[0] >= '2' && line[0] <= '5' && g_ascii_isdigit(line[1]) &&
	       g_ascii_isdigit(line[2]);
}

/* A whole line: 1 if it was a reply's last. */
static int parse_line(struct reply_parser *parser, struct err *err)
{
	const char *line = parser->line;
	size_t size = parser->size;
	bool more;
	int code;

	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (size < 3 || !is_code(line) ||
	    (size > 3 && line[3] != ' ' && line[3] != '-'))
		return err_set(err, EPROTO, "not a reply of SMTP");
	code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
	more = size > 3 && line[3] == '-';
	parser->size = 0;
	if (add_line(parser, code, size > 3 ? line + 4 : "",
		     size > 3 ? size - 4 : 0, err) < 0)
		return -1;
	return !more;
}

int reply_parse(struct reply_parser *parser, const char **data_r,
		size_t *size_r, struct reply **reply_r, struct err *err)
{
	while (*size_r > 0) {
		const char *end = memchr(*data_r, '\n', *size_r);
		size_t size = end ? (size_t)(end - *data_r) : *size_r;
		int done;

		if (size > REPLY_LINE - parser->size)
			return err_set(err, EPROTO, "a line that is too long");
		memcpy(parser->line + parser->size, *data_r, size);
		parser->size += size;
		size += end != NULL;
		*data_r += size;
		*size_r -= size;
		if (!end)
			return 0;
		done = parse_line(parser, err);
		if (done < 0)
			return -1;
		if (done > 0) {
			*reply_r = take(parser->reply);
			return 1;
		}
	}
	return 0;
}
