/* SPDX-License-Identifier: ISC */
#include "pack-file.h"

#include <errno.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "defms/io.h"
#include "store-pack.h"
#include "test.h"

enum { OBJECTS = 20 };

struct place {
	char *path; /* owned */
	struct store *store;
};

static struct place place_open(void)
{
	char *folder = g_dir_make_tmp("defms-join-XXXXXX", NULL);
	struct place place = { g_build_filename(folder, "git", NULL), NULL };
	struct err err;

	g_free(folder);
	CHECK_INT(store_create(place.path, &err), 0);
	CHECK_INT(store_open(place.path, &place.store, &err), 0);
	return place;
}

static void place_close(struct place *place)
{
	AUTO(str) char *folder = g_path_get_dirname(place->path);
	AUTO(str) char *command = g_strdup_printf("rm -rf '%s'", folder);

	store_close(place->store);
	CHECK_INT(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL),
		  TRUE);
	g_free(place->path);
}

/* A pack of objects numbered from `first` on; caller frees its name. */
static char *make_pack(struct place *place, unsigned first, unsigned count)
{
	AUTO(pack) struct pack *pack = NULL;
	char *name = NULL;
	struct err err;

	CHECK_INT(pack_begin(place->store, &pack, &err), 0);
	for (unsigned i = first; i < first + count; i++) {
		AUTO(str) char *text = g_strnfill(i * 37, (char)('a' + i % 26));
		struct packed packed;

		packed_encode(OBJECT_BLOB, text, i * 37, i % 2, &packed);
		CHECK_INT(pack_add(pack, &packed, &err), 0);
		packed_release(&packed);
	}
	CHECK_INT(pack_finish(pack, &name, &err), 0);
	CHECK_INT(pack_release(place->store, name, &err), 0);
	return name;
}

static char *file_of(const struct place *place, const char *name,
		     const char *ending)
{
	AUTO(str) char *file = g_strconcat(name, ending, NULL);

	return g_build_filename(place->path, "objects", "pack", file, NULL);
}

/* Is the pack in order, to its last byte? */
static bool is_whole(struct place *place, const char *name)
{
	AUTO(pack_file) struct pack_file *file = NULL;
	struct packed packed;
	struct err err;
	int more;

	if (pack_file_open(place->store, name, &file, &err) < 0 ||
	    pack_file_verify(file, &err) < 0)
		return false;
	while ((more = pack_file_next(file, &packed, &err)) > 0)
		packed_release(&packed);
	return more == 0;
}

/* Every truncation of a file, and every byte of it another, is noticed. */
static void damage(struct place *place, const char *name, const char *ending)
{
	AUTO(str) char *path = file_of(place, name, ending);
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct err err;

	CHECK_INT(io_read_file(path, 1 << 20, data, &err), 0);
	CHECK_INT(g_chmod(path, 0600), 0);
	for (guint i = 0; i < data->len; i++) {
		CHECK_INT(io_write_file(path, data->data, i, &err), 0);
		if (!CHECK(!is_whole(place, name)))
			printf("# cut to %u\n", i);
		data->data[i] ^= 0x40;
		CHECK_INT(io_write_file(path, data->data, data->len, &err), 0);
		if (!CHECK(!is_whole(place, name)))
			printf("# byte %u\n", i);
		data->data[i] ^= 0x40;
	}
	CHECK_INT(io_write_file(path, data->data, data->len, &err), 0);
	CHECK(is_whole(place, name));
}

TEST(any_damage_of_pack_or_idx_is_noticed)
{
	struct place place = place_open();
	AUTO(str) char *name = make_pack(&place, 1, 3);

	damage(&place, name, ".idx");
	damage(&place, name, ".pack");
	place_close(&place);
}

TEST(an_idx_made_anew_is_the_one_that_was)
{
	struct place place = place_open();
	AUTO(str) char *name = make_pack(&place, 0, OBJECTS);
	AUTO(str) char *path = file_of(&place, name, ".idx");
	AUTO(bytes) GByteArray *before = g_byte_array_new();
	AUTO(bytes) GByteArray *after = g_byte_array_new();
	struct err err;

	CHECK_INT(io_read_file(path, 1 << 20, before, &err), 0);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(pack_reindex(place.store, name, &err), 0);
	CHECK_INT(io_read_file(path, 1 << 20, after, &err), 0);
	CHECK_INT(after->len, before->len);
	CHECK_MEM(after->data, before->data, before->len);
	place_close(&place);
}

