/* SPDX-License-Identifier: ISC */
/* A chain's commits are walked from its tip down to what is known; then, from
 * the oldest on, each commit's tree is compared with the one before by name, so
 * that of a large tree only the branches that changed are read. A tip that does
 * not descend from its base (a chain cut short) is compared with the base's
 * tree, too: what stands in both is there. */
#include "defms/delta.h"

#include <errno.h>
#include <string.h>

#include "store-git.h"

enum {
	OID = sizeof(struct object_id),
	DEPTH = 4,         /* of trees: m, a fan-out, a message in pieces */
	COMMITS = 1 << 20, /* of a chain */
	TREE_LINE = 5 + OBJECT_ID_HEX + 1,   /* "tree <id>\n" */
	PARENT_LINE = 7 + OBJECT_ID_HEX + 1, /* "parent <id>\n" */
};

struct found {
	struct object_id id;
	enum object_type type;
};

struct delta {
	struct store *store; /* borrowed */
	GHashTable *given;   /* owned: struct object_id */
	GArray *commits;     /* owned: struct object_id, newest first */
	GArray *found;       /* owned: struct found, the next one last */
	bool starting;       /* from tip down to base is still to be walked */
	struct object_id tip, base;
	struct object_id before; /* the tree to compare with; null: none */
};

struct entry {
	const char *name; /* borrowed from the tree */
	bool is_tree;
	struct object_id id;
};

struct delta *delta_new(struct store *store)
{
	struct delta *delta = g_new0(struct delta, 1);

	delta->store = store;
	delta->given = g_hash_table_new_full(object_id_hash, object_id_equal,
					     g_free, NULL);
	delta->commits = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	delta->found = g_array_new(FALSE, FALSE, sizeof(struct found));
	return delta;
}

void delta_free(struct delta *delta)
{
	if (!delta)
		return;
	g_hash_table_unref(delta->given);
	g_array_unref(delta->commits);
	g_array_unref(delta->found);
	g_free(delta);
}

static int bad(const struct object_id *id, int code, const char *what,
	       struct err *err)
{
	char hex[OBJECT_ID_HEX + 1];

	object_id_print(id, hex);
	return err_set(err, code, "object %s %s", hex, what);
}

static int read_object(struct delta *delta, const struct object_id *id,
		       enum object_type type, GByteArray *body, struct err *err)
{
	int found = store_read(delta->store, id, type, body, err);

	if (found == 0)
		return bad(id, ENOENT, "is missing", err);
	return found < 0 ? -1 : 0;
}

/* -- commits --------------------------------------------------------------- */

/* Its tree, and its first parent (null: none): ours have no other. */
static int read_commit(struct delta *delta, const struct object_id *id,
		       struct object_id *tree_r, struct object_id *parent_r,
		       struct err *err)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	const char *text;

	memset(parent_r, 0, sizeof(*parent_r));
	if (read_object(delta, id, OBJECT_COMMIT, body, err) < 0)
		return -1;
	text = (const char *)body->data;
	if (body->len < TREE_LINE || memcmp(text, "tree ", 5) != 0 ||
	    object_id_parse(text + 5, OBJECT_ID_HEX, tree_r, NULL) < 0)
		return bad(id, EBADMSG, "is no commit of a chain", err);
	text += TREE_LINE;
	if (body->len < TREE_LINE + PARENT_LINE ||
	    memcmp(text, "parent ", 7) != 0)
		return 0;
	if (object_id_parse(text + 7, OBJECT_ID_HEX, parent_r, NULL) < 0)
		return bad(id, EBADMSG, "is no commit of a chain", err);
	return 0;
}

/* All commits from `tip` down to `base`, and the tree that stands before the
 * oldest of them. */
static int walk(struct delta *delta, struct err *err)
{
	const struct object_id *base = &delta->base;
	struct object_id id = delta->tip, tree, parent;

	while (!object_id_is_null(&id) && !object_id_equal(&id, base)) {
		if (delta->commits->len == COMMITS)
			return bad(&id, EBADMSG, "has too long a past", err);
		(void)g_array_append_val(delta->commits, id);
		if (read_commit(delta, &id, &tree, &parent, err) < 0)
			return -1;
		id = parent;
	}
	memset(&delta->before, 0, sizeof(delta->before));
	/* What somebody has may be gone here, erased by gc: it is no loss but
	 * of a few bytes that are sent again. */
	if (!object_id_is_null(base) &&
	    read_commit(delta, base, &tree, &parent, NULL) == 0)
		delta->before = tree;
	return 0;
}

/* -- trees ----------------------------------------------------------------- */

/* The entry at `*at`: 1, 0 at the end, -1 malformed. */
static int next_entry(const uint8_t **at, const uint8_t *end,
		      struct entry *entry_r)
{
	const uint8_t *space, *nul;
	size_t left = (size_t)(end - *at);

