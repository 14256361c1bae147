/* SPDX-License-Identifier: ISC */
#include "car-files.h"

#include <errno.h>
#include <fcntl.h>

#include "car-write.h"
#include "defms/car.h"
#include "dir-join.h"
#include "remote-dir.h"
#include "store-test.h"

enum { OBJECTS = 40 };

static GByteArray *body_of(int number)
{
	GByteArray *body = g_byte_array_new();
	int size = number * number * 300;

	for (int i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)(number + i);

		(void)g_byte_array_append(body, &byte, 1);
	}
	return body;
}

static struct object_id id_of(int number)
{
	AUTO(bytes) GByteArray *body = body_of(number);

	return object_id_of(OBJECT_BLOB, body->data, body->len);
}

/* A file with objects `first` to `last`, of the last's root. */
static void write_file(int folder, const char *name, int first, int last)
{
	AUTO(car_write) struct car_write *write = NULL;
	struct object_id id = id_of(last);
	struct err err = { 0 };

	CHECK_INT(car_write_begin(folder, ".tmp", &write, &err), 0);
	car_write_header(&id, car_write_buffer(write));
	for (int i = first; i <= last; i++) {
		AUTO(bytes) GByteArray *body = body_of(i);

		id = id_of(i);
		CHECK_INT(car_write_object(&id, OBJECT_BLOB, body->data,
					   body->len, car_write_buffer(write),
					   &err),
			  0);
		CHECK_INT(car_write_flush(write, &err), 0);
	}
	CHECK_INT(car_write_end(write, name, false, &err), 0);
}

static int open_folder(const char *folder)
{
	int fd = -1;
	struct err err;

	CHECK_INT(dir_open(folder, &fd, &err), 0);
	return fd;
}

/* How many of the objects can be read, and are what they should be. */
static int count(struct car_files *files)
{
	int found = 0;

	for (int i = 0; i < OBJECTS; i++) {
		AUTO(bytes) GByteArray *got = g_byte_array_new();
		AUTO(bytes) GByteArray *want = body_of(i);
		struct object_id id = id_of(i);
		enum object_type type = OBJECT_TAG;
		struct err err;

		if (car_files_read(files, &id, &type, got, &err) <= 0)
			continue;
		CHECK_INT(type, OBJECT_BLOB);
		CHECK_INT(got->len, want->len);
		CHECK_MEM(got->data, want->data, MIN(got->len, want->len));
		found++;
	}
	return found;
}

TEST(objects_are_found_in_whichever_file)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(fd) int fd = open_folder(folder);
	AUTO(car_files) struct car_files *files = car_files_new(fd, 1 << 30);
	struct object_id root, want = id_of(OBJECTS - 1);
	struct err err = { 0 };

	write_file(fd, "a.car", 0, 20);
	write_file(fd, "b.car", 10, OBJECTS - 1);
	CHECK_INT(count(files), 0);
	CHECK_INT(car_files_add(files, "a.car", &root, &err), 1);
	CHECK_INT(count(files), 21);
	CHECK_INT(car_files_add(files, "b.car", &root, &err), 1);
	CHECK_MEM(&root, &want, sizeof(root));
	CHECK_INT(count(files), OBJECTS);
	CHECK_INT(car_files_add(files, "c.car", &root, &err), 0);
	CHECK(object_id_is_null(&root));
}

TEST(what_is_cut_off_gives_what_is_before)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(fd) int fd = open_folder(folder);

	write_file(fd, "a.car", 0, OBJECTS - 1);
	for (int keep = 0; keep < 100; keep += 9) {
		AUTO(car_files)
		struct car_files *files = car_files_new(fd, 1 << 30);
		struct object_id root;
		struct err err = { 0 };

		CHECK_INT(shell("cd %s && head -c $(($(stat -c %%s a.car)"
				" * %d / 100)) a.car >b.car",
				folder, keep),
			  0);
		CHECK_INT(car_files_add(files, "b.car", &root, &err), -1);
		CHECK(strstr(err.text, "b.car: "));
		CHECK_INT(object_id_is_null(&root), keep == 0);
		CHECK(count(files) < OBJECTS);
		CHECK(keep < 50 || count(files) > 20);
	}
}

