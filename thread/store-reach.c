/* SPDX-License-Identifier: ISC */
/* What is reached, before anything is thrown away. Refs of other names than
 * ours, and what they lead to, are the user's: they count, in whatever form git
 * allows. Blobs are not read. */
#include <errno.h>
#include <string.h>

#include <git2.h>

#include "store-git.h"

enum { OID = sizeof(struct object_id), MODE_MAX = 6 };

struct walk {
	struct store *store; /* borrowed */
	GHashTable *reached; /* owned: struct object_id */
	GArray *open;        /* owned: struct object_id, to be read */
};

/* Was it met before? It is from now on. */
static bool meet(struct walk *walk, const struct object_id *id)
{
	if (g_hash_table_contains(walk->reached, id))
		return true;
	(void)g_hash_table_add(walk->reached, g_memdup2(id, sizeof(*id)));
	return false;
}

static void follow(struct walk *walk, const struct object_id *id)
{
	if (!meet(walk, id))
		(void)g_array_append_val(walk->open, *id);
}

/* -- objects --------------------------------------------------------------- */

static bool is_mode(const uint8_t *mode, size_t size, const char *text)
{
	return size == strlen(text) && memcmp(mode, text, size) == 0;
}

/* "<octal mode> <name>\0<20 bytes>": trees are followed, commits of
 * submodules are elsewhere, all else is a blob. */
static int read_tree(struct walk *walk, const GByteArray *data, struct err *err)
{
	const uint8_t *at = data->data, *end = at + data->len;

	while (at < end) {
		const uint8_t *space = memchr(at, ' ', (size_t)(end - at));
		const uint8_t *nul = memchr(at, '\0', (size_t)(end - at));
		struct object_id id;
		size_t mode;

		if (!space || !nul || nul < space || end - nul < 1 + OID ||
		    space - at > MODE_MAX)
			return err_set(err, EBADMSG, "a tree is malformed");
		mode = (size_t)(space - at);
		memcpy(id.bytes, nul + 1, OID);
		if (is_mode(at, mode, "40000") || is_mode(at, mode, "040000"))
			follow(walk, &id);
		else if (!is_mode(at, mode, "160000"))
			(void)meet(walk, &id);
		at = nul + 1 + OID;
	}
	return 0;
}

/* The lines that name other objects stand first. */
static int read_lines(struct walk *walk, const GByteArray *data,
		      struct err *err)
{
	static const char *const known[] = { "tree ", "parent ", "object " };
	const char *at = (const char *)data->data, *end = at + data->len;
	bool named = true;

	while (named) {
		named = false;
		for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
			size_t size = strlen(known[i]);
			struct object_id id;

			if ((size_t)(end - at) < size + OBJECT_ID_HEX + 1 ||
			    memcmp(at, known[i], size) != 0)
				continue;
			if (object_id_parse(at + size, OBJECT_ID_HEX, &id,
					    NULL) < 0)
				return err_set(err, EBADMSG,
					       "a commit is malformed");
			follow(walk, &id);
			at += size + OBJECT_ID_HEX + 1;
			named = true;
		}
	}
	return 0;
}

static int read_next(struct walk *walk, const struct object_id *id,
		     struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	enum object_type type = OBJECT_BLOB;
	char hex[OBJECT_ID_HEX + 1];
	int result = store_read_any(walk->store, id, &type, data, err);

	object_id_print(id, hex);
	if (result == 0)
		return err_set(err, ENOENT, "object %s is missing", hex);
	if (result < 0)
		return -1;
	if (type == OBJECT_TREE)
		result = read_tree(walk, data, err);
	else if (type != OBJECT_BLOB)
		result = read_lines(walk, data, err);
	return result < 0 ? err_prefix(err, "object %s", hex) : 0;
}

static int read_all(struct walk *walk, struct err *err)
{
	while (walk->open->len > 0) {
		struct object_id id = g_array_index(
			walk->open, struct object_id, walk->open->len - 1);

		(void)g_array_set_size(walk->open, walk->open->len - 1);
		if (read_next(walk, &id, err) < 0)
			return -1;
	}
	return 0;
}

/* -- refs ------------------------------------------------------------------ */

static void follow_ref(struct walk *walk, const git_reference *ref)
{
	const git_oid *oid = git_reference_target(ref);
	struct object_id id;

	if (!oid)
		return; /* symbolic: that one is met itself */
	memcpy(id.bytes, oid->id, OID);
	follow(walk, &id);
}

/* HEAD may name a commit itself; elsewhere git says "detached". */
static int follow_head(struct walk *walk, git_repository *repository,
		       struct err *err)
{
	git_reference *head = NULL;
	int result = git_reference_lookup(&head, repository, "HEAD");

	if (result < 0)
		return err_git(err, result, "HEAD");
	follow_ref(walk, head);
	git_reference_free(head);
	return 0;
}

static int follow_refs(struct walk *walk, git_repository *repository,
		       struct err *err)
{
	git_reference_iterator *it = NULL;
	git_reference *ref = NULL;
	int result = git_reference_iterator_new(&it, repository);

	while (result == 0 && (result = git_reference_next(&ref, it)) == 0) {
		follow_ref(walk, ref);
		git_reference_free(ref);
	}
	if (it)
		git_reference_iterator_free(it);
	if (result != GIT_ITEROVER)
		return err_git(err, result, "refs");
	return follow_head(walk, repository, err);
}

static int read_refs(struct walk *walk, struct err *err)
{
	git_repository *repository = NULL;
	const char *path = store_path(walk->store);
	int result = git_repository_open_bare(&repository, path);

	if (result < 0)
		return err_git(err, result, path);
	result = follow_refs(walk, repository, err);
	git_repository_free(repository);
	return result;
}

int store_reach(struct store *store, const GArray *tips, GHashTable **reached_r,
		struct err *err)
{
	AUTO(table)
	GHashTable *reached = g_hash_table_new_full(
		object_id_hash, object_id_equal, g_free, NULL);
	AUTO(array)
	GArray *open = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	struct walk walk = { store, reached, open };

	for (guint i = 0; i < tips->len; i++)
		follow(&walk, &g_array_index(tips, struct object_id, i));
	if (read_refs(&walk, err) < 0 || read_all(&walk, err) < 0)
		return -1;
	*reached_r = take(reached);
	return 0;
}
