/* SPDX-License-Identifier: ISC */
/* A line that ends in "{123}" goes on behind 123 bytes of literal (RFC 9051,
 * 4.3), "~{123}" (RFC 3516) too; not where a person is spoken to, in "+ ..."
 * and in what begins with a tag and a condition: such text may end in anything.
 * A literal larger than its limit is refused when it is announced. */
#include "imap-frame.h"

#include <string.h>

enum { KEEP = 1 << 20 }; /* a larger buffer is not kept for the next response */

void imap_frame_init(struct imap_frame *frame, const struct imap_limits *limits)
{
	*frame = (struct imap_frame){ .limits = limits,
				      .held = g_byte_array_new() };
}

void imap_frame_release(struct imap_frame *frame)
{
	g_byte_array_unref(frame->held);
}

static void start(struct imap_frame *frame)
{
	if (frame->held->len > KEEP) {
		g_byte_array_unref(frame->held);
		frame->held = g_byte_array_new();
	}
	(void)g_byte_array_set_size(frame->held, 0);
	frame->line = frame->line_start = 0;
	frame->whole = false;
}

/* Is the response, whose first line is held, a text for a person? */
static bool is_text(const struct imap_frame *frame)
{
	static const char *const conditions[] = { "OK", "NO", "BAD", "BYE",
						  "PREAUTH" };
	const char *text = (const char *)frame->held->data;
	const char *word = memchr(text, ' ', frame->held->len);
	size_t left;

	if (text[0] == '+')
		return true;
	if (!word)
		return false;
	left = frame->held->len - (size_t)(++word - text);
	for (size_t i = 0; i < G_N_ELEMENTS(conditions); i++) {
		size_t size = strlen(conditions[i]);

		if (left >= size &&
		    g_ascii_strncasecmp(word, conditions[i], size) == 0 &&
		    (left == size || word[size] == ' '))
			return true;
	}
	return false;
}

/* The size that "{123}" or "{123+}" at the end of the line announces: 1, 0 if
 * there is none. Beyond 64 bits it is UINT64_MAX. */
static int announced(const uint8_t *line, size_t size, uint64_t *literal_r)
{
	size_t end = size, at;
	uint64_t value = 0;

	if (end < 3 || line[--end] != '}')
		return 0;
	if (line[end - 1] == '+')
		end--;
	for (at = end; at > 0 && g_ascii_isdigit(line[at - 1]); at--)
		;
	if (at == end || at == 0 || line[at - 1] != '{')
		return 0;
	for (; at < end; at++) {
		uint64_t digit = (uint64_t)(line[at] - '0');

		if (value > (UINT64_MAX - digit) / 10) {
			*literal_r = UINT64_MAX;
			return 1;
		}
		value = value * 10 + digit;
	}
	*literal_r = value;
	return 1;
}

/* Take what is there of a literal. */
static void take_literal(struct imap_frame *frame)
{
	size_t size = MIN(frame->literal, (size_t)(frame->end - frame->at));

	(void)g_byte_array_append(frame->held, frame->at, (guint)size);
	frame->at += size;
	frame->literal -= size;
	frame->line_start = frame->held->len;
}

/* Take what is there of a line: 1 if that was its end. */
static int take_line(struct imap_frame *frame, struct err *err)
{
	size_t left = (size_t)(frame->end - frame->at);
	const uint8_t *end = memchr(frame->at, '\n', left);
	size_t size = end ? (size_t)(end + 1 - frame->at) : left;

	if (size > frame->limits->line - frame->line)
		return err_set(err, EMSGSIZE, "a line of more than %zu bytes",
			       frame->limits->line);
	(void)g_byte_array_append(frame->held, frame->at, (guint)size);
	frame->at += size;
	frame->line += size;
	return end ? 1 : 0;
}

/* A line has ended: 1 if the response has too. */
static int end_line(struct imap_frame *frame, struct err *err)
{
	const uint8_t *line = frame->held->data + frame->line_start;
	size_t size = frame->held->len - frame->line_start - 1;
	bool first = frame->line == frame->held->len;

	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (!announced(line, size, &frame->literal) ||
	    (first && is_text(frame))) {
		frame->literal = 0;
		(void)g_byte_array_set_size(frame->held,
					    (guint)(frame->line_start + size));
		frame->whole = true;
		return 1;
	}
	if (frame->literal > frame->limits->literal ||
	    frame->held->len - frame->line + frame->literal >
		    frame->limits->total)
		return err_set(err, EMSGSIZE,
			       "a literal of %" G_GUINT64_FORMAT " bytes",
			       frame->literal);
	frame->line_start = frame->held->len;
	return 0;
}

int imap_frame_next(struct imap_frame *frame, struct err *err)
{
	int ended;

	if (frame->whole)
		start(frame);
	while (frame->at < frame->end) {
		if (frame->literal > 0) {
			take_literal(frame);
			continue;
		}
		ended = take_line(frame, err);
		if (ended > 0)
			ended = end_line(frame, err);
		if (ended != 0)
			return ended;
	}
	return 0;
}
