/* SPDX-License-Identifier: ISC */
#include "defms/strand.h"
#include "store-pack.h"
#include "store-test.h"

static struct strand_entry entry_of(unsigned number)
{
	struct strand_entry entry = { .pieces = false };

	entry.id = message_id_of(NULL, &number, sizeof(number));
	entry.object = object_id_of(OBJECT_BLOB, &number, sizeof(number));
	return entry;
}

/* Write the tree and the blobs it names to a pack of its own; its id. */
static struct object_id write_tree(struct store *store,
				   struct strand_tree *tree, unsigned blobs)
{
	AUTO(pack) struct pack *pack = NULL;
	AUTO(str) char *name = NULL;
	struct object_id id = { { 0 } }, blob;
	struct err err = { 0 };

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	for (unsigned i = 0; i < blobs; i++)
		CHECK_INT(pack_add_object(pack, OBJECT_BLOB, &i, sizeof(i),
					  &blob, &err),
			  0);
	CHECK_INT(strand_tree_write(tree, pack, &id, &err), 0);
	CHECK_INT(pack_finish(pack, &name, &err), 0);
	CHECK_INT(store_refresh(store, &err), 0);
	return id;
}

static void set_blob(struct strand_tree *tree, enum strand_blob which,
		     unsigned number)
{
	struct object_id id =
		object_id_of(OBJECT_BLOB, &number, sizeof(number));

	strand_tree_set_blob(tree, which, &id, &number, sizeof(number));
}

/* A tree of the messages 0 .. count - 1, added in a random order, written and
 * read again after every `step` of them. */
static struct object_id build(struct store *store, unsigned count,
			      unsigned step, unsigned seed)
{
	AUTO(strand_tree) struct strand_tree *tree = strand_tree_new();
	GRand *rand = g_rand_new_with_seed(seed);
	unsigned *order = g_new(unsigned, count);
	struct object_id id = { { 0 } };
	struct err err = { 0 };

	for (unsigned i = 0; i < count; i++) {
		unsigned j = (unsigned)g_rand_int_range(rand, 0, (gint)i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	set_blob(tree, STRAND_THREAD, 0);
	for (unsigned i = 0; i < count; i++) {
		struct strand_entry entry = entry_of(order[i]);

		CHECK(strand_tree_add(tree, &entry));
		CHECK(!strand_tree_add(tree, &entry));
		if ((i + 1) % step != 0 && i + 1 < count)
			continue;
		if (i + 1 == count)
			set_blob(tree, STRAND_SENT, 1);
		id = write_tree(store, tree, count);
		strand_tree_free(take(tree));
		if (!CHECK_INT(strand_tree_read(store, &id, &tree, &err), 0))
			break;
	}
	if (tree) {
		CHECK_INT(strand_tree_entries(tree)->len, count);
		for (unsigned i = 0; i < count; i++) {
			struct strand_entry entry = entry_of(i);

			CHECK(strand_tree_find(tree, &entry.id) != NULL);
		}
	}
	g_rand_free(rand);
	g_free(order);
	return id;
}

TEST(the_same_messages_in_any_order_are_the_same_tree)
{
	static const unsigned counts[] = { 1, 2, 127, 128, 129, 130, 700 };
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);

	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		unsigned count = counts[i];
		struct object_id want = build(store, count, count, 1), got;
		AUTO(str) char *listed = NULL;
		char hex[OBJECT_ID_HEX + 1];

		got = build(store, count, count, 2);
		CHECK_MEM(&got, &want, sizeof(got));
		got = build(store, count, count / 7 + 1, 3);
		CHECK_MEM(&got, &want, sizeof(got));
		got = build(store, count, count > 200 ? 101 : 1, 4);
		CHECK_MEM(&got, &want, sizeof(got));
		object_id_print(&want, hex);
		listed = output("cd %s && git ls-tree -r --name-only %s m | "
				"tr -d / | sed 's/^m//' | sort -c && "
				"git ls-tree -r --name-only %s m | wc -l",
				store_path(store), hex, hex);
		CHECK_INT(g_ascii_strtoll(listed, NULL, 10), count);
		/* No other entry than these. */
		CHECK_INT(shell("cd %s && ! git ls-tree %s m/ | grep -vE '%s'",
				store_path(store), hex,
				count > STRAND_FLAT_MAX
					? "^040000 tree .*m/[0-9a-f]{2}$"
					: "^100644 blob .*m/[0-9a-f]{64}$"),
			  0);
	}
	CHECK_INT(git(store, "fsck --strict --no-dangling"), 0);
}

