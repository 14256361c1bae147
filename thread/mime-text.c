/* SPDX-License-Identifier: ISC */
/* The body as text. Parts are put out in their order; of alternatives
 * (RFC 2046 5.1.4) the plainest that is not blank is enough. HTML in a mixed
 * message counts only where no plain text precedes it: what follows plain text
 * is mostly the same again, put there by a mailer that knows no alternatives,
 * while what precedes it has a list's footer behind it. */
#include "mime-text.h"

#include <string.h>

#include "defms/html.h"
#include "defms/mime.h"
#include "mime-charset.h"

enum {
	SNIFF_SIZE = 1024, /* HTML 5: a charset is named in the first 1024 */
};

enum pick {
	PICK_ANY,
	PICK_TEXT,
	PICK_HTML,
};

struct body {
	const struct mime_tree *tree;
	GString *out;
	bool plain; /* some plain text was put out */
};

bool mime_part_is_text(const struct mime_part *part)
{
	return !part->multipart && !part->attached &&
	       strcmp(part->type, "text/plain") == 0;
}

bool mime_part_is_html(const struct mime_part *part)
{
	return !part->multipart && !part->attached &&
	       strcmp(part->type, "text/html") == 0;
}

/* A line of format=flowed without its quote marks and space stuffing. */
struct flowed_line {
	const char *text;
	size_t size;
	size_t depth;
	bool soft; /* goes on in the next line of the same depth */
};

static struct flowed_line flowed_line(const char *at, size_t size, bool delsp)
{
	struct flowed_line line = { at, size, 0, false };
	bool signature;

	while (line.size > 0 && *line.text == '>') {
		line.text++;
		line.size--;
		line.depth++;
	}
	if (line.size > 0 && *line.text == ' ') {
		line.text++;
		line.size--;
	}
	signature = line.size == 3 && memcmp(line.text, "-- ", 3) == 0;
	line.soft =
		!signature && line.size > 0 && line.text[line.size - 1] == ' ';
	if (line.soft && delsp)
		line.size--;
	return line;
}

static void append_quote(GString *out, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		g_string_append_c(out, '>');
	if (depth > 0)
		g_string_append_c(out, ' ');
}

void flowed_text(const char *text, size_t size, bool delsp, GString *out)
{
	const char *at = text, *end = text + size;
	struct flowed_line before = { 0 };
	bool open = false;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((lf ? lf : end) - at);
		struct flowed_line line = flowed_line(at, len, delsp);
		bool joins = open && before.soft && before.depth == line.depth;

		/* 4.3: a signature ends the paragraph before it */
		if (line.size == 3 && memcmp(line.text, "-- ", 3) == 0)
			joins = false;
		if (open && !joins)
			g_string_append_c(out, '\n');
		if (!joins)
			append_quote(out, line.depth);
		g_string_append_len(out, line.text, (gssize)line.size);
		before = line;
		open = true;
		at = lf ? lf + 1 : end;
	}
	if (open)
		g_string_append_c(out, '\n');
}

/* Is there nothing but white space from `start` on? */
static bool is_blank(const GString *out, size_t start)
{
	return out->str[start + strspn(out->str + start, " \t\n")] == '\0';
}

static void end_line(GString *out, size_t start)
{
	if (out->len > start && out->str[out->len - 1] != '\n')
		g_string_append_c(out, '\n');
}

/* The charset that HTML names itself: <meta charset=x>, or in http-equiv. */
static char *sniff_charset(const char *html, size_t size)
{
	AUTO(str) char *head = g_strndup(html, MIN(size, SNIFF_SIZE));
	char *at, *charset;

	for (at = head; *at; at++)
		*at = g_ascii_tolower(*at);
	at = strstr(head, "<meta");
	at = at ? strstr(at, "charset=") : NULL;
	if (!at)
		return NULL;
	at += strlen("charset=");
	at += strspn(at, "\"' ");
	charset = g_strndup(at, strspn(at, "abcdefghijklmnopqrstuvwxyz"
					   "0123456789-_.:"));
	/* what could be read this far is no UTF-16 */
	if (g_str_has_prefix(charset, "utf-16"))
		*charset = '\0';
	return charset;
}

static void append_html(struct body *body, const struct mime_part *part,
			const char *data, size_t size)
{
	AUTO(gstring) GString *html = g_string_sized_new(size + 1);
	AUTO(str)
	char *charset = part->charset ? g_strdup(part->charset)
				      : sniff_charset(data, size);

	charset_append(html, charset, data, size);
	html_text(html->str, html->len, body->out);
}

static void append_plain(struct body *body, const struct mime_part *part,
			 const char *data, size_t size)
{
	AUTO(gstring) GString *text = NULL;
	size_t start = body->out->len;

	if (part->flowed) {
		text = g_string_sized_new(size + 1);
		charset_append(text, part->charset, data, size);
		flowed_text(text->str, text->len, part->delsp, body->out);
	} else {
		charset_append(body->out, part->charset, data, size);
	}
	body->plain |= !is_blank(body->out, start);
}

static void append_leaf(struct body *body, const struct mime_part *part,
			enum pick pick)
{
	bool html = mime_part_is_html(part);
	AUTO(gstring) GString *decoded = NULL;
	const char *data = part->data;
	size_t size = part->size, start = body->out->len;

	if (html ? pick == PICK_TEXT || (pick == PICK_ANY && body->plain)
		 : pick == PICK_HTML || !mime_part_is_text(part))
		return;
	if (part->encoding != PART_PLAIN) {
		decoded = g_string_sized_new(size);
		mime_part_append(part, decoded);
		data = decoded->str;
		size = decoded->len;
	}
	if (html)
		append_html(body, part, data, size);
	else
		append_plain(body, part, data, size);
	end_line(body->out, start);
}

static void append_part(struct body *body, size_t index, enum pick pick);

static void append_children(struct body *body, size_t index, enum pick pick)
{
	size_t end = mime_tree_part(body->tree, index)->next;

	for (size_t at = index + 1; at < end;
	     at = mime_tree_part(body->tree, at)->next)
		append_part(body, at, pick);
}

/* The first that is not blank; true if there is one. */
static bool append_first(struct body *body, size_t index, enum pick pick)
{
	size_t end = mime_tree_part(body->tree, index)->next;
	size_t start = body->out->len;

	for (size_t at = index + 1; at < end;
	     at = mime_tree_part(body->tree, at)->next) {
		append_part(body, at, pick);
		if (!is_blank(body->out, start))
			return true;
		g_string_truncate(body->out, start);
	}
	return false;
}

/* Below an alternative each part is asked once for text and once for HTML,
 * however deep alternatives nest. */
static void append_part(struct body *body, size_t index, enum pick pick)
{
	const struct mime_part *part = mime_tree_part(body->tree, index);

	if (!part->multipart)
		append_leaf(body, part, pick);
	else if (strcmp(part->type, "multipart/alternative") != 0)
		append_children(body, index, pick);
	else if (pick != PICK_ANY)
		(void)append_first(body, index, pick);
	else if (!append_first(body, index, PICK_TEXT) && !body->plain)
		(void)append_first(body, index, PICK_HTML);
}

void mime_text(struct mime *mime, GString *out)
{
	struct body body = { .tree = mime->tree, .out = out };

	append_part(&body, 0, PICK_ANY);
}
