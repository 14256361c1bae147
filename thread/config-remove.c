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

/* Does the line of `size` bytes begin a section, and is it `section`? What
 * stands behind "]" on its line is a setting of it. */
static bool is_header(const char *line, size_t size, const char *section,
		      bool *same_r)
{
	size_t at = 0, wanted = strlen(section);

	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at == size || line[at] != '[')
		return false;
	at++;
	*same_r = size - at > wanted &&
		  memcmp(line + at, section, wanted) == 0 &&
		  line[at + wanted] == ']';
	return true;
}

/* Does a value go on in the next line? */
static bool goes_on(const char *line, size_t size)
{
	size_t count = 0;

	while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
		size--;
	while (size > count && line[size - 1 - count] == '\\')
		count++;
	return count % 2 == 1;
}

/* Append `data` without the section; is there one? */
static bool copy_without(const GByteArray *data, const char *section,
			 GByteArray *out)
{
	const char *at = (const char *)data->data, *end = at + data->len;
	bool inside = false, continued = false, found = false;

	while (at < end) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((next ? next + 1 : end) - at);

		if (!continued)
			(void)is_header(at, size, section, &inside);
		found = found || inside;
		if (!inside)
			(void)g_byte_array_append(out, (const guint8 *)at,
						  (guint)size);
		continued = goes_on(at, size);
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