/* Also where the fan-out goes with it, or one of its trees. */
TEST(taking_messages_out_gives_the_tree_of_those_that_are_left)
{
	static const unsigned counts[] = { 1, 2, 129, 130, 700 };
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct err err = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		AUTO(strand_tree) struct strand_tree *tree = NULL;
		AUTO(strand_tree) struct strand_tree *want = strand_tree_new();
		struct object_id id = build(store, counts[i], counts[i], 1);
		struct object_id left;

		set_blob(want, STRAND_THREAD, 0);
		set_blob(want, STRAND_SENT, 1);
		if (strand_tree_read(store, &id, &tree, &err) < 0)
			continue;
		for (unsigned j = 0; j < counts[i]; j++) {
			struct strand_entry entry = entry_of(j);

			if (j % 7 == 3) {
				CHECK(strand_tree_add(want, &entry));
				continue;
			}
			CHECK(strand_tree_remove(tree, &entry.id));
			CHECK(!strand_tree_remove(tree, &entry.id));
			CHECK(!strand_tree_find(tree, &entry.id));
		}
		id = write_tree(store, want, 0);
		left = write_tree(store, tree, 0);
		CHECK_MEM(&left, &id, sizeof(id));
	}
}

TEST(the_root_depends_on_ids_and_blobs_alone)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct object_id id = build(store, 140, 140, 1);
	AUTO(strand_tree) struct strand_tree *read = NULL;
	AUTO(strand_tree) struct strand_tree *made = strand_tree_new();
	struct message_id a, b;
	struct err err = { 0 };

	CHECK_INT(strand_tree_read(store, &id, &read, &err), 0);
	set_blob(made, STRAND_SENT, 1);
	set_blob(made, STRAND_THREAD, 0);
	for (unsigned i = 140; i > 0; i--) {
		struct strand_entry entry = entry_of(i - 1);

		(void)strand_tree_add(made, &entry);
	}
	CHECK_INT(strand_tree_root(read, store, &a, &err), 0);
	CHECK_INT(strand_tree_root(made, store, &b, &err), 0);
	CHECK_MEM(&a, &b, sizeof(a));
	set_blob(made, STRAND_SENT, 2);
	CHECK_INT(strand_tree_root(made, store, &b, &err), 0);
	CHECK(memcmp(&a, &b, sizeof(a)) != 0);
}

/* Put a tree object of these bytes into the store. */
static struct object_id put(struct store *store, const void *data, size_t size)
{
	AUTO(pack) struct pack *pack = NULL;
	AUTO(str) char *name = NULL;
	struct object_id id = { { 0 } };
	struct err err = { 0 };

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	CHECK_INT(pack_add_object(pack, OBJECT_TREE, data, size, &id, &err), 0);
	CHECK_INT(pack_finish(pack, &name, &err), 0);
	CHECK_INT(store_refresh(store, &err), 0);
	return id;
}

/* A tree that holds only `m`. */
static GByteArray *wrap(const struct object_id *m)
{
	GByteArray *data = g_byte_array_new();

	(void)g_byte_array_append(data, (const guint8 *)"40000 m", 8);
	(void)g_byte_array_append(data, m->bytes, sizeof(m->bytes));
	return data;
}

/* Put trees of all variants into one pack, read each: those that are
 * accepted must, written again, be the very bytes they were. */
static void read_variants(struct store *store, GPtrArray *variants, bool is_m)
{
	AUTO(pack) struct pack *pack = NULL;
	AUTO(str) char *name = NULL;
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	struct err err = { 0 };

	CHECK_INT(pack_begin(store, &pack, &err), 0);
	for (guint i = 0; i < variants->len; i++) {
		const GByteArray *data = g_ptr_array_index(variants, i);
		struct object_id id;

		CHECK_INT(pack_add_object(pack, OBJECT_TREE, data->data,
					  data->len, &id, &err),
			  0);
		if (is_m) {
			AUTO(bytes) GByteArray *outer = wrap(&id);

			CHECK_INT(pack_add_object(pack, OBJECT_TREE,
						  outer->data, outer->len, &id,
						  &err),
				  0);
		}
		(void)g_array_append_val(ids, id);
	}
	CHECK_INT(pack_finish(pack, &name, &err), 0);
	CHECK_INT(store_refresh(store, &err), 0);
	pack_free(take(pack));
	for (guint i = 0; i < ids->len; i++) {
		AUTO(strand_tree) struct strand_tree *tree = NULL;
		AUTO(pack) struct pack *again = NULL;
		const struct object_id *id =
			&g_array_index(ids, struct object_id, i);
		struct object_id written;

		if (strand_tree_read(store, id, &tree, &err) < 0)
			continue;
		CHECK_INT(pack_begin(store, &again, &err), 0);
		CHECK_INT(strand_tree_write(tree, again, &written, &err), 0);
		if (!CHECK_MEM(&written, id, sizeof(written)))
			printf("# variant %u\n", i);
	}
}

static void free_bytes(gpointer bytes)
{
	(void)g_byte_array_unref(bytes);
}

/* Every truncation of `data` and every byte of it changed in some ways. */
static GPtrArray *vary(const GByteArray *data)
{
	GPtrArray *variants = g_ptr_array_new_with_free_func(free_bytes);

	for (guint i = 0; i < data->len; i++) {
		static const guint8 changes[] = { 1, 2, 0x20, 0x80, 0xff };
		GByteArray *cut = g_byte_array_new();

		(void)g_byte_array_append(cut, data->data, i);
		g_ptr_array_add(variants, cut);
		for (size_t c = 0; c < sizeof(changes); c++) {
			GByteArray *flip = g_byte_array_new();

			(void)g_byte_array_append(flip, data->data, data->len);
			flip->data[i] ^= changes[c];
			g_ptr_array_add(variants, flip);
		}
	}
	return variants;
}

