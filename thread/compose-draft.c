/* SPDX-License-Identifier: ISC */
/* A draft: a header as a person writes it, an empty line, a body.
 *
 * It is a header if its first line is a field that compose knows (a "From "
 * line of an mbox before it is left out); otherwise all is body. Lines may end
 * in LF or CRLF. A field goes on in lines that begin with white space; a line
 * of nothing but white space ends the header. */
#include "compose-draft.h"

#include <errno.h>
#include <string.h>

#include "compose-parts.h"
#include "mime-charset.h"

struct known {
	const char *name;
	enum field_kind kind;
	bool once;
};

static const struct known known_fields[] = {
	{ "From", FIELD_KIND_ADDRESSES, true },
	{ "Sender", FIELD_KIND_ADDRESSES, true },
	{ "To", FIELD_KIND_ADDRESSES, false },
	{ "Cc", FIELD_KIND_ADDRESSES, false },
	{ "Bcc", FIELD_KIND_ADDRESSES, false },
	{ "Reply-To", FIELD_KIND_ADDRESSES, true },
	{ "Mail-Followup-To", FIELD_KIND_ADDRESSES, true },
	{ "Mail-Reply-To", FIELD_KIND_ADDRESSES, true },
	{ "Disposition-Notification-To", FIELD_KIND_ADDRESSES, true },
	{ "Subject", FIELD_KIND_TEXT, true },
	{ "In-Reply-To", FIELD_KIND_MSGIDS, true },
	{ "References", FIELD_KIND_MSGIDS, true },
	{ "Message-ID", FIELD_KIND_MSGIDS, true },
	{ "Date", FIELD_KIND_DATE, true },
	{ "Attach", FIELD_KIND_ATTACH, false },
	{ "MIME-Version", FIELD_KIND_MIME, true },
	{ "Content-Type", FIELD_KIND_MIME, true },
	{ "Content-Transfer-Encoding", FIELD_KIND_MIME, true },
	{ "Content-Disposition", FIELD_KIND_MIME, true },
	{ "Defms-Key", FIELD_KIND_DROPPED, false },
	/* Unlike Bcc it would be part of what is sent. */
	{ "Resent-Bcc", FIELD_KIND_DROPPED, false },
	{ "Return-Path", FIELD_KIND_OTHER, false },
	{ "Received", FIELD_KIND_OTHER, false },
	{ "User-Agent", FIELD_KIND_OTHER, false },
	{ "Organization", FIELD_KIND_OTHER, false },
};

static bool starts(const char *name, const char *prefix)
{
	return g_ascii_strncasecmp(name, prefix, strlen(prefix)) == 0;
}

static const struct known *know(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known_fields); i++)
		if (g_ascii_strcasecmp(name, known_fields[i].name) == 0)
			return &known_fields[i];
	return NULL;
}

static enum field_kind kind_of(const char *name)
{
	const struct known *known = know(name);

	if (known)
		return known->kind;
	if (starts(name, "Content-"))
		return FIELD_KIND_MIME;
	return starts(name, "X-") || starts(name, "List-") ||
			       starts(name, "Resent-")
		       ? FIELD_KIND_OTHER
		       : FIELD_KIND_UNKNOWN;
}

/* -- lines ----------------------------------------------------------------- */

