/* SPDX-License-Identifier: ISC */
#include "defms/root-tree.h"

#include <errno.h>

#include "test.h"
#include "vectors.h"

static struct object_id id_from(uint8_t start)
{
	struct object_id id;

	for (size_t i = 0; i < sizeof(id.bytes); i++)
		id.bytes[i] = (uint8_t)(start + i);
	return id;
}

static void add_head(GArray *heads, const char *strand, const char *device,
		     int64_t number, uint8_t tip)
{
	AUTO(bytes) GByteArray *strand_bytes = vector(strand);
	AUTO(bytes) GByteArray *device_bytes = vector(device);
	struct head head = { .number = number, .tip = id_from(tip) };

	memcpy(head.strand.bytes, strand_bytes->data, 16);
	memcpy(head.device.bytes, device_bytes->data, 16);
	(void)g_array_append_val(heads, head);
}

static GArray *known_heads(void)
{
	GArray *heads = g_array_new(FALSE, FALSE, sizeof(struct head));

	add_head(heads, "strand", "other-device-id", 1, 3);
	add_head(heads, "strand", "device-id", 0, 1);
	add_head(heads, "strand", "other-device-id", 0, 2);
	g_array_sort(heads, head_compare);
	return heads;
}

static GPtrArray *known_cards(void)
{
	GPtrArray *cards = g_ptr_array_new_with_free_func(root_card_free);
	AUTO(str) char *name = vector_text("fingerprint");
	AUTO(bytes) GByteArray *card = vector("card");

	g_ptr_array_add(cards, root_card_new(name, card->data, card->len));
	return cards;
}

/* -- a source of objects --------------------------------------------------- */

struct source {
	const struct root_tree *tree;
	const struct object_id *absent; /* NULL: none */
	const struct object_id *spoiled;
};

static int read_object(void *context, const struct object_id *id,
		       enum object_type *type_r, GByteArray *out,
		       struct err *err)
{
	const struct source *source = context;
	guint start = out->len;

	(void)err;
	for (guint i = 0; i < source->tree->objects->len; i++) {
		const struct root_object *object =
			source->tree->objects->pdata[i];

		if (!object_id_equal(&object->id, id) ||
		    (source->absent && object_id_equal(source->absent, id)))
			continue;
		*type_r = object->type;
		(void)g_byte_array_append(out, object->body->data,
					  object->body->len);
		if (source->spoiled && object_id_equal(source->spoiled, id))
			out->data[start] ^= 1;
		return 1;
	}
	return 0;
}

struct said {
	GArray *heads;
	GPtrArray *cards;
	struct root_reading reading;
};

static int read_tree(const struct source *source, size_t most,
		     struct said *said, struct err *err)
{
	struct root_source where = { read_object,
				     (void *)(uintptr_t)(const void *)source };

	said->heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	said->cards = g_ptr_array_new_with_free_func(root_card_free);
	said->reading = (struct root_reading){ most, said->heads, said->cards,
					       NULL, 0 };
	return root_tree_read(&where, &source->tree->id, &said->reading, err);
}

/* Once more, if it is known what cannot be had. */
static int read_knowing(const struct source *source, GHashTable *known,
			struct said *said, struct err *err)
{
	struct root_source where = { read_object,
				     (void *)(uintptr_t)(const void *)source };

	said->reading.known = known;
	return root_tree_read(&where, &source->tree->id, &said->reading, err);
}

static void said_release(struct said *said)
{
	g_array_unref(said->heads);
	g_ptr_array_unref(said->cards);
}

/* -- tests ----------------------------------------------------------------- */

static void check_object(const struct root_tree *tree, guint number,
			 const char *name)
{
	AUTO(bytes) GByteArray *want = vector(name);
	const struct root_object *object = tree->objects->pdata[number];

	CHECK_INT(object->body->len, want->len);
	CHECK_MEM(object->body->data, want->data,
		  MIN(object->body->len, want->len));
}

