/* SPDX-License-Identifier: ISC */
/* Bytes in any charset as clean UTF-8. */
#ifndef DEFMS_MIME_CHARSET_H
#define DEFMS_MIME_CHARSET_H

#include <stddef.h>

#include <glib.h>

/* Append `size` bytes in `charset` (NULL or "" if unknown) as text: valid
 * UTF-8, lines end in LF, other control characters but tab are spaces. What is
 * not valid in its charset is read as UTF-8 if it is that, else as
 * windows-1252. */
void charset_append(GString *out, const char *charset, const char *data,
		    size_t size);

/* `size` bytes, UTF-8 or else windows-1252, as one line of at most `limit`
 * bytes: unfolded (RFC 5322 2.2.3), control characters are spaces, none at
 * either end, what name_is_hidden() names is left out. Caller frees. */
char *charset_line(const char *data, size_t size, size_t limit);

/* Are the bytes UTF-8? NUL is a character like any other. */
gboolean charset_is_utf8(const char *data, size_t size);

#endif