	if (left == 0)
		return 0;
	space = memchr(*at, ' ', left);
	nul = space ? memchr(space, '\0', (size_t)(end - space)) : NULL;
	if (!nul || end - nul < 1 + OID)
		return -1;
	entry_r->is_tree = space - *at == 5 && memcmp(*at, "40000", 5) == 0;
	entry_r->name = (const char *)space + 1;
	memcpy(entry_r->id.bytes, nul + 1, OID);
	*at = nul + 1 + OID;
	return 1;
}

/* git's order: the name of a tree ends in "/". */
static int compare_entries(const struct entry *a, const struct entry *b)
{
	size_t size_a = strlen(a->name), size_b = strlen(b->name);
	size_t size = MIN(size_a, size_b);
	int order = memcmp(a->name, b->name, size);
	int end_a = size_a > size ? (uint8_t)a->name[size] : a->is_tree * '/';
	int end_b = size_b > size ? (uint8_t)b->name[size] : b->is_tree * '/';

	return order ? order : end_a - end_b;
}

static void note(struct delta *delta, const struct object_id *id,
		 enum object_type type)
{
	struct found found = { *id, type };

	if (g_hash_table_contains(delta->given, id))
		return;
	(void)g_hash_table_add(delta->given, g_memdup2(id, sizeof(*id)));
	(void)g_array_append_val(delta->found, found);
}

static int compare_trees(struct delta *delta, const struct object_id *id,
			 const struct object_id *before, unsigned depth,
			 struct err *err);

/* An entry that has changed; `old` is what had its place, or NULL. */
static int note_entry(struct delta *delta, const struct entry *entry,
		      const struct entry *old, unsigned depth, struct err *err)
{
	static const struct object_id none = { { 0 } };

	if (!entry->is_tree) {
		note(delta, &entry->id, OBJECT_BLOB);
		return 0;
	}
	return compare_trees(delta, &entry->id,
			     old && old->is_tree ? &old->id : &none, depth + 1,
			     err);
}

/* Note a tree, and what is in it and not in `before` (null: none), unless it
 * was noted already. What is noted comes out last first. */
static int compare_trees(struct delta *delta, const struct object_id *id,
			 const struct object_id *before, unsigned depth,
			 struct err *err)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	AUTO(bytes) GByteArray *other = g_byte_array_new();
	const uint8_t *at, *end, *old_at, *old_end;
	struct entry entry, old;
	int more, has_old;

	if (object_id_equal(id, before) ||
	    g_hash_table_contains(delta->given, id))
		return 0;
	if (depth > DEPTH)
		return bad(id, EBADMSG, "is a tree too deep", err);
	if (read_object(delta, id, OBJECT_TREE, body, err) < 0)
		return -1;
	if (!object_id_is_null(before))
		(void)read_object(delta, before, OBJECT_TREE, other, NULL);
	note(delta, id, OBJECT_TREE);
	at = body->data;
	end = at + body->len;
	old_at = other->data;
	old_end = old_at + other->len;
	has_old = next_entry(&old_at, old_end, &old);
	while ((more = next_entry(&at, end, &entry)) > 0) {
		int order = 1;

		while (has_old > 0 &&
		       (order = compare_entries(&old, &entry)) < 0)
			has_old = next_entry(&old_at, old_end, &old);
		if (has_old > 0 && order == 0 &&
		    object_id_equal(&old.id, &entry.id))
			continue;
		if (note_entry(delta, &entry,
			       has_old > 0 && order == 0 ? &old : NULL, depth,
			       err) < 0)
			return -1;
	}
	return more < 0 ? bad(id, EBADMSG, "is a malformed tree", err) : 0;
}

/* -- the next one ---------------------------------------------------------- */

void delta_start(struct delta *delta, const struct object_id *tip,
		 const struct object_id *base)
{
	static const struct object_id none = { { 0 } };

	delta->starting = true;
	delta->tip = *tip;
	delta->base = base ? *base : none;
}

/* Note the objects of the oldest commit that is left. */
static int open_commit(struct delta *delta, struct err *err)
{
	guint last = delta->commits->len - 1;
	struct object_id id =
		g_array_index(delta->commits, struct object_id, last);
	struct object_id tree, parent;

	(void)g_array_set_size(delta->commits, last);
	if (read_commit(delta, &id, &tree, &parent, err) < 0)
		return -1;
	note(delta, &id, OBJECT_COMMIT);
	if (compare_trees(delta, &tree, &delta->before, 0, err) < 0)
		return -1;
	delta->before = tree;
	return 0;
}

int delta_next(struct delta *delta, struct object_id *id_r,
	       enum object_type *type_r, GByteArray *body, struct err *err)
{
	struct found next;

	if (delta->starting && walk(delta, err) < 0)
		return -1;
	delta->starting = false;
	while (delta->found->len == 0) {
		if (delta->commits->len == 0)
			return 0;
		if (open_commit(delta, err) < 0)
			return -1;
	}
	next = g_array_index(delta->found, struct found, delta->found->len - 1);
	(void)g_array_set_size(delta->found, delta->found->len - 1);
	(void)g_byte_array_set_size(body, 0);
	*id_r = next.id;
	*type_r = next.type;
	return read_object(delta, &next.id, next.type, body, err) < 0 ? -1 : 1;
}
