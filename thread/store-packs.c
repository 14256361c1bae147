/* SPDX-License-Identifier: ISC */
/* The folder objects/pack: which packs wait for their commit point, and
 * taking packs away. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/io.h"
#include "pack-file.h"
#include "store-git.h"
#include "store-pack.h"

static char *pack_path(struct store *store, const char *name,
		       const char *ending)
{
	AUTO(str) char *file = g_strconcat(name, ending, NULL);

	return g_build_filename(store_path(store), "objects", "pack", file,
				NULL);
}

static int remove_file(struct store *store, const char *name,
		       const char *ending, struct err *err)
{
	AUTO(str) char *path = pack_path(store, name, ending);

	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, "%s", path);
	return 0;
}

int pack_release(struct store *store, const char *name, struct err *err)
{
	return remove_file(store, name, ".keep", err);
}

int pack_remove(struct store *store, const char *name, struct err *err)
{
	/* The idx first: without it git does not see the pack. */
	static const char *const endings[] = { ".idx", ".pack", ".keep", "" };

	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		if (remove_file(store, name, endings[i], err) < 0)
			return -1;
		crash_point("packs: a file of one is gone");
	}
	store_pack_gone(store);
	return 0;
}

int pack_list_kept(struct store *store, GPtrArray **names_r, struct err *err)
{
	AUTO(str) char *folder = pack_path(store, "", "");
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	AUTO(dir) DIR *dir = opendir(folder);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", folder);
	while ((more = io_next_entry(dir, folder, &entry, err)) > 0) {
		const char *name = entry->d_name;

		if (g_str_has_prefix(name, "tmp_"))
			g_ptr_array_add(names, g_strdup(name));
		else if (g_str_has_suffix(name, ".keep"))
			g_ptr_array_add(
				names,
				g_strndup(name,
					  strlen(name) - strlen(".keep")));
	}
	if (more < 0)
		return -1;
	*names_r = take(names);
	return 0;
}

bool pack_has_file(struct store *store, const char *name, const char *ending,
		   uint64_t *size_r)
{
	AUTO(str) char *path = pack_path(store, name, ending);
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	if (size_r)
		*size_r = (uint64_t)st.st_size;
	return true;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int pack_list(struct store *store, GPtrArray **names_r, struct err *err)
{
	AUTO(str) char *folder = pack_path(store, "", "");
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	AUTO(dir) DIR *dir = opendir(folder);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", folder);
	while ((more = io_next_entry(dir, folder, &entry, err)) > 0) {
		AUTO(str) char *name = g_strdup(entry->d_name);
		char *dot = strrchr(name, '.');

		if (!g_str_has_prefix(name, "pack-") || !dot)
			continue;
		if (strcmp(dot, ".pack") == 0) {
			*dot = '\0';
		} else if (strcmp(dot, ".idx") == 0) {
			*dot = '\0';
			if (pack_has_file(store, name, ".pack", NULL))
				continue;
		} else {
			continue;
		}
		g_ptr_array_add(names, take(name));
	}
	if (more < 0)
		return -1;
	g_ptr_array_sort(names, by_name);
	*names_r = take(names);
	return 0;
}
