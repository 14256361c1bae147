/* SPDX-License-Identifier: ISC */
/* The structure of a message (RFC 2046 5.1) is found here and not by GMime:
 * its parser makes an object of every field and part, which is 100 us for
 * a message whose body is one text, and calls itself for every level of
 * nesting. GMime does what is below: parameters (RFC 2231) and encodings.
 *
 * A part is a range of bytes. A multipart's delimiter lines cut it into its
 * parts; the line end before a delimiter belongs to the delimiter. Outer
 * delimiters are looked for before inner ones, so that a part which lacks its
 * end cannot swallow what follows it. What is before the first and after the
 * last is for nobody to read. A multipart without any delimiter is shown as the
 * text it then is. */
#include "mime-parts.h"

#include <string.h>

#include <gmime/gmime.h>

#include "defms/mime.h"
#include "mime-charset.h"

enum {
	VALUE_SIZE = 4096, /* of Content-*, whose parsing is quadratic */
	LABEL_SIZE = 200,
	TREE_PARTS = 2 * MIME_PARTS, /* no multipart begins beyond it */
};

struct range {
	const char *at, *end;
};

/* One delimiter line. */
struct delimiter {
	const char *line, *next; /* its start with the line end before; after */
	bool last;               /* "--" stands behind the boundary */
};

void mime_library(void)
{
	static gsize done;

	if (g_once_init_enter(&done)) {
		g_mime_init();
		g_once_init_leave(&done, 1);
	}
}

void part_fields_take(struct part_fields *fields, const struct field *field)
{
	struct field *slot = NULL;

	/* "Content-" and one of three */
	if (field->name_size < 12 || (*field->name | 0x20) != 'c')
		return;
	if (field_is(field, "Content-Type"))
		slot = &fields->type;
	else if (field_is(field, "Content-Disposition"))
		slot = &fields->disposition;
	else if (field_is(field, "Content-Transfer-Encoding"))
		slot = &fields->encoding;
	if (slot && !slot->value)
		*slot = *field;
}

static char *lower(const char *text)
{
	AUTO(str) char *line = charset_line(text, strlen(text), LABEL_SIZE);

	return g_ascii_strdown(line, -1);
}

/* Parameters of Content-Type; returns the boundary, or NULL. */
static char *take_type(struct mime_part *part, const struct field *field)
{
	AUTO(str) char *line = field_line(field, VALUE_SIZE);
	GMimeContentType *type = g_mime_content_type_parse(NULL, line);
	AUTO(str) char *full = g_mime_content_type_get_mime_type(type);
	const char *charset =
		g_mime_content_type_get_parameter(type, "charset");
	const char *format = g_mime_content_type_get_parameter(type, "format");
	const char *delsp = g_mime_content_type_get_parameter(type, "delsp");
	const char *name = g_mime_content_type_get_parameter(type, "name");
	char *boundary =
		g_strdup(g_mime_content_type_get_parameter(type, "boundary"));

	g_free(part->type);
	part->type = lower(full);
	part->charset = charset ? lower(charset) : NULL;
	part->flowed = format && g_ascii_strcasecmp(format, "flowed") == 0;
	part->delsp = delsp && g_ascii_strcasecmp(delsp, "yes") == 0;
	if (name)
		part->name = charset_line(name, strlen(name), FIELD_TEXT);
	g_object_unref(type);
	return boundary;
}

static void take_disposition(struct mime_part *part, const struct field *field)
{
	AUTO(str) char *line = field_line(field, VALUE_SIZE);
	GMimeContentDisposition *disposition =
		g_mime_content_disposition_parse(NULL, line);
	const char *kind =
		g_mime_content_disposition_get_disposition(disposition);
	const char *name = g_mime_content_disposition_get_parameter(disposition,
								    "filename");

	part->attached = kind && g_ascii_strcasecmp(kind, "attachment") == 0;
	if (name) {
		g_free(part->name);
		part->name = charset_line(name, strlen(name), FIELD_TEXT);
	}
	g_object_unref(disposition);
}

static enum part_encoding encoding_of(const struct field *field)
{
	AUTO(str) char *line = field_line(field, LABEL_SIZE);

	switch (g_mime_content_encoding_from_string(line)) {
	case GMIME_CONTENT_ENCODING_BASE64:
		return PART_BASE64;
	case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
		return PART_QUOTED_PRINTABLE;
	case GMIME_CONTENT_ENCODING_UUENCODE:
		return PART_UUENCODED;
	case GMIME_CONTENT_ENCODING_DEFAULT:
	case GMIME_CONTENT_ENCODING_7BIT:
	case GMIME_CONTENT_ENCODING_8BIT:
	case GMIME_CONTENT_ENCODING_BINARY:
		break;
	}
	return PART_PLAIN;
}

/* What the header says goes to `part`; the boundary of a multipart, or NULL. */
static char *take_fields(struct mime_part *part,
			 const struct part_fields *fields)
{
	char *boundary = NULL;

	if (fields->type.value)
		boundary = take_type(part, &fields->type);
	if (fields->disposition.value)
		take_disposition(part, &fields->disposition);
	if (fields->encoding.value)
		part->encoding = encoding_of(&fields->encoding);
	return boundary;
}

