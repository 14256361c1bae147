/* SPDX-License-Identifier: ISC */
#include "quote.h"

#include <string.h>

static const char omission[] = "> [...]\n";

/* How many bytes are quoted: all, or those of whole lines; of a first line that
 * is too long, nothing. */
static size_t quoted_size(const char *text, size_t size)
{
	const char *end;

	if (size <= QUOTE_MAX)
		return size;
	end = memrchr(text, '\n', QUOTE_MAX);
	return end ? (size_t)(end + 1 - text) : 0;
}

/* The next line; its end. */
static const char *line_end(const char *at, const char *end)
{
	const char *next = memchr(at, '\n', (size_t)(end - at));

	return next ? next + 1 : end;
}

uint64_t quote_size(const char *text, size_t size)
{
	const char *end = text + quoted_size(text, size);
	uint64_t total = 0;

	for (const char *at = text, *next; at < end; at = next) {
		next = line_end(at, end);
		total += (uint64_t)(next - at) + (*at == '>' ? 1 : 2);
	}
	return end < text + size ? total + strlen(omission) : total;
}

void quote_text(const char *text, size_t size, GString *out)
{
	const char *end = text + quoted_size(text, size);

	for (const char *at = text, *next; at < end; at = next) {
		next = line_end(at, end);
		(void)g_string_append(out, *at == '>' ? ">" : "> ");
		(void)g_string_append_len(out, at, next - at);
	}
	if (end < text + size)
		(void)g_string_append(out, omission);
}