TEST(no_idx_is_made_of_a_damaged_pack)
{
	struct place place = place_open();
	AUTO(str) char *name = make_pack(&place, 1, 3);
	AUTO(str) char *path = file_of(&place, name, ".pack");
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct err err;

	CHECK_INT(io_read_file(path, 1 << 20, data, &err), 0);
	CHECK_INT(g_chmod(path, 0600), 0);
	for (guint i = 0; i < data->len; i++) {
		CHECK_INT(io_write_file(path, data->data, i, &err), 0);
		CHECK_INT(pack_reindex(place.store, name, &err), -1);
		CHECK_INT(err.code, EBADMSG);
	}
	place_close(&place);
}

TEST(a_joined_pack_holds_each_object_of_the_others_once)
{
	struct place place = place_open();
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	AUTO(pack_file) struct pack_file *file = NULL;
	AUTO(str) char *joined = NULL;
	struct packed packed;
	unsigned count = 0;
	struct err err;

	g_ptr_array_add(names, make_pack(&place, 0, 12));
	g_ptr_array_add(names, make_pack(&place, 8, OBJECTS - 8));
	CHECK_INT(pack_join(place.store, names, NULL, &joined, &err), 0);
	for (guint i = 0; i < names->len; i++)
		CHECK_INT(pack_remove(place.store, g_ptr_array_index(names, i),
				      &err),
			  0);
	store_close(place.store);
	CHECK_INT(store_open(place.path, &place.store, &err), 0);
	CHECK(is_whole(&place, joined));
	CHECK_INT(pack_file_open(place.store, joined, &file, &err), 0);
	while (pack_file_next(file, &packed, &err) > 0) {
		CHECK_INT(store_verify(place.store, &packed.id, NULL, &err), 1);
		packed_release(&packed);
		count++;
	}
	CHECK_INT(count, OBJECTS);
	place_close(&place);
}

TEST(joining_a_pack_with_part_of_it_gives_that_pack)
{
	struct place place = place_open();
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	AUTO(str) char *joined = NULL;
	struct err err;

	g_ptr_array_add(names, make_pack(&place, 0, 12));
	g_ptr_array_add(names, make_pack(&place, 3, 2));
	CHECK_INT(pack_join(place.store, names, NULL, &joined, &err), 0);
	CHECK_STR(joined, g_ptr_array_index(names, 0));
	CHECK(is_whole(&place, joined));
	place_close(&place);
}

TEST(what_nothing_reaches_is_waste_and_not_joined)
{
	struct place place = place_open();
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	AUTO(table)
	GHashTable *reached = g_hash_table_new_full(
		object_id_hash, object_id_equal, g_free, NULL);
	AUTO(pack_file) struct pack_file *file = NULL;
	AUTO(pack_file) struct pack_file *left = NULL;
	AUTO(str) char *joined = NULL, *none = NULL;
	struct pack_waste waste;
	struct packed packed;
	uint64_t size = 0;
	unsigned count = 0;
	struct err err;

	g_ptr_array_add(names, make_pack(&place, 0, OBJECTS));
	CHECK_INT(pack_file_open(place.store, g_ptr_array_index(names, 0),
				 &file, &err),
		  0);
	while (pack_file_next(file, &packed, &err) > 0) {
		if (count++ % 2)
			(void)g_hash_table_add(
				reached,
				g_memdup2(&packed.id, sizeof(packed.id)));
		else
			size += packed.bytes->len;
		packed_release(&packed);
	}
	CHECK_INT(pack_file_waste(file, reached, &waste, &err), 0);
	CHECK_INT(waste.bytes, size);
	CHECK(waste.of > size);
	CHECK(waste.content);
	CHECK_INT(pack_join(place.store, names, reached, &joined, &err), 0);
	CHECK(is_whole(&place, joined));
	CHECK_INT(pack_file_open(place.store, joined, &left, &err), 0);
	CHECK_INT(pack_file_waste(left, reached, &waste, &err), 0);
	CHECK_INT(waste.bytes, 0);
	CHECK(!waste.content);
	for (count = 0; pack_file_next(left, &packed, &err) > 0; count++) {
		CHECK(g_hash_table_contains(reached, &packed.id));
		packed_release(&packed);
	}
	CHECK_INT(count, OBJECTS / 2);
	g_hash_table_remove_all(reached);
	CHECK_INT(pack_join(place.store, names, reached, &none, &err), 0);
	CHECK(!none);
	place_close(&place);
}
