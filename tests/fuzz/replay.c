/* SPDX-License-Identifier: ISC */
/* Runs a fuzzer over the files of a corpus, without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	gchar *data = NULL;
	gsize size = 0;

	if (!g_file_get_contents(path, &data, &size, NULL)) {
		(void)fprintf(stderr, "cannot read %s\n", path);
		return -1;
	}
	(void)LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	g_free(data);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name;
	int count = 0;
	GDir *dir;

	if (argc != 2 || !(dir = g_dir_open(argv[1], 0, NULL))) {
		(void)fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return EXIT_FAILURE;
	}
	while ((name = g_dir_read_name(dir))) {
		char *path = g_build_filename(argv[1], name, NULL);

		if (replay(path) == 0)
			count++;
		g_free(path);
	}
	g_dir_close(dir);
	printf("%d inputs replayed\n", count);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