/* The rest of a delimiter line after the boundary; NULL if it is not one. */
static const char *delimiter_rest(const char *at, const char *end, bool *last_r)
{
	*last_r = end - at >= 2 && at[0] == '-' && at[1] == '-';
	if (*last_r)
		at += 2;
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	if (at == end)
		return end;
	return *at == '\n' ? at + 1 : NULL;
}

/* Find the next delimiter line of `dashes` ("--" and the boundary). After
 * a near miss the search goes on in the next line, or a long boundary of
 * dashes in a long line of them would take quadratic time. */
static bool find_delimiter(struct range in, const char *start,
			   const char *dashes, struct delimiter *found_r)
{
	size_t size = strlen(dashes);

	while (in.at < in.end) {
		const char *hit =
			memmem(in.at, (size_t)(in.end - in.at), dashes, size);
		const char *next = NULL;

		if (!hit)
			return false;
		if (hit == start || hit[-1] == '\n')
			next = delimiter_rest(hit + size, in.end,
					      &found_r->last);
		if (next) {
			found_r->next = next;
			if (hit > start)
				hit--;
			if (hit > start && hit[-1] == '\r')
				hit--;
			found_r->line = hit;
			return true;
		}
		in.at = memchr(hit, '\n', (size_t)(in.end - hit));
		if (!in.at)
			return false;
		in.at++;
	}
	return false;
}

static size_t add_part(struct mime_tree *tree, const char *default_type)
{
	struct mime_part part = { .type = g_strdup(default_type) };

	g_array_append_val(tree->parts, part);
	return tree->parts->len - 1;
}

static struct mime_part *part_at(struct mime_tree *tree, size_t at)
{
	return &g_array_index(tree->parts, struct mime_part, at);
}

static void add_entity(struct mime_tree *tree, struct range in,
		       const char *default_type, unsigned depth);

/* Cut `in` into parts, each of them added; false if there is no delimiter. */
static bool add_children(struct mime_tree *tree, struct range in,
			 const char *boundary, const char *default_type,
			 unsigned depth)
{
	AUTO(str) char *dashes = g_strconcat("--", boundary, NULL);
	const char *start = in.at;
	struct delimiter mark;
	bool more = find_delimiter(in, start, dashes, &mark);

	if (!more)
		return false;
	while (more && !mark.last && tree->leaves->len < MIME_PARTS) {
		struct range child = { mark.next, in.end };

		in.at = mark.next;
		/* the last that may be gets the rest */
		more = tree->leaves->len + 1 < MIME_PARTS &&
		       find_delimiter(in, start, dashes, &mark);
		if (more)
			child.end = MAX(mark.line, child.at);
		add_entity(tree, child, default_type, depth + 1);
	}
	return true;
}

static void add_body(struct mime_tree *tree, const struct part_fields *fields,
		     struct range body, const char *default_type,
		     unsigned depth)
{
	size_t index = add_part(tree, default_type);
	struct mime_part *part = part_at(tree, index);
	AUTO(str) char *boundary = take_fields(part, fields);
	const char *inner = strcmp(part->type, "multipart/digest") == 0
				    ? "message/rfc822"
				    : "text/plain";
	bool multipart = g_str_has_prefix(part->type, "multipart/");

	part->data = body.at;
	part->size = (size_t)(body.end - body.at);
	if (multipart && depth < MIME_DEPTH && index < TREE_PARTS) {
		bool held = boundary && *boundary &&
			    add_children(tree, body, boundary, inner, depth);

		part = part_at(tree, index);
		part->multipart = held;
		if (!held) {
			g_free(part->type);
			part->type = g_strdup("text/plain");
		}
	}
	part->next = tree->parts->len;
	if (!part->name)
		part->name = g_strdup("");
	if (!part->multipart)
		g_array_append_val(tree->leaves, index);
}

/* A part's header may be missing altogether: a first line that is no field is
 * its text. */
static void add_entity(struct mime_tree *tree, struct range in,
		       const char *default_type, unsigned depth)
{
	struct field_iter it = { in.at, in.end };
	struct part_fields fields = { 0 };
	struct field field;

	while (field_begins(in.at, in.end) && field_next(&it, &field))
		part_fields_take(&fields, &field);
	in.at = it.at;
	add_body(tree, &fields, in, default_type, depth);
}

struct mime_tree *mime_tree_new(const struct part_fields *fields,
				const char *body, size_t size)
{
	struct mime_tree *tree = g_new(struct mime_tree, 1);
	struct range in = { body, body + size };

	mime_library();
	tree->parts = g_array_new(FALSE, FALSE, sizeof(struct mime_part));
	tree->leaves = g_array_new(FALSE, FALSE, sizeof(size_t));
	add_body(tree, fields, in, "text/plain", 0);
	return tree;
}

void mime_tree_free(struct mime_tree *tree)
{
	for (size_t i = 0; i < tree->parts->len; i++) {
		struct mime_part *part = part_at(tree, i);

		g_free(part->type);
		g_free(part->charset);
		g_free(part->name);
	}
	g_array_unref(tree->parts);
	g_array_unref(tree->leaves);
	g_free(tree);
}

const struct mime_part *mime_tree_part(const struct mime_tree *tree, size_t at)
{
	return &g_array_index(tree->parts, struct mime_part, at);
}

const struct mime_part *mime_tree_leaf(const struct mime_tree *tree,
				       size_t number)
{
	if (number >= tree->leaves->len)
		return NULL;
	return mime_tree_part(tree,
			      g_array_index(tree->leaves, size_t, number));
}