TEST(a_head_is_found_by_its_chain_and_not_by_its_tip)
{
	AUTO(array) GArray *heads = known_heads();
	AUTO(array)
	GArray *none = g_array_new(FALSE, FALSE, sizeof(struct head));

	for (guint i = 0; i < heads->len; i++) {
		struct head *head = &g_array_index(heads, struct head, i);
		struct head other = *head;

		CHECK(head_find(heads, head) == head);
		CHECK(head_is_among(head, heads));
		CHECK(!head_find(none, head));
		other.tip.bytes[0] ^= 1;
		CHECK(head_find(heads, &other) == head);
		CHECK(!head_is_among(&other, heads));
		other.number += 7;
		CHECK(!head_find(heads, &other));
	}
}

TEST(a_tree_is_the_second_implementation_s)
{
	AUTO(array) GArray *heads = known_heads();
	AUTO(ptrs) GPtrArray *cards = known_cards();
	AUTO(root_tree)
	struct root_tree *tree = root_tree_new(heads, cards);
	AUTO(bytes) GByteArray *id = vector("root-tree-id");

	CHECK_INT(tree->objects->len, 4);
	check_object(tree, 0, "root-tree-fan");
	check_object(tree, 1, "card");
	check_object(tree, 2, "root-tree-cards");
	check_object(tree, 3, "root-tree");
	CHECK_MEM(tree->id.bytes, id->data, sizeof(tree->id.bytes));
	CHECK(root_tree_has(tree, &tree->id));
}

TEST(what_was_put_in_comes_out)
{
	AUTO(array) GArray *heads = known_heads();
	AUTO(ptrs) GPtrArray *cards = known_cards();
	AUTO(root_tree)
	struct root_tree *tree = root_tree_new(heads, cards);
	struct source source = { .tree = tree };
	struct said said;
	struct err err = { 0 };

	CHECK_INT(read_tree(&source, 100, &said, &err), 0);
	CHECK_INT(said.reading.missing, 0);
	CHECK_INT(said.heads->len, heads->len);
	CHECK_MEM(said.heads->data, heads->data,
		  heads->len * sizeof(struct head));
	CHECK_INT(said.cards->len, 1);
	said_release(&said);
	CHECK_INT(read_tree(&source, 2, &said, &err), -1);
	CHECK_INT(err.code, EFBIG);
	said_release(&said);
}

TEST(trees_of_every_byte_come_out_in_order)
{
	AUTO(array)
	GArray *heads = g_array_new(FALSE, TRUE, sizeof(struct head));
	AUTO(ptrs) GPtrArray *cards = known_cards();
	AUTO(root_tree) struct root_tree *tree = NULL;
	struct source source = { 0 };
	struct said said;
	struct err err = { 0 };

	for (int i = 0; i < 1024; i++) {
		struct head head = { .tip = id_from((uint8_t)i) };

		head.strand.bytes[0] = (uint8_t)(i / 4);
		head.device.bytes[0] = (uint8_t)(1 + i % 4);
		(void)g_array_append_val(heads, head);
	}
	tree = root_tree_new(heads, cards);
	source.tree = tree;
	CHECK_INT(read_tree(&source, 1024, &said, &err), 0);
	CHECK_INT(said.heads->len, 1024);
	CHECK_MEM(said.heads->data, heads->data, 1024 * sizeof(struct head));
	said_release(&said);
}

/* Trees and cards that are not there, the root but for. */
TEST(what_is_not_there_is_counted_unless_it_is_known)
{
	AUTO(array) GArray *heads = known_heads();
	AUTO(ptrs) GPtrArray *cards = known_cards();
	AUTO(root_tree)
	struct root_tree *tree = root_tree_new(heads, cards);
	AUTO(table)
	GHashTable *known = g_hash_table_new(object_id_hash, object_id_equal);
	struct source source = { .tree = tree };
	struct said said;
	struct err err = { 0 };

	for (guint i = 0; i < 3; i++) {
		struct root_object *object = tree->objects->pdata[i];

		source.absent = &object->id;
		CHECK_INT(read_tree(&source, 100, &said, &err), 0);
		CHECK_INT(said.reading.missing, 1);
		CHECK_INT(said.heads->len, i == 0 ? 0 : heads->len);
		CHECK_INT(said.cards->len, i == 0);
		(void)g_hash_table_add(known, &object->id);
		CHECK_INT(read_knowing(&source, known, &said, &err), 0);
		CHECK_INT(said.reading.missing, 1);
		said_release(&said);
	}
	source.absent = &tree->id;
	CHECK_INT(read_tree(&source, 100, &said, &err), -1);
	CHECK_INT(err.code, ENOENT);
	said_release(&said);
}

