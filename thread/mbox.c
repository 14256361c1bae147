/* SPDX-License-Identifier: ISC */
/* Reading an mbox through a window.
 *
 * The window holds the message that is being looked for and what was read
 * behind it; it slides when its end is reached and grows when one message
 * fills it. All places within a message are relative to its separator line, so
 * that they stay true when the window moves. A byte is looked at once: a
 * search for a line end goes on where the last read stopped.
 *
 * A separator is "From " at the start of a line that follows an empty line
 * (LF or CRLF); the first one may follow any number of them. One empty line
 * before a separator or the end of the file belongs to the mbox; further ones,
 * and a "From " line without one, belong to the message.
 *
 * In mboxcl2 the body ends where the header's Content-Length says, if there,
 * or one line end later, a "From " line or the end of the file follows;
 * otherwise the rule above holds. */
#include "defms/mbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "defms/message.h"
#include "mbox-line.h"

enum {
	WINDOW_START = 256 * 1024,
	READ_LEAST = 64 * 1024,
	READ_MOST = 256 * 1024, /* what is behind a stolen message is copied */
	STEAL_LEAST = 1024 * 1024, /* smaller messages are copied */
};

struct mbox_reader {
	int fd; /* borrowed */
	enum mbox_format format;
	uint8_t *data;   /* owned: the window */
	size_t capacity; /* of the window */
	size_t start;    /* the separator of the next message */
	size_t end;      /* of what was read */
	uint64_t offset; /* of the window in the file */
	bool begun;      /* the first separator was seen */
	bool at_end;     /* the file has no more */
	bool skipping;   /* the message at `start` is too large */
};

/* Places relative to the start of the message. */
struct line {
	size_t size; /* without its line end */
	size_t next; /* behind its line end */
};
struct extent {
	size_t body;     /* behind the separator line */
	size_t end;      /* of the message */
	size_t next;     /* the separator behind it, or the end of the file */
	bool has_header; /* an empty line ends the header */
	bool is_quoted;  /* a ">From " line is in it */
};

int mbox_format_parse(const char *name, enum mbox_format *format_r,
		      struct err *err)
{
	static const char *const names[] = {
		[MBOX_RD] = "mboxrd",
		[MBOX_O] = "mboxo",
		[MBOX_CL2] = "mboxcl2",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(name, names[i]) == 0) {
			*format_r = (enum mbox_format)i;
			return 0;
		}
	return err_set(err, EINVAL,
		       "unknown mbox format %s: mboxrd, mboxo or mboxcl2",
		       name);
}

void mbox_entry_release(struct mbox_entry *entry)
{
	if (entry->raw)
		g_byte_array_unref(entry->raw);
	entry->raw = NULL;
}

struct mbox_reader *mbox_reader_new(int fd, enum mbox_format format)
{
	struct mbox_reader *reader = g_new0(struct mbox_reader, 1);

	reader->fd = fd;
	reader->format = format;
	reader->data = g_malloc(WINDOW_START);
	reader->capacity = WINDOW_START;
	return reader;
}

void mbox_reader_free(struct mbox_reader *reader)
{
	if (!reader)
		return;
	g_free(reader->data);
	g_free(reader);
}

uint64_t mbox_position(const struct mbox_reader *reader)
{
	return reader->offset + reader->start;
}

static size_t held(const struct mbox_reader *reader)
{
	return reader->end - reader->start;
}

static const uint8_t *bytes_at(const struct mbox_reader *reader, size_t at)
{
	return reader->data + reader->start + at;
}

/* Make room behind the window's end: slide, then grow. */
static void make_room(struct mbox_reader *reader)
{
	if (reader->capacity - reader->end >= READ_LEAST)
		return;
	memmove(reader->data, bytes_at(reader, 0), held(reader));
	reader->offset += reader->start;
	reader->end = held(reader);
	reader->start = 0;
	if (reader->end < reader->capacity / 2)
		return;
	reader->capacity *= 2;
	reader->data = g_realloc(reader->data, reader->capacity);
}

/* Read on: 1 if there was more, 0 at the end of the file. */
static int fill(struct mbox_reader *reader, struct err *err)
{
	ssize_t size;

	if (reader->at_end)
		return 0;
	if (held(reader) > MESSAGE_MAX + READ_MOST) {
		reader->skipping = true;
		return err_set(err, EFBIG, "message larger than 512 MiB");
	}
	make_room(reader);
	do
		size = read(reader->fd, reader->data + reader->end,
			    MIN(reader->capacity - reader->end, READ_MOST));
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return err_sys(err, "cannot read the mbox");
	reader->end += (size_t)size;
	reader->at_end = size == 0;
	return size > 0;
}