TEST(what_is_spoiled_hides_nothing_else)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(fd) int fd = open_folder(folder);
	AUTO(car_files) struct car_files *files = car_files_new(fd, 1 << 30);
	struct object_id root;
	struct err err = { 0 };

	write_file(fd, "a.car", 0, OBJECTS - 1);
	CHECK_INT(shell("cd %s && s=$(stat -c %%s a.car) && printf '\\377' |"
			" dd of=a.car bs=1 seek=$((s - 5)) conv=notrunc"
			" 2>/dev/null",
			folder),
		  0);
	CHECK_INT(car_files_add(files, "a.car", &root, &err), -1);
	CHECK_INT(count(files), OBJECTS - 1);
}

TEST(a_file_that_vanishes_or_shrinks_has_nothing)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(fd) int fd = open_folder(folder);
	AUTO(car_files) struct car_files *files = car_files_new(fd, 1 << 30);
	struct object_id root;
	struct err err = { 0 };

	write_file(fd, "a.car", 0, OBJECTS - 1);
	CHECK_INT(car_files_add(files, "a.car", &root, &err), 1);
	CHECK_INT(shell("cd %s && truncate -s 1000 a.car", folder), 0);
	CHECK(count(files) < 3);
	CHECK_INT(shell("cd %s && rm a.car", folder), 0);
	write_file(fd, "b.car", 5, 5);
	CHECK_INT(car_files_add(files, "b.car", &root, &err), 1);
	CHECK(count(files) <= 3);
}

TEST(no_more_is_read_than_is_wanted)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(fd) int fd = open_folder(folder);
	AUTO(car_files) struct car_files *files = car_files_new(fd, 100000);
	struct object_id root;
	struct err err = { 0 };

	write_file(fd, "a.car", 0, OBJECTS - 1);
	CHECK_INT(car_files_add(files, "a.car", &root, &err), -1);
	CHECK_INT(err.code, EFBIG);
}

/* -- joining --------------------------------------------------------------- */

static void add_row(GArray *rows, int number, int64_t size)
{
	struct dir_hand hand = { { { 1 } }, 1 };
	AUTO(str) char *name = dir_print_name(&hand, (uint64_t)number);
	struct state_file row = { .size = size };

	(void)g_strlcpy(row.name, name, sizeof(row.name));
	(void)g_array_append_val(rows, row);
}

TEST(small_files_are_joined_and_large_ones_left_alone)
{
	AUTO(array)
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(struct state_file));

	/* In the order of their names 10 comes before 2. */
	for (int i = 10; i > 1; i--)
		add_row(rows, i, 100);
	CHECK_INT(dir_join_from(rows), 0);
	add_row(rows, 1, 100000);
	CHECK_INT(dir_join_from(rows), 1);
	g_array_index(rows, struct state_file, 0).size = 1800;
	CHECK_INT(dir_join_from(rows), 0);
	(void)g_array_set_size(rows, 0);
	for (int i = 0; i < 7; i++)
		add_row(rows, i + 1, 100);
	CHECK_INT(dir_join_from(rows), 7);
}

TEST(a_joined_file_has_each_object_once)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(fd) int fd = open_folder(folder);
	AUTO(array)
	GArray *heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	AUTO(ptrs) GPtrArray *cards = g_ptr_array_new();
	AUTO(root_tree)
	struct root_tree *tree = root_tree_new(heads, cards);
	AUTO(array)
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(struct state_file));
	AUTO(car_files) struct car_files *files = car_files_new(fd, 1 << 30);
	struct dir_join join = { fd, ".tmp", "all.car", tree };
	struct object_id root;
	struct err err = { 0 };

	for (int i = 0; i < 10; i++) {
		add_row(rows, i + 1, 1);
		write_file(fd, g_array_index(rows, struct state_file, i).name,
			   i * 3, MIN(i * 3 + 12, OBJECTS - 1));
	}
	CHECK_INT(dir_join(&join, rows, 0, &err), 0);
	CHECK_INT(car_files_add(files, "all.car", &root, &err), 1);
	CHECK_MEM(&root, &tree->id, sizeof(root));
	CHECK_INT(count(files), OBJECTS);
	/* One that is damaged ends it, and leaves nothing. */
	CHECK_INT(
		shell("cd %s && rm all.car && truncate -s -1 *-3.car", folder),
		0);
	CHECK_INT(dir_join(&join, rows, 0, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	CHECK_INT(shell("cd %s && [ ! -e all.car ] && [ ! -e .tmp ]", folder),
		  0);
}
