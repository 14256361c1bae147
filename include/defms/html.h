/* SPDX-License-Identifier: ISC */
/* HTML as plain text. */
#ifndef DEFMS_HTML_H
#define DEFMS_HTML_H

#include <stddef.h>

#include <glib.h>

/* Append `size` bytes of HTML, in UTF-8, as readable text: blocks on lines of
 * their own, list items with "* ", links as text followed by <URL> where the
 * text is another, quotes with "> ", script and style left out. Any bytes do;
 * what is put out is at most a small multiple of what came in. */
void html_text(const char *html, size_t size, GString *out);

#endif
