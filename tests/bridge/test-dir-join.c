/* SPDX-License-Identifier: ISC */
#include "dir-join.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "car-files.h"
#include "car-write.h"
#include "defms/car.h"
#include "remote-dir.h"
#include "store-test.h"

static const struct dir_hand hand = { { { 0xad, 0xa0 } }, 7 };

static void add_file(GArray *files, uint64_t number, int64_t size)
{
	AUTO(str) char *name = dir_print_name(&hand, number);
	struct state_file file = { .size = size };

	(void)g_strlcpy(file.name, name, sizeof(file.name));
	(void)g_array_append_val(files, file);
}

/* -- which ones ------------------------------------------------------------ */

TEST(a_few_files_are_not_joined)
{
	AUTO(array)
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct state_file));

	CHECK_INT(dir_join_from(files), 0);
	for (uint64_t number = 1; number < 8; number++) {
		add_file(files, number, 100);
		CHECK_INT(dir_join_from(files), files->len);
	}
	add_file(files, 8, 100);
	CHECK_INT(dir_join_from(files), 0);
}

TEST(files_are_joined_in_the_order_of_their_numbers)
{
	AUTO(array)
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct state_file));

	/* 10 before 9 by name; the large one is the oldest. */
	for (uint64_t number = 12; number > 1; number--)
		add_file(files, number, 10);
	add_file(files, 1, 10000);
	CHECK_INT(dir_join_from(files), 1);
	for (guint i = 0; i < files->len; i++) {
		struct dir_hand whose;
		uint64_t number = 0;

		CHECK(dir_parse_name(
			g_array_index(files, struct state_file, i).name, &whose,
			&number));
		CHECK_INT(number, i + 1);
	}
}

/* Whatever is written, and however often: not many files, and each byte is
 * copied a few times only. */
TEST(a_folder_stays_small_and_so_does_what_is_copied)
{
	AUTO(array)
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct state_file));
	int64_t written = 0, copied = 0;
	uint64_t number = 0;
	guint most = 0;

	for (int i = 0; i < 5000; i++) {
		int64_t size = 1000 + i % 7 * 500, joined = 0;
		guint first;

		add_file(files, ++number, size);
		written += size;
		most = MAX(most, files->len);
		first = dir_join_from(files);
		if (first == files->len)
			continue;
		for (guint at = first; at < files->len; at++)
			joined += g_array_index(files, struct state_file, at)
					  .size;
		(void)g_array_set_size(files, first);
		add_file(files, ++number, joined);
		copied += joined;
	}
	CHECK(most < 40);
	CHECK(copied < 12 * written);
}

/* -- what is in the new one ------------------------------------------------ */

static struct object_id put(struct car_write *write, enum object_type type,
			    const void *data, size_t size)
{
	struct object_id id = object_id_of(type, data, size);
	struct err err;

	CHECK_INT(car_write_object(&id, type, data, size,
				   car_write_buffer(write), &err),
		  0);
	return id;
}

/* A tree with an entry, as it stands in a root of before. */
static struct object_id put_tree(struct car_write *write, const char *entry)
{
	AUTO(bytes) GByteArray *tree = g_byte_array_new();
	static const uint8_t id[20] = { 7 };

	(void)g_byte_array_append(tree, (const guint8 *)entry,
				  (guint)strlen(entry) + 1);
	(void)g_byte_array_append(tree, id, sizeof(id));
	return put(write, OBJECT_TREE, tree->data, tree->len);
}

struct made {
	struct object_id blob, twice, top, heads, strand;
};

/* The file of a number, with what it has of its own and what both have. */
static struct made write_file(int folder, uint64_t number, GArray *files)
{
	AUTO(str) char *name = dir_print_name(&hand, number);
	AUTO(car_write) struct car_write *write = NULL;
	struct object_id root = { { 1 } };
	struct made made;
	struct err err = { 0 };

	CHECK_INT(car_write_begin(folder, ".tmp", &write, &err), 0);
	car_write_header(&root, car_write_buffer(write));
	made.blob = put(write, OBJECT_BLOB, &number, sizeof(number));
	made.twice = put(write, OBJECT_BLOB, "both", 4);
	made.top = put_tree(write, "40000 cards");
	made.heads = put_tree(write, "160000 0123");
	made.strand = put_tree(write, "100644 thread");
	CHECK_INT(car_write_end(write, name, false, &err), 0);
	add_file(files, number, 1);
	return made;
}

static int open_folder(const char *folder)
{
	int fd = -1;
	struct err err;

	CHECK_INT(dir_open(folder, &fd, &err), 0);
	return fd;
}

static struct root_tree *new_root(void)
{
	AUTO(array)
	GArray *heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	AUTO(ptrs) GPtrArray *cards = g_ptr_array_new();

	return root_tree_new(heads, cards);
}

static bool has(struct car_files *files, const struct object_id *id)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	enum object_type type;

	return car_files_read(files, id, &type, out, NULL) > 0;
}

TEST(the_new_file_has_all_but_the_trees_of_old_roots)
{
	AUTO(folder) char *path = folder_new();
	AUTO(fd) int folder = open_folder(path);
	AUTO(array)
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct state_file));
	AUTO(root_tree) struct root_tree *root = new_root();
	AUTO(car_files) struct car_files *read = car_files_new(folder, 1 << 20);
	struct dir_join join = { folder, ".tmp", "joined.car", root };
	struct made one = write_file(folder, 1, files);
	struct made two = write_file(folder, 2, files);
	struct object_id got;
	struct err err = { 0 };

	if (!CHECK_INT(dir_join(&join, files, 0, &err), 0))
		printf("# %s\n", err.text);
	CHECK_INT(car_files_add(read, "joined.car", &got, &err), 1);
	CHECK(object_id_equal(&got, &root->id));
	CHECK(has(read, &one.blob));
	CHECK(has(read, &two.blob));
	CHECK(has(read, &one.twice));
	CHECK(has(read, &one.strand));
	CHECK(!has(read, &one.top));
	CHECK(!has(read, &one.heads));
}

TEST(a_damaged_file_is_not_joined)
{
	AUTO(folder) char *path = folder_new();
	AUTO(fd) int folder = open_folder(path);
	AUTO(array)
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct state_file));
	AUTO(root_tree) struct root_tree *root = new_root();
	struct dir_join join = { folder, ".tmp", "joined.car", root };
	struct err err = { 0 };
	const char *name;
	AUTO(fd) int fd = -1;
	struct stat st;
	uint8_t byte = 0;

	(void)write_file(folder, 1, files);
	(void)write_file(folder, 2, files);
	name = g_array_index(files, struct state_file, 1).name;
	fd = openat(folder, name, O_RDWR | O_CLOEXEC);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(pread(fd, &byte, 1, st.st_size / 2), 1);
	byte ^= 1;
	CHECK_INT(pwrite(fd, &byte, 1, st.st_size / 2), 1);
	CHECK_INT(dir_join(&join, files, 0, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	CHECK(faccessat(folder, "joined.car", F_OK, 0) < 0);
	CHECK(faccessat(folder, ".tmp", F_OK, 0) < 0);
}
