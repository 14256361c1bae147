/* SPDX-License-Identifier: ISC */
#include "dir-join.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "car-write.h"
#include "defms/car.h"
#include "remote-dir.h"

enum {
	LEAST = 8, /* files that are joined */
	CHUNK = 1 << 20,
};

struct joining {
	const struct dir_join *join; /* borrowed */
	struct car_write *write;     /* borrowed */
	GHashTable *written;         /* borrowed: struct object_id */
};

static gint by_number(gconstpointer a, gconstpointer b)
{
	const struct state_file *x = a, *y = b;
	struct dir_hand hand;
	uint64_t first = 0, second = 0;

	(void)dir_parse_name(x->name, &hand, &first);
	(void)dir_parse_name(y->name, &hand, &second);
	return (first > second) - (first < second);
}

guint dir_join_from(GArray *files)
{
	guint first = files->len;
	int64_t total = 0;

	g_array_sort(files, by_number);
	while (first > 0) {
		const struct state_file *file =
			&g_array_index(files, struct state_file, first - 1);

		if (first < files->len && file->size > 2 * total)
			break;
		total += file->size;
		first--;
	}
	return files->len - first < LEAST ? files->len : first;
}

/* A tree of a root that is not the one: of heads, or the top itself. Trees of
 * strands have neither links nor an entry of that name. */
static bool is_stale(const struct joining *joining,
		     const struct car_block *block)
{
	static const char link[] = "160000 ", cards[] = "40000 cards";

	if (block->type != OBJECT_TREE ||
	    root_tree_has(joining->join->root, &block->id))
		return false;
	return (block->size >= sizeof(link) - 1 &&
		memcmp(block->data, link, sizeof(link) - 1) == 0) ||
	       memmem(block->data, block->size, cards, sizeof(cards));
}

static int copy_block(struct joining *joining, const struct car_block *block,
		      struct err *err)
{
	if (is_stale(joining, block) ||
	    g_hash_table_contains(joining->written, &block->id))
		return 0;
	(void)g_hash_table_add(joining->written,
			       g_memdup2(&block->id, sizeof(block->id)));
	if (car_write_object(&block->id, block->type, block->data, block->size,
			     car_write_buffer(joining->write), err) < 0)
		return -1;
	return car_write_flush(joining->write, err);
}

static int copy_blocks(struct joining *joining, struct car_reader *reader,
		       struct err *err)
{
	struct car_block block;
	int more;

	while ((more = car_next(reader, &block, err)) > 0)
		if (!block.sound || copy_block(joining, &block, err) < 0)
			return -1;
	return more;
}

static int copy_file(struct joining *joining, const char *name, struct err *err)
{
	static const struct car_limits limits = { UINT64_MAX, UINT64_MAX };
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&limits);
	AUTO(str) char *buffer = g_malloc(CHUNK);
	AUTO(fd)
	int fd = openat(joining->join->folder, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t size = 1;

	if (fd < 0)
		return err_sys(err, "%s", name);
	while (size > 0) {
		size = read(fd, buffer, CHUNK);
		if (size < 0 && errno != EINTR)
			return err_sys(err, "%s", name);
		if (size <= 0)
			continue;
		car_feed(reader, buffer, (size_t)size);
		if (copy_blocks(joining, reader, err) < 0)
			return err_prefix(err, "%s", name);
	}
	if (car_end(reader, err) < 0)
		return err_prefix(err, "%s", name);
	return 0;
}

/* In front, so that whoever wants to know what it names need not read it all.
 */
static int put_root(struct joining *joining, struct err *err)
{
	const struct root_tree *root = joining->join->root;

	car_write_header(&root->id, car_write_buffer(joining->write));
	for (guint i = 0; i < root->objects->len; i++) {
		const struct root_object *object = root->objects->pdata[i];
		const struct car_block block = { .id = object->id,
						 .type = object->type,
						 .data = object->body->data,
						 .size = object->body->len };

		if (copy_block(joining, &block, err) < 0)
			return -1;
	}
	return 0;
}

int dir_join(const struct dir_join *join, const GArray *files, guint first,
	     struct err *err)
{
	AUTO(table)
	GHashTable *written = g_hash_table_new_full(
		object_id_hash, object_id_equal, g_free, NULL);
	AUTO(car_write) struct car_write *write = NULL;
	struct joining joining = { join, NULL, written };

	if (car_write_begin(join->folder, join->temporary, &write, err) < 0)
		return -1;
	joining.write = write;
	if (put_root(&joining, err) < 0)
		return -1;
	for (guint i = first; i < files->len; i++)
		if (copy_file(&joining,
			      g_array_index(files, struct state_file, i).name,
			      err) < 0)
			return -1;
	return car_write_end(write, join->name, false, err);
}
