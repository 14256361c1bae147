/* SPDX-License-Identifier: ISC */
#include "defms/delta.h"

#include <errno.h>

#include "defms/strand.h"
#include "home-test.h"
#include "store-pack.h"
#include "store-test.h"

struct world {
	char *folder;        /* owned */
	struct store *store; /* owned */
	struct pack *pack;   /* owned; NULL until something is added */
};

static struct world *world_new(void)
{
	struct world *world = g_new0(struct world, 1);

	world->folder = folder_new();
	world->store = store_at(world->folder);
	return world;
}

static void world_free(struct world *world)
{
	pack_free(world->pack);
	store_close(world->store);
	folder_free(world->folder);
	g_free(world);
}
AUTO_KIND(world, struct world, world_free)

static void end_pack(struct world *world)
{
	AUTO(str) char *name = NULL;
	struct err err;

	if (pack_finish(world->pack, &name, &err) < 0 ||
	    store_refresh(world->store, &err) < 0)
		die(&err);
	pack_free(take(world->pack));
}

static struct object_id put(struct world *world, enum object_type type,
			    const char *data)
{
	struct object_id id;
	struct err err;

	if ((!world->pack &&
	     pack_begin(world->store, &world->pack, &err) < 0) ||
	    pack_add_object(world->pack, type, data, strlen(data), &id, &err) <
		    0)
		die(&err);
	return id;
}

/* A commit of messages `first` to `last`, on `parent` unless NULL. */
static struct object_id commit(struct world *world, int first, int last,
			       const struct object_id *parent)
{
	AUTO(strand_tree) struct strand_tree *tree = strand_tree_new();
	AUTO(gstring) GString *text = g_string_new("tree ");
	char hex[OBJECT_ID_HEX + 1];
	struct object_id id;
	struct err err;

	for (int i = first; i <= last; i++) {
		AUTO(str) char *body = g_strdup_printf("message %d", i);
		struct strand_entry entry = { .object = put(world, OBJECT_BLOB,
							    body) };

		entry.id.bytes[0] = (uint8_t)(i * 7);
		entry.id.bytes[1] = (uint8_t)(i >> 8);
		entry.id.bytes[2] = (uint8_t)i;
		CHECK(strand_tree_add(tree, &entry));
	}
	id = put(world, OBJECT_BLOB, "thread");
	strand_tree_set_blob(tree, STRAND_THREAD, &id, "thread", 6);
	if (strand_tree_write(tree, world->pack, &id, &err) < 0)
		die(&err);
	object_id_print(&id, hex);
	g_string_append_printf(text, "%s\n", hex);
	if (parent) {
		object_id_print(parent, hex);
		g_string_append_printf(text, "parent %s\n", hex);
	}
	g_string_append_printf(text, "\ncommit %d %d\n", first, last);
	id = put(world, OBJECT_COMMIT, text->str);
	end_pack(world);
	return id;
}

/* All that comes, each once, into `given`; how much it is. */
static guint give(struct delta *delta, GHashTable *given)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	struct object_id id, real;
	enum object_type type;
	struct err err = { 0 };
	guint count = 0;
	int more;

	while ((more = delta_next(delta, &id, &type, body, &err)) > 0) {
		real = object_id_of(type, body->data, body->len);
		CHECK(object_id_equal(&real, &id));
		CHECK(g_hash_table_add(given, g_memdup2(&id, sizeof(id))));
		count++;
	}
	if (!CHECK_INT(more, 0))
		printf("# %s\n", err.text);
	return count;
}

static GHashTable *set_new(void)
{
	return g_hash_table_new_full(object_id_hash, object_id_equal, g_free,
				     NULL);
}

