/* SPDX-License-Identifier: ISC */
/* How a message falls into content and trace.
 *
 * The header reaches to the first empty line (LF or CRLF), or to the end. A
 * field is a line with a name and a colon (RFC 5322 section 2.2; white space
 * before the colon as in section 4.5) and the lines below it that begin with
 * white space. A line that is neither stays content, and the header goes on.
 *
 * Trace are the fields in trace_names[] and each "From " line before which
 * nothing but trace stands. Whole fields go with all their continuations, so
 * what is left holds the same fields as before: content holds no trace, and
 * splitting content again changes nothing, with one exception. A message whose
 * only bare LF stand in its trace is mixed, but its content is not, and would
 * be held with LF if it were split again (then, once more, nothing changes).
 * Deciding on the raw message is what allows one bit to give all CR back. */
#include "defms/message.h"

#include <errno.h>
#include <string.h>

enum {
	LEB128_BITS = 7,
	LEB128_MORE = 0x80,
	LOWER = 0x20,                  /* the bit that makes a letter small */
	ENTRY_HEAD = 20,               /* two numbers at most */
	JOIN_MAX = 1024 * 1024 * 1024, /* a GByteArray ends at 4 GiB */
};

/* In small letters; a star stands for any end. */
static const char *const trace_names[] = {
	"return-path",
	"received",
	"x-received",
	"delivered-to",
	"x-original-to",
	"envelope-to",
	"x-envelope-*",
	"authentication-results",
	"arc-*",
	"received-spf",
	"dkim-signature",
	"domainkey-signature",
	"x-google-*",
	"x-gm-*",
	"x-spam-*",
	"x-spamd-*",
	"x-rspamd-*",
	"x-virus-*",
	"x-greylist",
	"x-mc-*",
	"x-mozilla-*",
	"x-evolution*",
	"x-uid*",
	"x-keywords",
	"x-forwarded-encrypted",
	"x-ms-exchange-*",
	"status",
	"x-status",
	"content-length", /* mutt counts what it saves */
	"lines",
	"bcc",
};

/* The end of the line at `at`, behind its LF if it has one. */
static size_t line_end(const uint8_t *data, size_t at, size_t size)
{
	const uint8_t *lf = memchr(data + at, '\n', size - at);

	return lf ? (size_t)(lf - data) + 1 : size;
}

/* Does every LF follow a CR, every CR precede a LF, and is there one? */
static bool is_crlf(const uint8_t *data, size_t size)
{
	size_t at = 0, end;

	for (; at < size; at = end) {
		const uint8_t *cr = memchr(data + at, '\r', size - at);

		end = line_end(data, at, size);
		if (!cr)
			return at > 0 && data[end - 1] != '\n';
		if ((size_t)(cr - data) + 2 != end || data[end - 1] != '\n')
			return false;
	}
	return at > 0;
}

/* Drop the CR of every CRLF; the new size. */
static size_t drop_returns(uint8_t *data, size_t size)
{
	size_t to = 0, end;

	for (size_t at = 0; at < size; at = end) {
		size_t len;

		end = line_end(data, at, size);
		len = end - at;
		memmove(data + to, data + at, len);
		to += len;
		if (data[to - 1] != '\n')
			continue; /* the last line, without an end */
		data[to - 2] = '\n';
		to--;
	}
	return to;
}

static size_t count_line_ends(const uint8_t *data, size_t size)
{
	size_t count = 0;

	for (size_t at = 0; at < size; count++) {
		at = line_end(data, at, size);
		if (data[at - 1] != '\n')
			break;
	}
	return count;
}

/* `name` is printable, so that LOWER turns nothing but letters to letters. */
static bool is_like(const uint8_t *name, size_t len, const char *pattern)
{
	size_t i = 0;

	for (; pattern[i] && pattern[i] != '*'; i++)
		if (i == len || (name[i] | LOWER) != pattern[i])
			return false;
	return pattern[i] == '*' || i == len;
}

static bool is_trace_name(const uint8_t *name, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(trace_names); i++)
		if (is_like(name, len, trace_names[i]))
			return true;
	return false;
}

/* The length of the name of the field at `line`; 0 if it is none. */
static size_t name_length(const uint8_t *line, size_t size)
{
	size_t len = 0, colon;

	while (len < size && line[len] > ' ' && line[len] < 0x7f &&
	       line[len] != ':')
		len++;
	colon = len;
	while (colon < size && (line[colon] == ' ' || line[colon] == '\t'))
		colon++;
	return colon < size && line[colon] == ':' ? len : 0;
}

static bool is_empty_line(const uint8_t *line, size_t size)
{
	return *line == '\n' ||
	       (size > 1 && line[0] == '\r' && line[1] == '\n');
}

static bool is_from_line(const uint8_t *line, size_t size)
{
	return size >= 5 && memcmp(line, "From ", 5) == 0;
}

/* The end of the line at `at` and of those that continue it. */
static size_t field_end(const uint8_t *data, size_t at, size_t size)
{
	size_t end = line_end(data, at, size);

	while (end < size && (data[end] == ' ' || data[end] == '\t'))
		end = line_end(data, end, size);
	return end;
}

/* A message while its trace is cut out. */
struct cutter {
	uint8_t *data;     /* borrowed */
	size_t content;    /* so much content stands at the start */
	size_t kept;       /* all before is in `content` or in `trace` */
	size_t noted;      /* content before the last entry of `trace` */
	GByteArray *trace; /* owned */
};

static void keep_until(struct cutter *cutter, size_t at)
{
	size_t size = at - cutter->kept;

	if (size > 0 && cutter->kept != cutter->content)
		memmove(cutter->data + cutter->content,
			cutter->data + cutter->kept, size);
	cutter->content += size;
	cutter->kept = at;
}

