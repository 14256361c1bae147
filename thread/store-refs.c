/* SPDX-License-Identifier: ISC */
/* Refs: refs/threads/<strand>/<device>, loose or in packed-refs
 * (gitrepository-layout(5), git-pack-refs(1)). Written by ourselves: libgit2
 * reads all of packed-refs before it writes one ref. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/io.h"
#include "store-lock.h"
#include "store-refs.h"

enum {
	FEW = 64,  /* moves that are always loose refs */
	SHARE = 8, /* packed if the moves exceed 1/8 of what is there */
};

static char *ref_path(const struct store *store, const struct ref_move *ref)
{
	GString *path = g_string_new(store_path(store));

	(void)g_string_append_c(path, '/');
	ref_name_print(ref, path);
	return g_string_free(path, FALSE);
}

static int read_loose_ref(const char *path, struct ref_move *ref,
			  struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();

	if (io_read_file(path, 256, data, err) < 0)
		return -1;
	if (data->len != OBJECT_ID_HEX + 1 ||
	    data->data[OBJECT_ID_HEX] != '\n' ||
	    object_id_parse((const char *)data->data, OBJECT_ID_HEX, &ref->tip,
			    NULL) < 0)
		return err_set(err, EBADMSG, "%s: not a ref", path);
	return 0;
}

static int move_loose(struct store *store, const struct ref_move *move,
		      struct err *err)
{
	AUTO(str) char *path = ref_path(store, move);
	AUTO(str) char *folder = g_path_get_dirname(path);
	char line[OBJECT_ID_HEX + 2];
	struct ref_move known;

	/* A replay finds most of its list done. */
	if (read_loose_ref(path, &known, NULL) == 0 &&
	    memcmp(&known.tip, &move->tip, sizeof(known.tip)) == 0)
		return 0;
	object_id_print(&move->tip, line);
	line[OBJECT_ID_HEX] = '\n';
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", folder);
	return store_write_locked(path, line, OBJECT_ID_HEX + 1, false, err);
}

static int read_loose_folder(const char *top, const char *strand,
			     const struct ref_scan *scan, struct err *err)
{
	AUTO(str) char *path = g_build_filename(top, strand, NULL);
	AUTO(dir) DIR *dir = opendir(path);
	const struct dirent *entry;
	int more;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	while ((more = io_next_entry(dir, path, &entry, err)) > 0) {
		AUTO(str) char *name = NULL, *file = NULL;
		struct ref_move ref;
		struct err why;

		if (entry->d_name[0] == '.' ||
		    g_str_has_suffix(entry->d_name, ".lock"))
			continue;
		name = g_strconcat(strand, "/", entry->d_name, NULL);
		file = g_build_filename(path, entry->d_name, NULL);
		if (ref_name_parse(name, &ref, &why) < 0 ||
		    read_loose_ref(file, &ref, &why) < 0) {
			if (ref_scan_note(scan, &why) < 0)
				return err_set(err, why.code, "%s", why.text);
			continue;
		}
		(void)g_array_append_val(scan->refs, ref);
	}
	return more;
}

static int read_loose(struct store *store, const struct ref_scan *scan,
		      struct err *err)
{
	AUTO(str)
	char *top =
		g_build_filename(store_path(store), "refs", "threads", NULL);
	AUTO(dir) DIR *dir = opendir(top);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", top);
	while ((more = io_next_entry(dir, top, &entry, err)) > 0) {
		struct err why;

		if (entry->d_name[0] != '.' &&
		    read_loose_folder(top, entry->d_name, scan, &why) < 0 &&
		    ref_scan_note(scan, &why) < 0)
			return err_set(err, why.code, "%s", why.text);
	}
	return more;
}

static int compare(gconstpointer a, gconstpointer b)
{
	const struct ref_move *x = a, *y = b;
	int order = memcmp(&x->strand, &y->strand, sizeof(x->strand));

	return order ? order
		     : memcmp(&x->device, &y->device, sizeof(x->device));
}

/* Sort, keeping of two for the same name the one that came last. */
static void merge(GArray *refs)
{
	guint kept = 0;

	/* g_array_sort() is stable. */
	g_array_sort(refs, compare);
	for (guint i = 0; i < refs->len; i++) {
		struct ref_move *ref = &g_array_index(refs, struct ref_move, i);

		if (kept > 0 &&
		    compare(&g_array_index(refs, struct ref_move, kept - 1),
			    ref) == 0)
			kept--;
		g_array_index(refs, struct ref_move, kept++) = *ref;
	}
	(void)g_array_set_size(refs, kept);
}

/* A loose ref wins over a packed one, so it goes once it is packed; for good,
 * or an old one could come back after the to-do list was cleared. */
