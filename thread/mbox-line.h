/* SPDX-License-Identifier: ISC */
/* Lines of an mbox, as its reader and its writer see them. */
#ifndef DEFMS_MBOX_LINE_H
#define DEFMS_MBOX_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool mbox_is_from(const uint8_t *line, size_t size)
{
	return size >= 5 && memcmp(line, "From ", 5) == 0;
}

/* Is it "From " behind any number of ">"? mboxrd adds one more to it. */
static inline bool mbox_is_quotable(const uint8_t *line, size_t size)
{
	size_t quotes = 0;

	while (quotes < size && line[quotes] == '>')
		quotes++;
	return mbox_is_from(line + quotes, size - quotes);
}

#endif
