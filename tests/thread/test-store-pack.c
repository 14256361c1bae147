/* SPDX-License-Identifier: ISC */

#include <sys/resource.h>

#include "store-git.h"
#include "store-pack.h"
#include "store-test.h"

/* Sizes around what the format cares about: varint steps, stored blocks. */
static const size_t sizes[] = { 0,      1,      15,     16,     17,    2047,
				2048,   4096,   65534,  65535,  65536, 65537,
				131070, 131071, 200000, 262143, 262144 };

/* Bytes that do not shrink, or that do. */
static GByteArray *make_bytes(size_t size, bool random, unsigned seed)
{
	GByteArray *bytes = g_byte_array_new();

	g_byte_array_set_size(bytes, (guint)size);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes->data[i] = (guint8)(random ? seed >> 24 : i / 50 % 7);
	}
	return bytes;
}

/* Every size, stored and deflated, in one pack. */
static void fill(struct pack *pack, GArray *ids)
{
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
		AUTO(bytes)
		GByteArray *data = make_bytes(sizes[i / 2], i & 1, (unsigned)i);
		struct packed packed = { 0 };
		struct err err;

		packed_encode(OBJECT_BLOB, data->data, data->len, i % 4 < 2,
			      &packed);
		CHECK_INT(pack_add(pack, &packed, &err), 0);
		CHECK(pack_has(pack, &packed.id));
		/* Again: left out. */
		CHECK_INT(pack_add(pack, &packed, &err), 0);
		(void)g_array_append_val(ids, packed.id);
		packed_release(&packed);
	}
}

TEST(git_accepts_packs_and_their_indexes)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	AUTO(pack) struct pack *pack = NULL;
	AUTO(str) char *name = NULL;
	AUTO(str) char *index = NULL, *objects = NULL;
	struct err err;

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	fill(pack, ids);
	CHECK_INT(pack_count(pack), ids->len - 1); /* nothing, twice */
	if (!CHECK_INT(pack_finish(pack, &name, &err), 0))
		return;
	CHECK_INT(git(store, "verify-pack objects/pack/%s.idx", name), 0);
	index = g_strdup_printf("index-pack --strict -o %s/other.idx "
				"objects/pack/%s.pack",
				folder, name);
	CHECK_INT(git(store, "%s", index), 0);
	objects = g_strdup_printf("objects/pack/%s.idx", name);
	CHECK_INT(shell("cmp %s/other.idx %s/%s", folder, store_path(store),
			objects),
		  0);
	CHECK_INT(git(store, "fsck --strict --no-dangling"), 0);
	CHECK_INT(store_refresh(store, &err), 0);
	for (guint i = 0; i < ids->len; i++) {
		AUTO(bytes) GByteArray *got = g_byte_array_new();
		AUTO(bytes)
		GByteArray *want = make_bytes(sizes[i / 2], i & 1, i);
		const struct object_id *id =
			&g_array_index(ids, struct object_id, i);

		CHECK_INT(store_read(store, id, OBJECT_BLOB, got, &err), 1);
		if (CHECK_INT(got->len, want->len))
			CHECK_MEM(got->data, want->data, want->len);
		CHECK_INT(store_verify(store, id, NULL, &err), 1);
		CHECK_INT(store_read(store, id, OBJECT_TREE, got, &err), -1);
		CHECK_INT(err.code, EBADMSG);
	}
}

TEST(ids_equal_those_of_git)
{
	AUTO(folder) char *folder = folder_new();

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i += 2) {
		AUTO(bytes) GByteArray *data = make_bytes(sizes[i], true, 9);
		AUTO(str) char *path = g_build_filename(folder, "x", NULL);
		AUTO(str) char *got = NULL;
		struct object_id id =
			object_id_of(OBJECT_BLOB, data->data, data->len);
		char hex[OBJECT_ID_HEX + 1];

		CHECK(g_file_set_contents(path, (const char *)data->data,
					  data->len, NULL));
		got = output("git hash-object %s", path);
		object_id_print(&id, hex);
		CHECK_STR(got, hex);
	}
}

/* More than the buffer: the count and the hash are put in afterwards. */
TEST(a_pack_larger_than_the_buffer_is_whole)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(pack) struct pack *pack = NULL;
	AUTO(str) char *name = NULL;
	struct object_id id;
	struct err err;

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	for (unsigned i = 0; i < 20; i++) {
		AUTO(bytes) GByteArray *data = make_bytes(200000, true, i);

		CHECK_INT(pack_add_object(pack, OBJECT_BLOB, data->data,
					  data->len, &id, &err),
			  0);
	}
	if (!CHECK_INT(pack_finish(pack, &name, &err), 0))
		return;
	CHECK_INT(git(store, "verify-pack objects/pack/%s.idx", name), 0);
	CHECK_INT(git(store, "fsck --strict --no-dangling"), 0);
}

TEST(a_pack_that_is_not_finished_leaves_nothing)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(ptrs) GPtrArray *names = NULL;
	struct pack *pack;
	struct object_id id;
	char *name;
	struct err err;

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	CHECK_INT(pack_finish(pack, &name, &err), 0);
	CHECK(name == NULL);
	pack_free(pack);
	CHECK_INT(pack_begin(store, &pack, &err), 0);
	CHECK_INT(pack_add_object(pack, OBJECT_BLOB, "x", 1, &id, &err), 0);
	pack_free(pack);
	CHECK_INT(shell("test -z \"$(ls -A %s/objects/pack)\"",
			store_path(store)),
		  0);
	CHECK_INT(pack_list_kept(store, &names, &err), 0);
	CHECK_INT(names->len, 0);
}

