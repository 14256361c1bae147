/* SPDX-License-Identifier: ISC */
/* Removing a section: libgit2 can remove keys, and leaves the empty section,
 * one more with each that is added. Lines are copied as they are. */
#include "defms/config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "defms/io.h"

enum { FILE_MOST = 1 << 20 };

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Is it `section` ("name \"subsection\"") that stands before a "]"? The case of
 * the name does not count. */
static bool is_same(const char *at, const char *end, const char *section)
{
	size_t name = strcspn(section, " ");
	const char *rest = section + name + 1;
	size_t size = strlen(rest);

	if ((size_t)(end - at) <= name ||
	    g_ascii_strncasecmp(at, section, name) != 0 ||
	    (at[name] != ' ' && at[name] != '\t'))
		return false;
	at = skip_blanks(at + name, end);
	return (size_t)(end - at) > size && memcmp(at, rest, size) == 0 &&
	       at[size] == ']';
}

/* Does the line of `size` bytes begin a section, and is it `section`? What
 * stands behind "]" on its line is a setting of it. */
static bool is_header(const char *line, size_t size, const char *section,
		      bool *same_r)
{
	const char *end = line + size, *at = skip_blanks(line, end);

	if (at == end || *at != '[')
		return false;
	*same_r = is_same(at + 1, end, section);
	return true;
}

/* Does a value go on in the next line? Not a comment, which a "#" or ";"
 * begins outside quotes. */
static bool goes_on(const char *line, size_t size, bool *quoted)
{
	const char *end = line + size;

	if (size > 0 && end[-1] == '\n')
		end--;
	if (end > line && end[-1] == '\r')
		end--;
	for (const char *at = line; at < end; at++) {
		if ((*at == '#' || *at == ';') && !*quoted)
			break;
		if (*at == '"')
			*quoted = !*quoted;
		else if (*at == '\\' && ++at == end)
			return true;
	}
	*quoted = false;
	return false;
}

/* Append `data` without the section; is there one? */
static bool copy_without(const GByteArray *data, const char *section,
			 GByteArray *out)
{
	const char *at = (const char *)data->data, *end = at + data->len;
	bool inside = false, continued = false, found = false, quoted = false;

	while (at < end) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((next ? next + 1 : end) - at);

		if (!continued)
			(void)is_header(at, size, section, &inside);
		found = found || inside;
		if (!inside)
			(void)g_byte_array_append(out, (const guint8 *)at,
						  (guint)size);
		continued = goes_on(at, size, &quoted);
		at += size;
	}
	return found;
}

int config_remove(const char *section, struct err *err)
{
	AUTO(str) char *path = config_file();
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	char real[PATH_MAX];
	struct err why;

	if (io_read_file(path, FILE_MOST, data, &why) < 0) {
		if (why.code == ENOENT)
			return 0;
		return err_set(err, why.code, "%s", why.text);
	}
	if (!copy_without(data, section, out))
		return 0;
	/* A file that is kept elsewhere, by a link, stays there. */
	if (!realpath(path, real))
		return err_sys(err, "%s", path);
	return io_replace_file(real, out->data, out->len, err) < 0 ? -1 : 1;
}
