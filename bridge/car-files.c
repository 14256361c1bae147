/* SPDX-License-Identifier: ISC */
/* Files are read with read(), not mapped: a synchroniser that cuts one off
 * meanwhile would kill us. What is remembered of an object is where it stands;
 * the list is sorted when it is first asked. */
#include "car-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/car.h"

enum {
	CHUNK = 1 << 20,
	CID = 24,
	BLOCKS = 1 << 26, /* in one file */
};

struct place {
	struct object_id id;
	uint32_t file;
	uint64_t offset; /* of its content */
	uint32_t size;
	uint32_t type; /* enum object_type */
};

struct car_files {
	int folder; /* borrowed */
	uint64_t limit, bytes;
	GPtrArray *names; /* owned: char * */
	GArray *places;   /* owned: struct place */
	bool sorted;
	int fd; /* owned: of file `open` */
	guint open;
};

struct car_files *car_files_new(int folder, uint64_t limit)
{
	struct car_files *files = g_new0(struct car_files, 1);

	files->folder = folder;
	files->limit = limit;
	files->names = g_ptr_array_new_with_free_func(g_free);
	files->places = g_array_new(FALSE, FALSE, sizeof(struct place));
	files->fd = -1;
	return files;
}

void car_files_free(struct car_files *files)
{
	if (!files)
		return;
	if (files->fd >= 0)
		(void)close(files->fd);
	g_ptr_array_unref(files->names);
	g_array_unref(files->places);
	g_free(files);
}

uint64_t car_files_bytes(const struct car_files *files)
{
	return files->bytes;
}

/* 1 open, 0 gone, -1. */
static int open_file(const struct car_files *files, const char *name, int *fd_r,
		     struct err *err)
{
	struct stat st;
	int fd = openat(files->folder, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return err_set(err, EINVAL, "%s: not a file", name);
	}
	*fd_r = fd;
	return 1;
}

/* -- reading through ------------------------------------------------------- */

static size_t varint_size(size_t value)
{
	size_t size = 1;

	for (; value > 0x7f; value >>= 7)
		size++;
	return size;
}

static void add_place(struct car_files *files, const struct car_block *block)
{
	static const char *const names[] = { [OBJECT_COMMIT] = "commit",
					     [OBJECT_TREE] = "tree",
					     [OBJECT_BLOB] = "blob",
					     [OBJECT_TAG] = "tag" };
	AUTO(str)
	char *header =
		g_strdup_printf("%s %zu", names[block->type], block->size);
	size_t before = CID + strlen(header) + 1;
	struct place place = { .id = block->id,
			       .file = files->names->len - 1,
			       .size = (uint32_t)block->size,
			       .type = block->type };

	place.offset =
		block->offset + varint_size(before + block->size) + before;
	(void)g_array_append_val(files->places, place);
	files->sorted = false;
}

/* Note the first thing that is wrong. */
static void note(struct err *first, const struct err *err)
{
	if (first->code == 0)
		*first = *err;
}

/* All blocks of what was fed. -1: nothing more can be read. */
static int take_blocks(struct car_files *files, struct car_reader *reader,
		       struct err *first)
{
	struct car_block block;
	struct err err;
	int more;

	while ((more = car_next(reader, &block, &err)) > 0) {
		if (block.sound)
			add_place(files, &block);
		else
			note(first, &err);
	}
	if (more < 0)
		note(first, &err);
	return more;
}

static void read_through(struct car_files *files, struct car_reader *reader,
			 int fd, struct err *first)
{
	AUTO(str) char *buffer = g_malloc(CHUNK);
	struct err err;

	for (;;) {
		ssize_t size = read(fd, buffer, CHUNK);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0) {
			(void)err_sys(&err, "read");
			note(first, &err);
			return;
		}
		if (size == 0)
			break;
		files->bytes += (uint64_t)size;
		car_feed(reader, buffer, (size_t)size);
		if (take_blocks(files, reader, first) < 0)
			return;
	}
	if (car_end(reader, &err) < 0)
		note(first, &err);
}

int car_files_add(struct car_files *files, const char *name,
		  struct object_id *root_r, struct err *err)
{
	uint64_t left = files->limit - MIN(files->limit, files->bytes);
	struct car_limits limits = { .bytes = left, .blocks = BLOCKS };
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&limits);
	AUTO(fd) int fd = -1;
	struct err first = { 0 };
	int found = open_file(files, name, &fd, err);

	memset(root_r, 0, sizeof(*root_r));
	if (found <= 0)
		return found;
	g_ptr_array_add(files->names, g_strdup(name));
	read_through(files, reader, fd, &first);
	if (car_root(reader))
		*root_r = *car_root(reader);
	if (first.code == 0)
		return 1;
	return err_set(err, first.code, "%s: %s", name, first.text);
}

/* -- one object ------------------------------------------------------------ */

static gint by_id(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct object_id));
}

/* It stays open: the next one is likely to stand beside it. */
static int reopen(struct car_files *files, guint file, struct err *err)
{
	int found;

	if (files->fd >= 0 && files->open == file)
		return 1;
	if (files->fd >= 0)
		(void)close(files->fd);
	files->fd = -1;
	files->open = file;
	found = open_file(files, files->names->pdata[file], &files->fd, err);
	return found;
}

static int read_place(struct car_files *files, const struct place *place,
		      GByteArray *out, struct err *err)
{
	guint start = out->len;
	size_t done = 0;
	int found = reopen(files, place->file, err);

	if (found <= 0)
		return found;
	(void)g_byte_array_set_size(out, start + place->size);
	while (done < place->size) {
		ssize_t size = pread(files->fd, out->data + start + done,
				     place->size - done,
				     (off_t)(place->offset + done));

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0) {
			(void)g_byte_array_set_size(out, start);
			return size == 0 ? 0 : err_sys(err, "read");
		}
		done += (size_t)size;
	}
	return 1;
}

int car_files_read(struct car_files *files, const struct object_id *id,
		   enum object_type *type_r, GByteArray *out, struct err *err)
{
	const struct place *place;
	guint at;

	if (!files->sorted)
		g_array_sort(files->places, by_id);
	files->sorted = true;
	if (!g_array_binary_search(files->places, id, by_id, &at))
		return 0;
	place = &g_array_index(files->places, struct place, at);
	*type_r = (enum object_type)place->type;
	return read_place(files, place, out, err);
}
