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
#include "defms/store.h"
#include "store-lock.h"

enum {
	LINE = 120,                  /* bytes of a line of packed-refs */
	FEW = 64,                    /* moves that are always loose refs */
	NAME_AT = OBJECT_ID_HEX + 1, /* in it: the name */
	SHARE = 8, /* packed if the moves exceed 1/8 of what is there */
	PACKED_MAX = 1 << 30,
};

static const char prefix[] = "refs/threads/";

static void print_name(const struct ref_move *ref, GString *out)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];

	strand_id_print(&ref->strand, strand);
	device_id_print(&ref->device, device);
	g_string_append_printf(out, "%s%s/%s", prefix, strand, device);
}

static char *ref_path(const struct store *store, const struct ref_move *ref)
{
	GString *path = g_string_new(store_path(store));

	(void)g_string_append_c(path, '/');
	print_name(ref, path);
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

static int compare(gconstpointer a, gconstpointer b)
{
	const struct ref_move *x = a, *y = b;
	int order = memcmp(&x->strand, &y->strand, sizeof(x->strand));

	return order ? order
		     : memcmp(&x->device, &y->device, sizeof(x->device));
}

/* "<strand>/<device>" into `ref`. */
static int parse_name(const char *name, struct ref_move *ref, struct err *err)
{
	AUTO(str) char *strand = g_strndup(name, STRAND_ID_HEX);

	if (strlen(name) != STRAND_ID_HEX + 1 + DEVICE_ID_HEX ||
	    name[STRAND_ID_HEX] != '/' ||
	    strand_id_parse(strand, &ref->strand, NULL) < 0 ||
	    device_id_parse(name + STRAND_ID_HEX + 1, &ref->device, NULL) < 0)
		return err_set(err, EBADMSG, "%s%s: not the name of a chain",
			       prefix, name);
	return 0;
}

/* Lines of packed-refs that are not ours (tags, heads): they stay. */
struct foreign {
	GPtrArray *lines; /* owned: char *, with the "^" line that follows */
	bool peeled;      /* each that can be peeled has one */
};

static const char peeled[] = " peeled fully-peeled";

/* What is read, and where a problem goes: NULL is strict, the first ends it. */
struct scan {
	GArray *refs;            /* borrowed */
	GPtrArray *problems;     /* borrowed */
	struct foreign *foreign; /* borrowed; NULL: not wanted */
};

static int note(const struct scan *scan, const struct err *err)
{
	if (!scan->problems)
		return -1;
	g_ptr_array_add(scan->problems, g_strdup(err->text));
	return 0;
}

static void keep_line(const struct scan *scan, const char *line)
{
	if (scan->foreign)
		g_ptr_array_add(scan->foreign->lines,
				g_strconcat(line, "\n", NULL));
}

/* A "#" line, which says what there is in the file, or a "^" line: the object
 * that the tag of the line before leads to. `ours` is whose line that was. */
static void parse_mark(const char *line, const struct scan *scan, bool ours)
{
	GPtrArray *lines;
	char *before;

	if (!scan->foreign)
		return;
	if (line[0] == '#')
		scan->foreign->peeled = strstr(line, " fully-peeled") != NULL;
	lines = scan->foreign->lines;
	if (line[0] != '^' || ours || lines->len == 0)
		return;
	before = g_ptr_array_index(lines, lines->len - 1);
	g_ptr_array_index(lines, lines->len - 1) =
		g_strconcat(before, line, "\n", NULL);
	g_free(before);
}

static int parse_line(char *line, const struct scan *scan, bool *ours,
		      struct err *err)
{
	struct ref_move ref;

	if (line[0] == '#' || line[0] == '^' || line[0] == '\0') {
		parse_mark(line, scan, *ours);
		return 0;
	}
	*ours = true;
	if (strlen(line) <= NAME_AT || line[OBJECT_ID_HEX] != ' ' ||
	    object_id_parse(line, OBJECT_ID_HEX, &ref.tip, NULL) < 0)
		return err_set(err, EBADMSG, "packed-refs: bad line");
	if (!g_str_has_prefix(line + NAME_AT, prefix)) {
		*ours = false;
		keep_line(scan, line);
		return 0;
	}
	if (parse_name(line + NAME_AT + strlen(prefix), &ref, err) < 0)
		return err_prefix(err, "packed-refs");
	(void)g_array_append_val(scan->refs, ref);
	return 0;
}

static int read_packed(struct store *store, const struct scan *scan,
		       struct err *err)
{
	AUTO(str)
	char *path = g_build_filename(store_path(store), "packed-refs", NULL);
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	char *line, *rest;
	bool ours = true;
	struct err why;

	if (io_read_file(path, PACKED_MAX, data, &why) < 0) {
		if (why.code == ENOENT)
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	if (data->len > 0 && data->data[data->len - 1] != '\n') {
		(void)err_set(&why, EBADMSG, "packed-refs: cut off");
		if (note(scan, &why) < 0)
			return err_set(err, why.code, "%s", why.text);
	}
	(void)g_byte_array_append(data, (const guint8 *)"", 1);
	rest = (char *)data->data;
	while ((line = strsep(&rest, "\n")))
		if (parse_line(line, scan, &ours, &why) < 0 &&
		    note(scan, &why) < 0)
			return err_set(err, why.code, "%s", why.text);
	return 0;
}

static int read_loose_folder(const char *top, const char *strand,
			     const struct scan *scan, struct err *err)
{
	AUTO(str) char *path = g_build_filename(top, strand, NULL);
	AUTO(dir) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	while ((entry = readdir(dir))) {
		AUTO(str) char *name = NULL, *file = NULL;
		struct ref_move ref;
		struct err why;

		if (entry->d_name[0] == '.' ||
		    g_str_has_suffix(entry->d_name, ".lock"))
			continue;
		name = g_strconcat(strand, "/", entry->d_name, NULL);
		file = g_build_filename(path, entry->d_name, NULL);
		if (parse_name(name, &ref, &why) < 0 ||
		    read_loose_ref(file, &ref, &why) < 0) {
			if (note(scan, &why) < 0)
				return err_set(err, why.code, "%s", why.text);
			continue;
		}
		(void)g_array_append_val(scan->refs, ref);
	}
	return 0;
}

static int read_loose(struct store *store, const struct scan *scan,
		      struct err *err)
{
	AUTO(str)
	char *top =
		g_build_filename(store_path(store), "refs", "threads", NULL);
	AUTO(dir) DIR *dir = opendir(top);
	const struct dirent *entry;

	if (!dir)
		return err_sys(err, "%s", top);
	while ((entry = readdir(dir))) {
		struct err why;

		if (entry->d_name[0] != '.' &&
		    read_loose_folder(top, entry->d_name, scan, &why) < 0 &&
		    note(scan, &why) < 0)
			return err_set(err, why.code, "%s", why.text);
	}
	return 0;
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

static int by_name(gconstpointer a, gconstpointer b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x + NAME_AT, *y + NAME_AT);
}

static void print_refs(const GArray *refs, GString *text)
{
	char hex[OBJECT_ID_HEX + 1];

	for (guint i = 0; i < refs->len; i++) {
		const struct ref_move *ref =
			&g_array_index(refs, struct ref_move, i);

		object_id_print(&ref->tip, hex);
		(void)g_string_append(text, hex);
		(void)g_string_append_c(text, ' ');
		print_name(ref, text);
		(void)g_string_append_c(text, '\n');
	}
}

/* Ours stand together: no other name begins as they do. */
static void print_packed(const GArray *refs, const struct foreign *foreign,
			 GString *text)
{
	GPtrArray *lines = foreign->lines;
	guint i = 0;

	g_ptr_array_sort(lines, by_name);
	g_string_append_printf(text, "# pack-refs with:%s sorted \n",
			       foreign->peeled || lines->len == 0 ? peeled
								  : "");
	for (; i < lines->len; i++) {
		const char *line = g_ptr_array_index(lines, i);

		if (strcmp(line + NAME_AT, prefix) > 0)
			break;
		(void)g_string_append(text, line);
	}
	print_refs(refs, text);
	for (; i < lines->len; i++)
		(void)g_string_append(text, g_ptr_array_index(lines, i));
}

static int write_packed(struct store *store, const GArray *refs,
			const struct foreign *foreign, struct err *err)
{
	AUTO(str)
	char *path = g_build_filename(store_path(store), "packed-refs", NULL);
	AUTO(gstring) GString *text = g_string_sized_new(LINE * refs->len + 64);

	print_packed(refs, foreign, text);
	if (store_write_locked(path, text->str, text->len, true, err) < 0)
		return -1;
	return io_sync(store_path(store), err);
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
	struct foreign foreign = { .lines = lines };
	struct scan scan = { .refs = refs, .foreign = &foreign };

	if (read_packed(store, &scan, err) < 0)
		return -1;
	(void)g_array_append_vals(refs, moves, (guint)count);
	merge(refs);
	crash_point("refs: before packed-refs");
	if (write_packed(store, refs, &foreign, err) < 0)
		return -1;
	crash_point("refs: packed-refs in place, before loose refs go");
	return remove_loose(store, moves, count, err);
}

static size_t packed_count(struct store *store)
{
	AUTO(str)
	char *path = g_build_filename(store_path(store), "packed-refs", NULL);
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (size_t)st.st_size / LINE;
}

int store_move_refs(struct store *store, const struct ref_move *moves,
		    size_t count, bool *durable_r, struct err *err)
{
	*durable_r = count == 0;
	if (count > FEW && count * SHARE > packed_count(store)) {
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

	struct scan scan = { .refs = refs, .problems = problems };

	if (read_packed(store, &scan, err) < 0 ||
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

/* Every file that has the name of a chain's ref, whatever is in it. */
static int list_loose_names(struct store *store, GArray *names, struct err *err)
{
	AUTO(str)
	char *top =
		g_build_filename(store_path(store), "refs", "threads", NULL);
	AUTO(dir) DIR *dir = opendir(top);
	const struct dirent *entry;

	if (!dir)
		return err_sys(err, "%s", top);
	while ((entry = readdir(dir))) {
		AUTO(str)
		char *path = g_build_filename(top, entry->d_name, NULL);
		AUTO(dir) DIR *inner = opendir(path);
		const struct dirent *file;

		while (inner && (file = readdir(inner))) {
			AUTO(str)
			char *name = g_strconcat(entry->d_name, "/",
						 file->d_name, NULL);
			struct ref_move ref = { 0 };

			if (parse_name(name, &ref, NULL) == 0)
				(void)g_array_append_val(names, ref);
		}
	}
	return 0;
}

int store_rewrite_refs(struct store *store, GArray *refs, struct err *err)
{
	AUTO(array)
	GArray *names = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	AUTO(array)
	GArray *old = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	struct foreign foreign = { .lines = lines };
	struct scan scan = { old, problems, &foreign };

	merge(refs);
	if (list_loose_names(store, names, err) < 0 ||
	    read_packed(store, &scan, err) < 0 ||
	    write_packed(store, refs, &foreign, err) < 0)
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

	struct scan scan = { .refs = refs };

	if (read_loose(store, &scan, err) < 0)
		return -1;
	if (refs->len == 0)
		return 0;
	return move_packed(store, &g_array_index(refs, struct ref_move, 0),
			   refs->len, err);
}
