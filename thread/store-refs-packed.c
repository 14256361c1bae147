/* SPDX-License-Identifier: ISC */
/* packed-refs (git-pack-refs(1)): ours are read and written among the lines of
 * others, sorted by name. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "store-lock.h"
#include "store-refs.h"

enum {
	LINE = 120,                  /* bytes of a line */
	NAME_AT = OBJECT_ID_HEX + 1, /* in it: the name */
	PACKED_MAX = 1 << 30,
};

static const char peeled[] = " peeled fully-peeled";

static const char prefix[] = "refs/threads/";

void ref_name_print(const struct ref_move *ref, GString *out)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];

	strand_id_print(&ref->strand, strand);
	device_id_print(&ref->device, device);
	g_string_append_printf(out, "%s%s/%s", prefix, strand, device);
}

int ref_name_parse(const char *name, struct ref_move *ref, struct err *err)
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

int ref_scan_note(const struct ref_scan *scan, const struct err *err)
{
	if (!scan->problems)
		return -1;
	g_ptr_array_add(scan->problems, g_strdup(err->text));
	return 0;
}

static void keep_line(const struct ref_scan *scan, const char *line)
{
	if (scan->foreign)
		g_ptr_array_add(scan->foreign->lines,
				g_strconcat(line, "\n", NULL));
}

/* A "#" line, which says what there is in the file, or a "^" line: the object
 * that the tag of the line before leads to. `ours` is whose line that was. */
static void parse_mark(const char *line, const struct ref_scan *scan, bool ours)
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

static int parse_line(char *line, const struct ref_scan *scan, bool *ours,
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
	if (ref_name_parse(line + NAME_AT + strlen(prefix), &ref, err) < 0)
		return err_prefix(err, "packed-refs");
	(void)g_array_append_val(scan->refs, ref);
	return 0;
}

int packed_refs_read(struct store *store, const struct ref_scan *scan,
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
		if (ref_scan_note(scan, &why) < 0)
			return err_set(err, why.code, "%s", why.text);
	}
	(void)g_byte_array_append(data, (const guint8 *)"", 1);
	rest = (char *)data->data;
	while ((line = strsep(&rest, "\n")))
		if (parse_line(line, scan, &ours, &why) < 0 &&
		    ref_scan_note(scan, &why) < 0)
			return err_set(err, why.code, "%s", why.text);
	return 0;
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
		ref_name_print(ref, text);
		(void)g_string_append_c(text, '\n');
	}
}

/* Ours stand together: no other name begins as they do. */
static void print_packed(const GArray *refs, const struct ref_foreign *foreign,
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

int packed_refs_write(struct store *store, const GArray *refs,
		      const struct ref_foreign *foreign, struct err *err)
{
	AUTO(str)
	char *path = g_build_filename(store_path(store), "packed-refs", NULL);
	AUTO(gstring) GString *text = g_string_sized_new(LINE * refs->len + 64);

	print_packed(refs, foreign, text);
	if (store_write_locked(path, text->str, text->len, true, err) < 0)
		return -1;
	return io_sync(store_path(store), err);
}

size_t packed_refs_count(struct store *store)
{
	AUTO(str)
	char *path = g_build_filename(store_path(store), "packed-refs", NULL);
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (size_t)st.st_size / LINE;
}