static const char *line_end(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	return lf ? lf + 1 : end;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool line_is_blank(const char *at, const char *end)
{
	while (at < end && (is_space(*at) || *at == '\n' || *at == '\r'))
		at++;
	return at == end;
}

/* The size of the name of the field that begins at `at`; 0 if none does. A
 * name is printable ASCII (RFC 5322 2.2); no white space before its colon, or
 * prose would pass for a field. */
static size_t name_size(const char *at, const char *end)
{
	const char *start = at;

	while (at<end && * at> ' ' && *at < 0x7f && *at != ':')
		at++;
	return at < end && *at == ':' && at - start < 78 ? (size_t)(at - start)
							 : 0;
}

/* "Bcc : x" (RFC 5322 4.5) is a field to some and text to others: who is in it
 * must not depend on that. */
static bool is_spaced_name(const char *at, const char *end)
{
	const char *start = at;

	while (at<end && * at> ' ' && *at < 0x7f && *at != ':')
		at++;
	if (at == start || at == end || !is_space(*at))
		return false;
	while (at < end && is_space(*at))
		at++;
	return at < end && *at == ':';
}

static bool known_begins(const char *at, const char *end)
{
	size_t size = name_size(at, end);
	AUTO(str) char *name = g_strndup(at, size);

	return size > 0 && kind_of(name) != FIELD_KIND_UNKNOWN;
}

/* Where the first line is, behind a byte order mark and a "From " line that a
 * field follows. */
static const char *first_line(const char *at, const char *end)
{
	const char *next;

	if (end - at >= 3 && memcmp(at, "\357\273\277", 3) == 0)
		at += 3;
	if (end - at < 5 || memcmp(at, "From ", 5) != 0)
		return at;
	next = line_end(at, end);
	return known_begins(next, end) ? next : at;
}

bool compose_has_header(const void *draft, size_t size)
{
	const char *start = draft ? draft : "", *end = start + size;

	return known_begins(first_line(start, end), end);
}

/* Any field, but not the beginning of "http://example.org". */
static bool any_begins(const char *at, const char *end)
{
	size_t size = name_size(at, end);

	return known_begins(at, end) ||
	       (size > 0 && at + size + 1 < end &&
		(is_space(at[size + 1]) || at[size + 1] == '\n'));
}

/* -- fields ---------------------------------------------------------------- */

static void field_free(gpointer data)
{
	struct draft_field *field = data;

	g_free(field->name);
	g_free(field->value);
	g_free(field);
}

void draft_free(struct draft *draft)
{
	if (!draft)
		return;
	g_byte_array_unref(draft->text);
	g_ptr_array_unref(draft->fields);
	g_free(draft);
}

const struct draft_field *draft_field(const struct draft *draft,
				      const char *name)
{
	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		if (g_ascii_strcasecmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

const char *draft_value(const struct draft *draft, const char *name)
{
	const struct draft_field *field = draft_field(draft, name);

	return field ? field->value : NULL;
}

char *draft_values(const struct draft *draft, const char *name)
{
	AUTO(gstring) GString *all = NULL;

	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		if (g_ascii_strcasecmp(field->name, name) != 0)
			continue;
		if (!all)
			all = g_string_new(NULL);
		else if (all->len > 0 && *field->value)
			g_string_append(all, ", ");
		g_string_append(all, field->value);
	}
	return all ? g_string_free(take(all), FALSE) : NULL;
}

/* White space is one space where lines were folded, a tab is a space. */
static char *unfold(const char *at, const char *end)
{
	GString *value = g_string_sized_new((gsize)(end - at));

	while (at < end) {
		if (*at == '\n') {
			while (at < end && (is_space(*at) || *at == '\n'))
				at++;
			while (value->len > 0 &&
			       value->str[value->len - 1] == ' ')
				g_string_truncate(value, value->len - 1);
			g_string_append_c(value, ' ');
		} else {
			g_string_append_c(value, *at == '\t' ? ' ' : *at);
			at++;
		}
	}
	return g_strstrip(g_string_free(value, FALSE));
}

static struct draft_field *field_new(const char *name, size_t size, char *value)
{
	struct draft_field *field = g_new0(struct draft_field, 1);
	const struct known *known;

	field->name = g_strndup(name, size);
	field->value = value;
	field->kind = kind_of(field->name);
	known = know(field->name);
	if (known) {
		g_free(field->name);
		field->name = g_strdup(known->name);
	}
	return field;
}

void draft_set(struct draft *draft, const char *name, const char *value)
{
	for (guint i = 0; i < draft->fields->len; i++) {
		struct draft_field *field = g_ptr_array_index(draft->fields, i);

		if (*field->value || strcmp(field->name, name) != 0)
			continue;
		g_free(field->value);
		field->value = g_strdup(value);
		field->raw = NULL;
		return;
	}
	g_ptr_array_add(draft->fields,
			field_new(name, strlen(name), g_strdup(value)));
}

/* -- parsing --------------------------------------------------------------- */

struct parse {
	const char *at, *end;
	unsigned line;
	bool finished;
	GHashTable *seen; /* owned; names that may stand once */
};

/* Where the field at parse->at ends, and how many lines it has. */
static const char *field_end(const struct parse *parse, unsigned *lines_r)
{
	const char *at = line_end(parse->at, parse->end);

	*lines_r = 1;
	while (at < parse->end && is_space(*at)) {
		const char *next = line_end(at, parse->end);

		if (!parse->finished && line_is_blank(at, next))
			break;
		at = next;
		(*lines_r)++;
	}
	return at;
}

static int check_bytes(const struct parse *parse, const char *end,
		       struct err *err)
{
	size_t size = (size_t)(end - parse->at);

	for (const char *at = parse->at; at < end; at++) {
		unsigned char c = (unsigned char)*at;
		bool control = (c < ' ' && c != '\t' && c != '\n') || c == 0x7f;

		if (c == '\0' || c == '\r' || (control && !parse->finished))
			return err_set(err, EINVAL,
				       "line %u: control character in header",
				       parse->line);
	}
	if (!parse->finished && !charset_is_utf8(parse->at, size))
		return err_set(err, EINVAL, "line %u: header is not UTF-8",
			       parse->line);
	return 0;
}

static int add_field(struct parse *parse, struct draft *draft, const char *end,
		     struct err *err)
{
	size_t size = name_size(parse->at, parse->end);
	struct draft_field *field =
		field_new(parse->at, size, unfold(parse->at + size + 1, end));
	const struct known *known = know(field->name);

	field->raw = parse->at;
	field->raw_size = (size_t)(end - parse->at);
	g_ptr_array_add(draft->fields, field);
	if (draft->fields->len > COMPOSE_FIELDS)
		return err_set(err, EINVAL, "more than %d header fields",
			       COMPOSE_FIELDS);
	if (!parse->finished && known && known->once &&
	    !g_hash_table_add(parse->seen, (gpointer)(uintptr_t)known->name))
		return err_set(err, EINVAL, "line %u: a second %s", parse->line,
			       known->name);
	return 0;
}

/* 1 for a field, 0 at the end of the header, -1. */
static int next_field(struct parse *parse, struct draft *draft, struct err *err)
{
	const char *next = line_end(parse->at, parse->end);
	unsigned lines;

	if (parse->at == parse->end)
		return 0;
	if (parse->finished ? *parse->at == '\n'
			    : line_is_blank(parse->at, next)) {
		parse->at = next;
		return 0;
	}
	if (name_size(parse->at, parse->end) == 0) {
		if (parse->finished && !is_spaced_name(parse->at, parse->end))
			return 0;
		return err_set(err, EINVAL,
			       "line %u is no header field, and no empty line "
			       "before the text",
			       parse->line);
	}
	next = field_end(parse, &lines);
	if (next - (const char *)draft->text->data > COMPOSE_HEADER)
		return err_set(err, EINVAL, "header is over %d KiB",
			       COMPOSE_HEADER >> 10);
	if (check_bytes(parse, next, err) < 0 ||
	    add_field(parse, draft, next, err) < 0)
		return -1;
	parse->at = next;
	parse->line += lines;
	return 1;
}

/* With LF for CRLF, and for a CR alone where a person wrote it. */
static GByteArray *with_lf(const char *at, size_t size, bool finished)
{
	GByteArray *out = g_byte_array_sized_new((guint)size + 1);
	const char *end = at + size;

	while (at < end) {
		const char *cr = memchr(at, '\r', (size_t)(end - at));
		const char *stop = cr ? cr : end;
		bool crlf = cr && cr + 1 < end && cr[1] == '\n';

		g_byte_array_append(out, (const guint8 *)at,
				    (guint)(stop - at));
		if (cr && !crlf)
			g_byte_array_append(
				out, (const guint8 *)(finished ? "\r" : "\n"),
				1);
		at = cr ? cr + 1 : end;
	}
	return out;
}

static int parse_all(struct parse *parse, struct draft *draft, bool header,
		     struct err *err)
{
	int more = header;

	while (more > 0)
		more = next_field(parse, draft, err);
	if (more < 0)
		return -1;
	draft->body = parse->at;
	draft->body_size = (size_t)(parse->end - parse->at);
	return 0;
}

int draft_parse(const void *data, size_t size, bool finished,
		struct draft **draft_r, struct err *err)
{
	AUTO(draft) struct draft *draft = NULL;
	AUTO(table)
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	struct parse parse = { .line = 1, .finished = finished, .seen = seen };
	const char *start;

	if (size > COMPOSE_MAX)
		return err_set(err, EFBIG, "draft is over %d MiB",
			       COMPOSE_MAX >> 20);
	draft = g_new0(struct draft, 1);
	draft->text = with_lf(size > 0 ? data : "", size, finished);
	draft->fields = g_ptr_array_new_with_free_func(field_free);
	g_byte_array_append(draft->text, (const guint8 *)"", 1);
	start = (const char *)draft->text->data;
	parse.end = start + draft->text->len - 1;
	parse.at = first_line(start, parse.end);
	if (memchr(start, '\n', (size_t)(parse.at - start)))
		parse.line++;
	if (parse_all(&parse, draft,
		      finished ? any_begins(parse.at, parse.end)
			       : known_begins(parse.at, parse.end),
		      err) < 0)
		return -1;
	*draft_r = take(draft);
	return 0;
}

/* -- defaults -------------------------------------------------------------- */

static bool has_any(const struct draft *draft, const char *const names[2])
{
	return draft_field(draft, names[0]) || draft_field(draft, names[1]);
}

static void fill_pair(struct draft *draft, const struct draft *defaults,
		      const char *const names[2])
{
	if (has_any(draft, names))
		return;
	for (size_t i = 0; i < 2; i++) {
		AUTO(str) char *value = draft_values(defaults, names[i]);

		if (value)
			draft_set(draft, names[i], value);
	}
}

void draft_fill(struct draft *draft, const struct draft *defaults)
{
	static const char *const to[2] = { "To", "Cc" };
	static const char *const parents[2] = { "In-Reply-To", "References" };
	static const char *const single[] = { "From", "Subject", "Reply-To",
					      "Bcc", "Sender" };

	fill_pair(draft, defaults, to);
	fill_pair(draft, defaults, parents);
	for (size_t i = 0; i < G_N_ELEMENTS(single); i++) {
		const char *value = draft_value(defaults, single[i]);
		const struct draft_field *held = draft_field(draft, single[i]);
		bool empty = i == 0 && held && !*held->value; /* From */

		if (value && (!held || empty))
			draft_set(draft, single[i], value);
	}
}
