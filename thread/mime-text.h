/* SPDX-License-Identifier: ISC */
/* Which leaves are the body, and the body as text. */
#ifndef DEFMS_MIME_TEXT_H
#define DEFMS_MIME_TEXT_H

#include <stdbool.h>

#include "mime-parts.h"

bool mime_part_is_text(const struct mime_part *part); /* body, text/plain */
bool mime_part_is_html(const struct mime_part *part); /* body, text/html */

/* Append `size` bytes of UTF-8 text with LF, format=flowed, as paragraphs of
 * one line each (RFC 3676); quotes get "> ". */
void flowed_text(const char *text, size_t size, bool delsp, GString *out);

#endif
