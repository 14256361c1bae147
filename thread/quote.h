/* SPDX-License-Identifier: ISC */
/* A text as an answer quotes it: "> " before each line, ">" before one that is
 * quoted already. Nobody answers a book line by line: of a long text whole
 * lines from its start are quoted, then "> [...]". */
#ifndef DEFMS_QUOTE_H
#define DEFMS_QUOTE_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

enum { QUOTE_MAX = 64 << 10 }; /* bytes of the text */

/* The size of what quote_text() appends. */
uint64_t quote_size(const char *text, size_t size);

void quote_text(const char *text, size_t size, GString *out);

#endif