/* What git says of the same question. */
static guint count_by_git(struct world *world, const struct object_id *tip,
			  const struct object_id *base)
{
	char hex[OBJECT_ID_HEX + 1], not_hex[OBJECT_ID_HEX + 2] = "";
	AUTO(str) char *text = NULL;

	object_id_print(tip, hex);
	if (base) {
		not_hex[0] = '^';
		object_id_print(base, not_hex + 1);
	}
	text = output("cd %s && git rev-list --objects %s %s | wc -l",
		      store_path(world->store), hex, not_hex);
	return (guint)g_ascii_strtoull(text, NULL, 10);
}

TEST(a_chain_comes_whole_and_each_object_once)
{
	AUTO(world) struct world *world = world_new();
	AUTO(delta) struct delta *delta = delta_new(world->store);
	AUTO(table) GHashTable *given = set_new();
	struct object_id one = commit(world, 0, 2, NULL);
	struct object_id two = commit(world, 0, 200, &one);
	struct object_id three = commit(world, 0, 203, &two);

	delta_start(delta, &three, NULL);
	CHECK_INT(give(delta, given), count_by_git(world, &three, NULL));
	/* Nothing a second time. */
	delta_start(delta, &three, NULL);
	CHECK_INT(give(delta, given), 0);
	delta_start(delta, &two, NULL);
	CHECK_INT(give(delta, given), 0);
}

TEST(only_what_is_new_comes)
{
	AUTO(world) struct world *world = world_new();
	AUTO(delta) struct delta *delta = delta_new(world->store);
	AUTO(table) GHashTable *given = set_new();
	struct object_id one = commit(world, 0, 200, NULL);
	struct object_id two = commit(world, 0, 201, &one);
	struct object_id three = commit(world, 0, 203, &two);

	delta_start(delta, &three, &one);
	CHECK_INT(give(delta, given), count_by_git(world, &three, &one));
	CHECK(g_hash_table_contains(given, &two));
	CHECK(!g_hash_table_contains(given, &one));
}

TEST(a_tip_that_is_known_gives_nothing)
{
	AUTO(world) struct world *world = world_new();
	AUTO(delta) struct delta *delta = delta_new(world->store);
	AUTO(table) GHashTable *given = set_new();
	struct object_id one = commit(world, 0, 3, NULL);

	delta_start(delta, &one, &one);
	CHECK_INT(give(delta, given), 0);
}

/* `defms gc` begins a chain anew. */
TEST(a_chain_that_begins_anew_gives_what_its_old_tip_has_not)
{
	AUTO(world) struct world *world = world_new();
	AUTO(delta) struct delta *delta = delta_new(world->store);
	AUTO(table) GHashTable *given = set_new();
	struct object_id one = commit(world, 0, 3, NULL);
	struct object_id two = commit(world, 0, 5, &one);
	struct object_id anew = commit(world, 1, 6, NULL);

	delta_start(delta, &anew, &two);
	/* The commit, its tree, m, message 6. */
	CHECK_INT(give(delta, given), 4);
}

TEST(a_base_that_is_gone_is_no_base)
{
	AUTO(world) struct world *world = world_new();
	AUTO(delta) struct delta *delta = delta_new(world->store);
	AUTO(table) GHashTable *given = set_new();
	struct object_id one = commit(world, 0, 3, NULL);
	struct object_id gone = { { 1 } };

	delta_start(delta, &one, &gone);
	CHECK_INT(give(delta, given), count_by_git(world, &one, NULL));
}

TEST(what_cannot_be_read_is_named)
{
	AUTO(world) struct world *world = world_new();
	AUTO(delta) struct delta *delta = delta_new(world->store);
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	struct object_id id, gone = { { 1 } };
	enum object_type type;
	struct err err = { 0 };

	delta_start(delta, &gone, NULL);
	CHECK_INT(delta_next(delta, &id, &type, body, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK(strstr(err.text, "0100000000000000000000000000000000000000"));
	id = put(world, OBJECT_COMMIT, "tree x\n");
	end_pack(world);
	delta_start(delta, &id, NULL);
	CHECK_INT(delta_next(delta, &id, &type, body, &err), -1);
	CHECK_INT(err.code, EBADMSG);
}