/* The bytes of the tree `id`, or of its m. */
static GByteArray *bytes_of(struct store *store, const struct object_id *id,
			    const char *below)
{
	char hex[OBJECT_ID_HEX + 1];
	AUTO(str) char *inner = NULL;
	GByteArray *data = g_byte_array_new();
	struct object_id which;
	struct err err;

	object_id_print(id, hex);
	inner = output("cd %s && git rev-parse %s:%s", store_path(store), hex,
		       below);
	CHECK_INT(object_id_parse(inner, strlen(inner), &which, &err), 0);
	CHECK_INT(store_read(store, &which, OBJECT_TREE, data, &err), 1);
	return data;
}

TEST(a_damaged_tree_is_refused_or_is_what_it_says)
{
	static const struct {
		unsigned count;
		const char *below;
	} known[] = { { 3, "" }, { 3, "m" }, { 129, "m" } };
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct object_id id =
			build(store, known[i].count, known[i].count, 1);
		AUTO(bytes)
		GByteArray *data = bytes_of(store, &id, known[i].below);
		AUTO(ptrs) GPtrArray *variants = NULL;

		/* Of the fan-out the first entries are enough. */
		if (data->len > 300)
			(void)g_byte_array_set_size(data, 29 * 5);
		variants = vary(data);
		read_variants(store, variants, known[i].below[0] != '\0');
	}
}

/* One entry of a tree. */
static void add(GByteArray *out, const char *mode, const char *name)
{
	static const guint8 id[20] = { 1, 2, 3 };

	(void)g_byte_array_append(out, (const guint8 *)mode,
				  (guint)strlen(mode));
	(void)g_byte_array_append(out, (const guint8 *)" ", 1);
	(void)g_byte_array_append(out, (const guint8 *)name,
				  (guint)strlen(name) + 1);
	(void)g_byte_array_append(out, id, sizeof(id));
}

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

TEST(names_and_modes_that_have_no_place_are_refused)
{
	/* mode, name, ...; a tree, and of which kind. */
	static const struct {
		bool is_m, good;
		const char *words[8];
	} known[] = {
		{ true, true, { "100644", A, "100644", B } },
		{ true, true, { "100644", A, "40000", B } },
		{ true, false, { "100644", B, "100644", A } },
		{ true, false, { "100644", A, "100644", A } },
		{ true, false, { "100755", A } },
		{ true, false, { "120000", A } },
		{ true, false, { "160000", A } },
		{ true, false, { "040000", A } },
		{ true, false, { "100644", A "a" } },
		{ true, false, { "100644", "a" } },
		{ true, false, { "100644", "AA" A } },
		{ true, false, { "100644", "../" A } },
		{ true, false, { "100644", "" } },
		{ true, false, { "100644", "aa" } },
		{ false, true, { "100644", "keys", "100644", "thread" } },
		{ false, false, { "100644", "thread", "100644", "keys" } },
		{ false, false, { "100644", "thread", "100644", "thread" } },
		{ false, false, { "100644", "Thread" } },
		{ false, false, { "100644", "m" } },
		{ false, false, { "40000", "thread" } },
		{ false, false, { "100755", "thread" } },
		{ false, false, { "100644", "" } },
		{ false, false, { "100644", ".git" } },
		{ false, false, { "40000", ".." } },
	};
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *data = g_byte_array_new();
		AUTO(strand_tree) struct strand_tree *tree = NULL;
		struct object_id id;
		struct err err = { 0 };

		for (size_t w = 0; w < 8 && known[i].words[w]; w += 2)
			add(data, known[i].words[w], known[i].words[w + 1]);
		id = put(store, data->data, data->len);
		if (known[i].is_m) {
			AUTO(bytes) GByteArray *outer = wrap(&id);

			id = put(store, outer->data, outer->len);
		}
		if (!CHECK_INT(strand_tree_read(store, &id, &tree, &err),
			       known[i].good ? 0 : -1))
			printf("# case %zu\n", i);
		if (!known[i].good)
			CHECK_INT(err.code, EBADMSG);
	}
}

TEST(pieces_are_listed_in_order_and_nothing_else)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	AUTO(array) GArray *pieces = NULL;
	struct object_id id;
	struct err err = { 0 };

	add(data, "100644", "00000000");
	add(data, "100644", "00000001");
	id = put(store, data->data, data->len);
	CHECK_INT(strand_pieces_read(store, &id, &pieces, &err), 0);
	CHECK_INT(pieces->len, 2);
	g_array_unref(take(pieces));
	add(data, "100644", "00000003");
	id = put(store, data->data, data->len);
	CHECK_INT(strand_pieces_read(store, &id, &pieces, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	id.bytes[0] ^= 1;
	CHECK_INT(strand_pieces_read(store, &id, &pieces, &err), -1);
	CHECK_INT(err.code, ENOENT);
}