TEST(a_root_lists_what_stands_in_it)
{
	AUTO(array) GArray *heads = known_heads();
	AUTO(ptrs) GPtrArray *cards = known_cards();
	AUTO(root_tree)
	struct root_tree *tree = root_tree_new(heads, cards);
	const struct root_object *root = tree->objects->pdata[3];
	const struct root_object *fan = tree->objects->pdata[0];
	const GByteArray *body = root->body;

	for (guint size = 0; size <= body->len; size++) {
		AUTO(array)
		GArray *ids =
			g_array_new(FALSE, FALSE, sizeof(struct object_id));

		root_tree_list(body->data, size, ids);
		if (size + 1 >= body->len)
			CHECK_INT(ids->len, size == body->len ? 2 : 1);
		if (ids->len == 2)
			CHECK_MEM(ids->data, fan->id.bytes,
				  sizeof(fan->id.bytes));
	}
}

TEST(an_object_that_is_another_is_refused)
{
	AUTO(array) GArray *heads = known_heads();
	AUTO(ptrs) GPtrArray *cards = known_cards();
	AUTO(root_tree)
	struct root_tree *tree = root_tree_new(heads, cards);

	for (guint i = 0; i < tree->objects->len; i++) {
		const struct root_object *object = tree->objects->pdata[i];
		struct source source = { tree, NULL, &object->id };
		struct said said;
		struct err err = { 0 };

		CHECK_INT(read_tree(&source, 100, &said, &err), -1);
		CHECK_INT(err.code, EBADMSG);
		said_release(&said);
	}
}

/* A tree with this body alone. */
static int read_body(const void *body, size_t size, struct said *said,
		     struct err *err)
{
	AUTO(array)
	GArray *heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	AUTO(ptrs) GPtrArray *cards = g_ptr_array_new();
	AUTO(root_tree)
	struct root_tree *tree = root_tree_new(heads, cards);
	struct root_object *object = tree->objects->pdata[0];
	struct source source = { .tree = tree };

	(void)g_byte_array_append(object->body, body, (guint)size);
	object->id = object_id_of(OBJECT_TREE, body, size);
	tree->id = object->id;
	return read_tree(&source, 100, said, err);
}

TEST(a_tree_of_another_form_is_refused)
{
#define ID "ABCDEFGHIJKLMNOPQRST"
	static const char *const bad[] = {
		"100644 00", "160000 00", "40000 0", "40000 00x", "40000 A0",
		"40000 zz",  "40000 ..",  "40000 ",  "040000 00", "x",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(bytes) GByteArray *body = g_byte_array_new();
		struct said said;
		struct err err = { 0 };

		(void)g_byte_array_append(body, (const guint8 *)bad[i],
					  (guint)strlen(bad[i]) + 1);
		(void)g_byte_array_append(body, (const guint8 *)ID, 20);
		CHECK_INT(read_body(body->data, body->len, &said, &err), -1);
		CHECK_INT(err.code, EBADMSG);
		said_release(&said);
	}
}

/* Or a small file would name as many cards as fill the memory. */
TEST(a_tree_has_its_cards_once)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();

	for (int i = 0; i < 2; i++) {
		struct said said;
		struct err err = { 0 };

		(void)g_byte_array_append(
			body, (const guint8 *)"40000 cards\0" ID, 12 + 20);
		CHECK_INT(read_body(body->data, body->len, &said, &err),
			  i == 0 ? 0 : -1);
		said_release(&said);
	}
}

TEST(every_truncation_of_a_tree_is_refused)
{
	AUTO(bytes) GByteArray *whole = vector("root-tree");

	for (guint size = 1; size < whole->len; size++) {
		struct said said;
		struct err err = { 0 };
		int result = read_body(whole->data, size, &said, &err);

		/* One that ends with its first entry is a tree. */
		CHECK_INT(result, size == 6 + 3 + 20 ? 0 : -1);
		said_release(&said);
	}
}