/* The line at `at`: 1, with its LF or the last without one; 0 at the end. */
static int line_at(struct mbox_reader *reader, size_t at, struct line *line_r,
		   struct err *err)
{
	size_t seen = at;
	int more;

	do {
		const uint8_t *lf = memchr(bytes_at(reader, seen), '\n',
					   held(reader) - seen);

		if (lf) {
			line_r->next = (size_t)(lf - bytes_at(reader, 0)) + 1;
			line_r->size = line_r->next - at - 1;
			if (line_r->size > 0 && lf[-1] == '\r')
				line_r->size--;
			return 1;
		}
		seen = held(reader);
	} while ((more = fill(reader, err)) > 0);
	line_r->next = seen;
	line_r->size = seen - at;
	return more < 0 ? -1 : seen > at;
}

/* A window that grew for a message is given back. */
static void shrink(struct mbox_reader *reader)
{
	size_t rest = held(reader);
	size_t capacity = MAX(rest + READ_LEAST, WINDOW_START);
	uint8_t *window = g_malloc(capacity);

	memcpy(window, bytes_at(reader, 0), rest);
	g_free(reader->data);
	reader->data = window;
	reader->capacity = capacity;
	reader->offset += reader->start;
	reader->start = 0;
	reader->end = rest;
}

/* Pass over a message that is too large, to the next separator: 1, or 0 at the
 * end of the file. Nothing of it is held, not even one line. */
static int skip(struct mbox_reader *reader, struct err *err)
{
	bool after_empty = false, in_line = false;
	int more = 1;

	while (more > 0) {
		const uint8_t *line = bytes_at(reader, 0);
		const uint8_t *lf = memchr(line, '\n', held(reader));
		size_t size = lf ? (size_t)(lf - line) : held(reader);

		if (!lf && size < READ_LEAST && !reader->at_end) {
			more = fill(reader, err) < 0 ? -1 : 1;
			continue;
		}
		if (after_empty && !in_line && mbox_is_from(line, size))
			break;
		after_empty = !in_line &&
			      (size == 0 || (size == 1 && line[0] == '\r'));
		in_line = !lf;
		reader->start += size + (lf != NULL);
		if (held(reader) == 0)
			more = fill(reader, err);
	}
	if (more < 0)
		return -1;
	shrink(reader);
	reader->skipping = false;
	reader->begun = true;
	return more;
}

/* Find the first separator: 0 if the file holds nothing but empty lines. */
static int begin(struct mbox_reader *reader, struct err *err)
{
	struct line line;
	int found;

	while ((found = line_at(reader, 0, &line, err)) > 0 && line.size == 0)
		reader->start += line.next;
	if (found <= 0)
		return found;
	if (!mbox_is_from(bytes_at(reader, 0), line.size))
		return err_set(err, EINVAL,
			       "not an mbox: it begins without a From line");
	reader->begun = true;
	return 1;
}

/* The value of a Content-Length field; false if the line is none. */
static bool parse_length(const uint8_t *line, size_t size, size_t *length_r)
{
	static const char name[] = "content-length:";
	size_t at = sizeof(name) - 1;
	size_t length = 0, digits;

	if (size < at || g_ascii_strncasecmp((const char *)line, name, at) != 0)
		return false;
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	for (digits = at; at < size && g_ascii_isdigit(line[at]); at++) {
		length = length * 10 + (size_t)(line[at] - '0');
		if (length > MESSAGE_MAX / 2)
			return false; /* not believed */
	}
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	*length_r = length;
	return at == size && digits < size && g_ascii_isdigit(line[digits]);
}

/* Does the mbox go on at `at`, or one line end behind it, with a separator or
 * its end? 1 and where, 0 or -1. */
static int ends_at(struct mbox_reader *reader, size_t at, size_t *next_r,
		   struct err *err)
{
	struct line line = { 0 };
	size_t next = at;
	int more = 1;

	while (held(reader) < at && more > 0)
		more = fill(reader, err);
	if (more <= 0)
		return more;
	more = line_at(reader, next, &line, err);
	if (more > 0 && line.size == 0) {
		next = line.next;
		more = line_at(reader, next, &line, err);
	}
	*next_r = next;
	if (more <= 0)
		return more < 0 ? -1 : 1;
	return mbox_is_from(bytes_at(reader, next), line.size);
}

/* The header ends in the empty line before `body`: has it a Content-Length that
 * fits? 1 and the extent that it makes, 0 or -1. */