static int remove_loose(struct store *store, const struct ref_move *moves,
			size_t count, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		AUTO(str) char *path = ref_path(store, &moves[i]);
		AUTO(str) char *folder = g_path_get_dirname(path);

		if (unlink(path) < 0) {
			if (errno != ENOENT)
				return err_sys(err, "%s", path);
			continue;
		}
		any = true;
		(void)rmdir(folder);
	}
	crash_point("refs: loose refs gone, before they are for good");
	return any ? store_sync(store, err) : 0;
}

static int move_packed(struct store *store, const struct ref_move *moves,
		       size_t count, struct err *err)
{
	AUTO(array)
	GArray *refs = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	struct ref_foreign foreign = { .lines = lines };
	struct ref_scan scan = { .refs = refs, .foreign = &foreign };

	if (packed_refs_read(store, &scan, err) < 0)
		return -1;
	(void)g_array_append_vals(refs, moves, (guint)count);
	merge(refs);
	crash_point("refs: before packed-refs");
	if (packed_refs_write(store, refs, &foreign, err) < 0)
		return -1;
	crash_point("refs: packed-refs in place, before loose refs go");
	return remove_loose(store, moves, count, err);
}

int store_move_refs(struct store *store, const struct ref_move *moves,
		    size_t count, bool *durable_r, struct err *err)
{
	*durable_r = count == 0;
	if (count > FEW && count * SHARE > packed_refs_count(store)) {
		*durable_r = true;
		return move_packed(store, moves, count, err);
	}
	for (size_t i = 0; i < count; i++) {
		crash_point("refs: before a loose ref");
		if (move_loose(store, &moves[i], err) < 0)
			return -1;
	}
	return 0;
}

int store_sync(struct store *store, struct err *err)
{
	AUTO(fd)
	int fd = open(store_path(store), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) < 0)
		return err_sys(err, "%s", store_path(store));
	return 0;
}

int store_scan_refs(struct store *store, GArray **refs_r, GPtrArray *problems,
		    struct err *err)
{
	AUTO(array)
	GArray *refs = g_array_new(FALSE, FALSE, sizeof(struct ref_move));

	struct ref_scan scan = { .refs = refs, .problems = problems };

	if (packed_refs_read(store, &scan, err) < 0 ||
	    read_loose(store, &scan, err) < 0)
		return -1;
	merge(refs);
	*refs_r = take(refs);
	return 0;
}

int store_list_refs(struct store *store, GArray **refs_r, struct err *err)
{
	return store_scan_refs(store, refs_r, NULL, err);
}

static int list_names(const char *path, const char *strand, GArray *names,
		      struct err *err)
{
	AUTO(dir) DIR *dir = opendir(path);
	const struct dirent *entry;
	int more;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_sys(err, "%s", path);
	while ((more = io_next_entry(dir, path, &entry, err)) > 0) {
		AUTO(str)
		char *name = g_strconcat(strand, "/", entry->d_name, NULL);
		struct ref_move ref = { 0 };

		if (ref_name_parse(name, &ref, NULL) == 0)
			(void)g_array_append_val(names, ref);
	}
	return more;
}

/* Every file that has the name of a chain's ref, whatever is in it. */
static int list_loose_names(struct store *store, GArray *names, struct err *err)
{
	AUTO(str)
	char *top =
		g_build_filename(store_path(store), "refs", "threads", NULL);
	AUTO(dir) DIR *dir = opendir(top);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", top);
	while ((more = io_next_entry(dir, top, &entry, err)) > 0) {
		AUTO(str)
		char *path = g_build_filename(top, entry->d_name, NULL);

		if (list_names(path, entry->d_name, names, err) < 0)
			return -1;
	}
	return more;
}

int store_rewrite_refs(struct store *store, GArray *refs, struct err *err)
{
	AUTO(array)
	GArray *names = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	AUTO(array)
	GArray *old = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	struct ref_foreign foreign = { .lines = lines };
	struct ref_scan scan = { old, problems, &foreign };

	merge(refs);
	if (list_loose_names(store, names, err) < 0 ||
	    packed_refs_read(store, &scan, err) < 0 ||
	    packed_refs_write(store, refs, &foreign, err) < 0)
		return -1;
	if (remove_loose(store,
			 (const struct ref_move *)(const void *)names->data,
			 names->len, err) < 0)
		return -1;
	return store_sync(store, err);
}

int store_pack_refs(struct store *store, struct err *err)
{
	AUTO(array)
	GArray *refs = g_array_new(FALSE, FALSE, sizeof(struct ref_move));

	struct ref_scan scan = { .refs = refs };

	if (read_loose(store, &scan, err) < 0)
		return -1;
	if (refs->len == 0)
		return 0;
	return move_packed(store, &g_array_index(refs, struct ref_move, 0),
			   refs->len, err);
}
