/* SPDX-License-Identifier: ISC */
#include "car-root.h"

#include <fcntl.h>
#include <unistd.h>

#include "defms/car.h"
#include "defms/root-tree.h"
#include "store-test.h"

/* A tree with two heads of different bytes, thus of three objects. */
static struct root_tree *tree_of_two(void)
{
	AUTO(array)
	GArray *heads = g_array_new(FALSE, TRUE, sizeof(struct head));
	AUTO(ptrs) GPtrArray *none = g_ptr_array_new();
	struct head head = { .tip = { { 1 } } };

	(void)g_array_append_val(heads, head);
	head.strand.bytes[0] = 7;
	(void)g_array_append_val(heads, head);
	return root_tree_new(heads, none);
}

static void write_file(const char *folder, const GByteArray *bytes)
{
	AUTO(str) char *path = g_build_filename(folder, "a.car", NULL);

	CHECK(g_file_set_contents(path, (const char *)bytes->data,
				  (gssize)bytes->len, NULL));
}

/* How many trees the file names that has the first `size` bytes; -1. */
static int count_trees(const GByteArray *bytes, guint size)
{
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	AUTO(bytes) GByteArray *part = g_byte_array_new();
	AUTO(folder) char *path = folder_new();
	AUTO(fd) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int found;

	(void)g_byte_array_append(part, bytes->data, size);
	write_file(path, part);
	found = car_root_list(folder, "a.car", ids, NULL);
	CHECK_INT(car_root_list(folder, "b.car", ids, NULL), 0);
	CHECK_INT(found > 0, ids->len > 0);
	return found < 0 ? -1 : (int)ids->len;
}

TEST(a_root_is_read_wherever_the_rest_ends)
{
	AUTO(root_tree) struct root_tree *tree = tree_of_two();
	AUTO(bytes) GByteArray *car = g_byte_array_new();
	guint end;

	car_write_header(&tree->id, car);
	for (guint i = 0; i < tree->objects->len; i++) {
		const struct root_object *object = tree->objects->pdata[i];

		CHECK_INT(car_write_object(&object->id, object->type,
					   object->body->data,
					   object->body->len, car, NULL),
			  0);
	}
	end = car->len;
	(void)g_byte_array_append(car, (const guint8 *)"what is no CAR", 14);
	for (guint size = 0; size <= car->len; size++)
		CHECK_INT(count_trees(car, size), size < end ? 0 : 2);
	car->data[end - 1] ^= 1;
	CHECK_INT(count_trees(car, end), 0);
}
