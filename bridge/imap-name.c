/* SPDX-License-Identifier: ISC */
#include "imap-name.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/name.h"

#include "imap-utf7.h"

#define DOT "\xe2\x80\xa4"   /* U+2024 */
#define SLASH "\xe2\x88\x95" /* U+2215 */

bool imap_name_is_inbox(const char *raw)
{
	return g_ascii_strcasecmp(raw, "INBOX") == 0;
}

/* Behind the prefix, if that is not all of it. */
static const char *without_prefix(const struct imap_names *names,
				  const char *raw)
{
	size_t size = strlen(names->prefix);

	if (strlen(raw) > size &&
	    g_ascii_strncasecmp(raw, names->prefix, size) == 0)
		return raw + size;
	return raw;
}

/* One part of a raw name, appended to `out`. */
static int part_from(const struct imap_names *names, const char *part,
		     GString *out, struct err *err)
{
	AUTO(str) char *text = NULL;

	if (names->utf8)
		text = g_strdup(part);
	else if (imap_utf7_decode(part, &text, err) < 0)
		return -1;
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return err_set(err, EINVAL, "a part is \"%s\"", text);
	for (const char *at = text; *at; at++) {
		if (*at == '.')
			(void)g_string_append(out, DOT);
		else if (*at == '/')
			(void)g_string_append(out, SLASH);
		else
			(void)g_string_append_c(out, *at);
	}
	return 0;
}

int imap_name_from(const struct imap_names *names, const char *raw,
		   char **name_r, struct err *err)
{
	const char delimiter[] = { names->delimiter ? names->delimiter : '/',
				   '\0' };
	AUTO(gstring) GString *joined = g_string_new("");
	AUTO(str) char *name = NULL;
	g_auto(GStrv) parts = NULL;

	if (imap_name_is_inbox(raw)) {
		*name_r = g_strdup("INBOX");
		return 0;
	}
	if (strlen(raw) > 4 * (size_t)NAME_LIMIT)
		return err_set(err, EINVAL, "too long");
	parts = g_strsplit(without_prefix(names, raw), delimiter,
			   names->delimiter ? -1 : 1);
	for (char **part = parts; *part; part++) {
		if (part > parts)
			(void)g_string_append_c(joined, '/');
		if (part_from(names, *part, joined, err) < 0)
			return -1;
	}
	if (name_folder(joined->str, &name, err) < 0)
		return -1;
	if (strcmp(name, "INBOX") == 0)
		return err_set(err, EINVAL, "not the INBOX, but called so");
	*name_r = take(name);
	return 0;
}

/* One part of our name, appended to `out`; false if it holds the delimiter. */
static bool part_to(const struct imap_names *names, const char *part,
		    GString *out)
{
	AUTO(gstring) GString *text = g_string_new(part);
	AUTO(str) char *encoded = NULL;

	if (names->delimiter != '.')
		(void)g_string_replace(text, DOT, ".", 0);
	if (names->delimiter != '/')
		(void)g_string_replace(text, SLASH, "/", 0);
	if (names->delimiter && strchr(text->str, names->delimiter))
		return false;
	encoded =
		names->utf8 ? g_strdup(text->str) : imap_utf7_encode(text->str);
	(void)g_string_append(out, encoded);
	return true;
}

int imap_name_to(const struct imap_names *names, const char *name, char **raw_r,
		 struct err *err)
{
	AUTO(gstring) GString *raw = g_string_new(names->prefix);
	g_auto(GStrv) parts = NULL;

	if (strcmp(name, "INBOX") == 0) {
		*raw_r = g_strdup(name);
		return 0;
	}
	parts = g_strsplit(name, "/", -1);
	for (char **part = parts; *part; part++) {
		if (part > parts && !names->delimiter)
			return err_set(err, EINVAL,
				       "folder %s: the server has no folders "
				       "within folders",
				       name);
		if (part > parts)
			(void)g_string_append_c(raw, names->delimiter);
		if (!part_to(names, *part, raw))
			return err_set(err, EINVAL,
				       "folder %s: the server divides names "
				       "at \"%c\"",
				       name, names->delimiter);
	}
	*raw_r = g_string_free(take(raw), FALSE);
	return 0;
}