TEST(a_finished_pack_is_kept_until_released_and_can_be_removed)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(ptrs) GPtrArray *names = NULL;
	AUTO(ptrs) GPtrArray *none = NULL;
	AUTO(pack) struct pack *pack = NULL;
	AUTO(str) char *name = NULL;
	struct object_id id;
	struct err err;

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	CHECK_INT(pack_add_object(pack, OBJECT_BLOB, "x", 1, &id, &err), 0);
	CHECK_INT(pack_finish(pack, &name, &err), 0);
	CHECK_INT(pack_list_kept(store, &names, &err), 0);
	if (CHECK_INT(names->len, 1))
		CHECK_STR(g_ptr_array_index(names, 0), name);
	CHECK_INT(pack_release(store, name, &err), 0);
	CHECK_INT(pack_release(store, name, &err), 0);
	CHECK_INT(pack_list_kept(store, &none, &err), 0);
	CHECK_INT(none->len, 0);
	CHECK_INT(store_refresh(store, &err), 0);
	CHECK_INT(store_verify(store, &id, NULL, &err), 1);
	CHECK_INT(pack_remove(store, name, &err), 0);
	CHECK_INT(pack_remove(store, name, &err), 0);
	CHECK_INT(shell("test -z \"$(ls -A %s/objects/pack)\"",
			store_path(store)),
		  0);
}

/* A pack of the objects from `first` to before `end`; caller frees its name. */
static char *put_objects(struct store *store, unsigned first, unsigned end,
			 struct object_id *ids)
{
	AUTO(pack) struct pack *pack = NULL;
	char *name = NULL;
	struct err err;

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	for (unsigned i = first; i < end; i++)
		CHECK_INT(pack_add_object(pack, OBJECT_BLOB, &i, sizeof(i),
					  &ids[i], &err),
			  0);
	CHECK_INT(pack_finish(pack, &name, &err), 0);
	CHECK_INT(pack_release(store, name, &err), 0);
	return name;
}

static void check_all(struct store *store, const struct object_id *ids,
		      unsigned count)
{
	struct err err;

	for (unsigned i = 0; i < count; i++)
		CHECK_INT(store_verify(store, &ids[i], NULL, &err), 1);
}

/* How many idx files this process has mapped. */
static int idx_mapped(void)
{
	AUTO(str) char *maps = NULL;
	int count = 0;

	if (!g_file_get_contents("/proc/self/maps", &maps, NULL, NULL))
		return -1;
	for (const char *at = maps; (at = strstr(at, ".idx")); at++)
		count++;
	return count;
}

/* Whether they are there still or were joined meanwhile. */
TEST(more_packs_are_read_than_files_can_be_open)
{
	enum { PACKS = 200 };
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(str) char *joined = NULL;
	struct object_id ids[PACKS];
	struct rlimit before, few;
	char *names[PACKS];
	struct err err;

	for (unsigned i = 0; i < PACKS; i++)
		names[i] = put_objects(store, i, i + 1, ids);
	CHECK_INT(store_refresh(store, &err), 0);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = PACKS - 20;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
	check_all(store, ids, PACKS);
	check_all(store, ids, PACKS);
	joined = put_objects(store, 0, PACKS, ids);
	for (unsigned i = 1; i < PACKS; i++)
		CHECK_INT(pack_remove(store, names[i], &err), 0);
	check_all(store, ids, PACKS);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	CHECK(idx_mapped() > PACKS);
	/* What has gone is not kept in mind for ever. */
	CHECK_INT(pack_remove(store, names[0], &err), 0);
	check_all(store, ids, PACKS);
	CHECK_INT(idx_mapped(), 1);
	for (unsigned i = 0; i < PACKS; i++)
		g_free(names[i]);
}

struct readers {
	struct store *store;     /* borrowed */
	struct object_id ids[8]; /* that are there all the time */
	gint stop, missed;
};

static void *read_on(void *data)
{
	struct readers *readers = data;

	while (!g_atomic_int_get(&readers->stop))
		for (size_t i = 0; i < G_N_ELEMENTS(readers->ids); i++)
			if (store_verify(readers->store, &readers->ids[i], NULL,
					 NULL) != 1 ||
			    !store_has(readers->store, &readers->ids[i], NULL))
				g_atomic_int_inc(&readers->missed);
	return NULL;
}

TEST(a_store_is_opened_anew_beside_those_who_read)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct readers readers = { .store = store };
	AUTO(str) char *name = put_objects(store, 0, 8, readers.ids);
	GThread *threads[3];
	struct err err;

	CHECK_INT(store_reopen(store, &err), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("read", read_on, &readers);
	for (int i = 0; i < 300; i++)
		CHECK_INT(store_reopen(store, &err), 0);
	g_atomic_int_set(&readers.stop, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		(void)g_thread_join(threads[i]);
	CHECK_INT(readers.missed, 0);
}
