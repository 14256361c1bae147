/* SPDX-License-Identifier: ISC */
/* What the second implementation (tests/reference) wrote, by name. */
#ifndef DEFMS_TEST_VECTORS_H
#define DEFMS_TEST_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "defms/key.h"

/* The bytes of the vector `name`, a NUL after them; ends the test program if
 * there is none. Caller unrefs. */
__attribute__((unused)) static GByteArray *vector(const char *name)
{
	AUTO(str) char *before = g_strdup_printf("\n%s = ", name);
	AUTO(str) char *text = NULL;
	GByteArray *bytes = g_byte_array_new();
	const char *at = NULL;

	if (g_file_get_contents(TEST_DATA "/vectors.txt", &text, NULL, NULL))
		at = strstr(text, before);
	if (!at) {
		printf("Bail out! no vector %s\n", name);
		exit(EXIT_FAILURE);
	}
	for (at += strlen(before); g_ascii_isxdigit(*at); at += 2) {
		guint8 byte = (guint8)(g_ascii_xdigit_value(at[0]) << 4 |
				       g_ascii_xdigit_value(at[1]));

		g_byte_array_append(bytes, &byte, 1);
	}
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	g_byte_array_set_size(bytes, bytes->len - 1);
	return bytes;
}

/* The vector as a string. Caller frees. */
__attribute__((unused)) static char *vector_text(const char *name)
{
	AUTO(bytes) GByteArray *bytes = vector(name);

	return g_strndup((const char *)bytes->data, bytes->len);
}

/* A new directory for a test, mode 0700. Caller frees, and removes it with
 * remove_directory(). */
__attribute__((unused)) static char *new_directory(void)
{
	char *path = g_dir_make_tmp("defms-test-XXXXXX", NULL);

	if (!path)
		abort();
	return path;
}

__attribute__((unused)) static void remove_directory(const char *path)
{
	AUTO(dir) DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		AUTO(str)
		char *name = g_build_filename(path, entry->d_name, NULL);

		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 && g_remove(name) < 0)
			remove_directory(name);
	}
	(void)rmdir(path);
}

/* Write `size` bytes to `path` with `mode`. */
__attribute__((unused)) static void
write_file(const char *path, const void *data, size_t size, mode_t mode)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0 ||
	    g_chmod(path, mode) < 0)
		abort();
}

/* The identity whose file is the vector `name`. */
__attribute__((unused)) static struct identity *
vector_identity(const char *name)
{
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *path = g_build_filename(directory, "identity", NULL);
	AUTO(bytes) GByteArray *file = vector(name);
	struct identity *identity = NULL;
	struct err err = { 0 };

	write_file(path, file->data, file->len, 0600);
	if (identity_open(path, NULL, &identity, &err) < 0) {
		printf("Bail out! %s: %s\n", name, err.text);
		exit(EXIT_FAILURE);
	}
	remove_directory(directory);
	return identity;
}

#endif
