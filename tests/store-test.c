/* SPDX-License-Identifier: ISC */
#include "store-test.h"

#include <stdarg.h>

__attribute__((format(printf, 1, 0))) static int
run_shell(const char *format, va_list args, char **output_r)
{
	AUTO(str) char *line = g_strdup_vprintf(format, args);
	const char *argv[] = { "/bin/sh", "-c", line, NULL };
	AUTO(str) char *complaint = NULL;
	char *out = NULL;
	int status = -1;

	if (!g_spawn_sync(NULL, (char **)(void *)argv, NULL, G_SPAWN_DEFAULT,
			  NULL, NULL, &out, &complaint, &status, NULL))
		return -1;
	if (status != 0)
		printf("# %s\n# %s%s\n", line, out, complaint);
	if (output_r)
		*output_r = g_strchomp(out);
	else
		g_free(out);
	return status;
}

int shell(const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	status = run_shell(format, args, NULL);
	va_end(args);
	return status;
}

char *output(const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	(void)run_shell(format, args, &text);
	va_end(args);
	return text;
}

int git(struct store *store, const char *format, ...)
{
	AUTO(str) char *words = NULL;
	va_list args;

	va_start(args, format);
	words = g_strdup_vprintf(format, args);
	va_end(args);
	return shell("cd %s && git %s 2>&1", store_path(store), words);
}

char *folder_new(void)
{
	char *folder = g_dir_make_tmp("defms-test-XXXXXX", NULL);

	if (!folder)
		exit(EXIT_FAILURE);
	return folder;
}

void folder_free(char *folder)
{
	(void)shell("rm -rf %s", folder);
	g_free(folder);
}

struct store *store_at(const char *folder)
{
	AUTO(str) char *path = g_build_filename(folder, "m.git", NULL);
	struct store *store = NULL;
	struct err err = { 0 };

	if (store_create(path, &err) < 0 ||
	    store_open(path, &store, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return store;
}