static int find_length(struct mbox_reader *reader, size_t body,
		       struct extent *extent_r, struct err *err)
{
	size_t length = 0;
	struct line line;
	int found;

	for (size_t at = extent_r->body; at < body; at = line.next) {
		if (line_at(reader, at, &line, err) < 0)
			return -1;
		if (!parse_length(bytes_at(reader, at), line.size, &length))
			continue;
		found = ends_at(reader, body + length, &extent_r->next, err);
		if (found > 0)
			extent_r->end = body + length;
		return found;
	}
	return 0;
}

/* Find the end of the message, line by line from `extent_r->body` on. */
static int find_end(struct mbox_reader *reader, struct extent *extent_r,
		    struct err *err)
{
	size_t at = extent_r->body;
	bool after_empty = false;
	struct line line;
	int more;

	extent_r->end = at;
	while ((more = line_at(reader, at, &line, err)) > 0) {
		const uint8_t *text = bytes_at(reader, at);

		if (after_empty && mbox_is_from(text, line.size))
			break;
		if (*text == '>' && mbox_is_quotable(text, line.size))
			extent_r->is_quoted = true;
		after_empty = line.size == 0;
		extent_r->end = after_empty ? at : line.next;
		at = line.next;
		if (!after_empty || extent_r->has_header)
			continue;
		extent_r->has_header = true;
		if (reader->format != MBOX_CL2)
			continue;
		more = find_length(reader, at, extent_r, err);
		if (more != 0)
			return more;
	}
	extent_r->next = at;
	return more < 0 ? -1 : 1;
}

/* Take one ">" from each ">From " line, in place. */
static void unquote(GByteArray *raw)
{
	size_t to = 0, next;

	for (size_t at = 0; at < raw->len; at = next) {
		const uint8_t *lf = memchr(raw->data + at, '\n', raw->len - at);

		next = lf ? (size_t)(lf - raw->data) + 1 : raw->len;
		if (raw->data[at] == '>' &&
		    mbox_is_quotable(raw->data + at, next - at))
			at++;
		memmove(raw->data + to, raw->data + at, next - at);
		to += next - at;
	}
	g_byte_array_set_size(raw, (guint)to);
}

/* Hand the window over as the message; what stands behind it gets a new one. */
static GByteArray *steal(struct mbox_reader *reader,
			 const struct extent *extent)
{
	size_t size = extent->end - extent->body;
	size_t rest = held(reader) - extent->next;
	size_t capacity = MAX(rest + READ_LEAST, WINDOW_START);
	uint8_t *message = reader->data;
	uint8_t *window = g_malloc(capacity);

	memcpy(window, bytes_at(reader, extent->next), rest);
	memmove(message, bytes_at(reader, extent->body), size);
	reader->offset += reader->start + extent->next;
	reader->data = window;
	reader->capacity = capacity;
	reader->start = 0;
	reader->end = rest;
	return g_byte_array_new_take(g_realloc(message, size), size);
}

static GByteArray *take_message(struct mbox_reader *reader,
				const struct extent *extent)
{
	size_t size = extent->end - extent->body;
	GByteArray *raw;

	/* The rest is copied then: less than what is not. */
	if (size >= STEAL_LEAST && size > held(reader) - extent->next)
		return steal(reader, extent);
	raw = g_byte_array_sized_new((guint)size);
	g_byte_array_append(raw, bytes_at(reader, extent->body), (guint)size);
	reader->start += extent->next;
	return raw;
}

static void note_separator(const struct mbox_reader *reader, size_t size,
			   struct mbox_entry *entry_r)
{
	size_t len = MIN(size, sizeof(entry_r->separator) - 1);

	memcpy(entry_r->separator, bytes_at(reader, 0), len);
	entry_r->separator[len] = '\0';
	entry_r->offset = mbox_position(reader);
}

int mbox_next(struct mbox_reader *reader, struct mbox_entry *entry_r,
	      struct err *err)
{
	struct extent extent = { 0 };
	struct line line;
	int found;

	if (reader->skipping && (found = skip(reader, err)) <= 0)
		return found;
	if (!reader->begun && (found = begin(reader, err)) <= 0)
		return found;
	if ((found = line_at(reader, 0, &line, err)) <= 0)
		return found;
	extent.body = line.next;
	if (find_end(reader, &extent, err) < 0)
		return -1;
	note_separator(reader, line.size, entry_r);
	entry_r->truncated = !extent.has_header;
	entry_r->raw = take_message(reader, &extent);
	if (extent.is_quoted && reader->format == MBOX_RD)
		unquote(entry_r->raw);
	return 1;
}