static void append_number(GByteArray *out, uint64_t number)
{
	uint8_t bytes[10];
	guint len = 0;

	for (; number >= LEB128_MORE; number >>= LEB128_BITS)
		bytes[len++] = (uint8_t)(number | LEB128_MORE);
	bytes[len++] = (uint8_t)number;
	g_byte_array_append(out, bytes, len);
}

/* The bytes from `at` to `end` are trace. */
static void cut(struct cutter *cutter, size_t at, size_t end)
{
	size_t size = end - at;

	if (!cutter->trace)
		cutter->trace = g_byte_array_new();
	if (size + ENTRY_HEAD > MESSAGE_TRACE - cutter->trace->len)
		return; /* stays content */
	keep_until(cutter, at);
	append_number(cutter->trace, cutter->content - cutter->noted);
	append_number(cutter->trace, size);
	g_byte_array_append(cutter->trace, cutter->data + at, (guint)size);
	cutter->noted = cutter->content;
	cutter->kept = end;
}

/* Take the trace out of the header; the header's size. */
static size_t cut_header(struct cutter *cutter, size_t size)
{
	const uint8_t *data = cutter->data;
	size_t at = 0, end;

	for (; at < size; at = end) {
		const uint8_t *line = data + at;
		bool is_first = cutter->content == 0 && cutter->kept == at;

		if (is_empty_line(line, size - at))
			break;
		if (is_first && is_from_line(line, size - at)) {
			end = line_end(data, at, size);
			cut(cutter, at, end);
			continue;
		}
		end = field_end(data, at, size);
		if (is_trace_name(line, name_length(line, end - at)))
			cut(cutter, at, end);
	}
	return at;
}

void message_split(uint8_t *data, size_t size, struct message_split *split_r)
{
	struct cutter cutter = { .data = data };

	split_r->crlf = is_crlf(data, size);
	if (split_r->crlf)
		size = drop_returns(data, size);
	split_r->line_ends = count_line_ends(data, size);
	split_r->header_size = cut_header(&cutter, size);
	keep_until(&cutter, size);
	split_r->content_size = cutter.content;
	split_r->trace = cutter.trace;
}

void message_split_release(struct message_split *split)
{
	if (split->trace)
		g_byte_array_unref(split->trace);
	split->trace = NULL;
}

struct trace_iter trace_iter(const void *trace, size_t size)
{
	const uint8_t *at = trace;

	return (struct trace_iter){ .at = at, .end = at ? at + size : at };
}

/* Read a number of at most 64 bits; false if there is none. */
static bool take_number(struct trace_iter *it, uint64_t *number_r)
{
	uint64_t number = 0;
	unsigned shift = 0;

	while (it->at < it->end && shift < 64) {
		uint8_t byte = *it->at++;
		uint64_t bits = byte & (LEB128_MORE - 1);

		if (bits << shift >> shift != bits)
			return false;
		number |= bits << shift;
		shift += LEB128_BITS;
		if (byte & LEB128_MORE)
			continue;
		*number_r = number;
		return true;
	}
	return false;
}

int trace_next(struct trace_iter *it, struct trace_entry *entry_r,
	       struct err *err)
{
	uint64_t distance = 0, size = 0;

	if (it->at == it->end)
		return 0;
	if (!take_number(it, &distance) || !take_number(it, &size) ||
	    size > (uint64_t)(it->end - it->at) ||
	    distance > UINT64_MAX - it->content_offset)
		return err_set(err, EBADMSG, "bad trace");
	it->content_offset += distance;
	entry_r->content_offset = it->content_offset;
	entry_r->data = it->at;
	entry_r->size = (size_t)size;
	it->at += size;
	return 1;
}

static void append(GByteArray *out, const uint8_t *data, size_t size)
{
	if (size > 0)
		g_byte_array_append(out, data, (guint)size);
}

/* Append content with its trace, as held. */
static int join_held(const uint8_t *content, size_t size,
		     const GByteArray *trace, GByteArray *raw, struct err *err)
{
	struct trace_iter it =
		trace_iter(trace ? trace->data : NULL, trace ? trace->len : 0);
	struct trace_entry entry = { 0 };
	size_t at = 0;
	int more;

	while ((more = trace_next(&it, &entry, err)) > 0) {
		if (entry.content_offset > size)
			return err_set(err, EBADMSG,
				       "trace reaches beyond the content");
		append(raw, content + at, (size_t)entry.content_offset - at);
		append(raw, entry.data, entry.size);
		at = (size_t)entry.content_offset;
	}
	if (more == 0 && at < size)
		append(raw, content + at, size - at);
	return more;
}

/* Put a CR before every LF from `start` on, from the end, in place. */
static void add_returns(GByteArray *raw, guint start)
{
	guint from = raw->len;
	guint added = (guint)count_line_ends(raw->data + start, from - start);

	g_byte_array_set_size(raw, from + added);
	while (added > 0) {
		const uint8_t *lf =
			memrchr(raw->data + start, '\n', from - start);
		guint at = (guint)(lf - raw->data);

		memmove(raw->data + at + added, lf, from - at);
		from = at;
		raw->data[at + --added] = '\r';
	}
}

int message_join(const void *content, size_t size, const GByteArray *trace,
		 bool crlf, GByteArray *raw, struct err *err)
{
	guint start = raw->len;
	size_t held = size + (trace ? trace->len : 0);

	if (held > JOIN_MAX || start > JOIN_MAX)
		return err_set(err, EFBIG, "message too large");
	if (join_held(content, size, trace, raw, err) < 0) {
		g_byte_array_set_size(raw, start);
		return -1;
	}
	if (crlf)
		add_returns(raw, start);
	return 0;
}
