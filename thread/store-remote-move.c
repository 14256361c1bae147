/* SPDX-License-Identifier: ISC */
/* Objects there and back. Both sides are told what is wanted by refs of the
 * scratch repository, in packed-refs, so that a chain that grew does not travel
 * whole. */
#include <errno.h>
#include <string.h>

#include "defms/io.h"
#include "defms/ref.h"
#include "store-git.h"
#include "store-remote-parts.h"

AUTO_KIND(git_tree, git_tree, git_tree_free)
AUTO_KIND(git_commit, git_commit, git_commit_free)
AUTO_KIND(git_blob, git_blob, git_blob_free)

static const char cards_prefix[] = "refs/cards/";

static git_oid oid_of(const struct object_id *id)
{
	git_oid oid;

	(void)git_oid_fromraw(&oid, id->bytes);
	return oid;
}

bool store_remote_has(struct store_remote *remote, const struct object_id *id)
{
	git_oid oid = oid_of(id);

	return git_odb_exists(remote->odb, &oid) == 1;
}

int store_remote_descends(struct store_remote *remote,
			  const struct object_id *tip,
			  const struct object_id *base, struct err *err)
{
	git_oid new_oid = oid_of(tip), old_oid = oid_of(base);
	int result;

	if (!store_remote_has(remote, tip) || !store_remote_has(remote, base))
		return 0;
	result =
		git_graph_descendant_of(remote->repository, &new_oid, &old_oid);
	return result < 0 ? err_git(err, result, "history") : result;
}

/* -- refs of the scratch repository ---------------------------------------- */

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a + OBJECT_ID_HEX + 1,
		      *(const char *const *)b + OBJECT_ID_HEX + 1);
}

/* A line of packed-refs. Caller frees. */
static char *ref_line(const struct object_id *id, const char *name)
{
	char hex[OBJECT_ID_HEX + 1];

	object_id_print(id, hex);
	return g_strdup_printf("%s %s", hex, name);
}

static int write_refs(const struct store_remote *remote, GPtrArray *lines,
		      struct err *err)
{
	AUTO(str)
	char *path = g_build_filename(remote->scratch, "packed-refs", NULL);
	AUTO(gstring)
	GString *text = g_string_new("# pack-refs with: peeled fully-peeled "
				     "sorted \n");

	g_ptr_array_sort(lines, by_name);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(text, "%s\n", (char *)lines->pdata[i]);
	return io_write_file(path, text->str, text->len, err);
}

/* -- push ------------------------------------------------------------------ */

/* The commit that carries a card: for equal bytes it is the same. */
static int write_card(struct store_remote *remote, const struct root_card *card,
		      struct object_id *id_r, struct err *err)
{
	static const char ident[] = "defms <defms@defms.invalid> 0 +0000";
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(bytes) GByteArray *tree = g_byte_array_new();
	git_oid oid;
	char hex[GIT_OID_HEXSZ + 1];
	int result = git_odb_write(&oid, remote->odb, card->bytes->data,
				   card->bytes->len, GIT_OBJECT_BLOB);

	if (result < 0)
		return err_git(err, result, "card");
	(void)g_byte_array_append(tree, (const guint8 *)"100644 card", 12);
	(void)g_byte_array_append(tree, oid.id, GIT_OID_RAWSZ);
	result = git_odb_write(&oid, remote->odb, tree->data, tree->len,
			       GIT_OBJECT_TREE);
	if (result < 0)
		return err_git(err, result, "card");
	g_string_append_printf(
		text, "tree %s\nauthor %s\ncommitter %s\n\ncard\n",
		git_oid_tostr(hex, sizeof(hex), &oid), ident, ident);
	result = git_odb_write(&oid, remote->odb, text->str, text->len,
			       GIT_OBJECT_COMMIT);
	if (result < 0)
		return err_git(err, result, "card");
	memcpy(id_r->bytes, oid.id, sizeof(id_r->bytes));
	return 0;
}

static bool has_card(const struct store_remote *remote, const char *name,
		     const struct object_id *tip)
{
	for (guint i = 0; i < remote->cards->len; i++) {
		const struct remote_card *card =
			&g_array_index(remote->cards, struct remote_card, i);

		if (strcmp(card->name, name) == 0)
			return object_id_equal(&card->tip, tip);
	}
	return false;
}

static void add_spec(GPtrArray *specs, const char *name, bool force)
{
	g_ptr_array_add(specs, g_strdup_printf("%s%s:%s", force ? "+" : "",
					       name, name));
}

static int add_cards(struct store_remote *remote, const GPtrArray *cards,
		     GPtrArray *lines, GPtrArray *specs, struct err *err)
{
	for (guint i = 0; i < cards->len; i++) {
		const struct root_card *card = cards->pdata[i];
		AUTO(str)
		char *name = g_strconcat(cards_prefix, card->name, NULL);
		struct object_id id;

		if (write_card(remote, card, &id, err) < 0)
			return -1;
		if (has_card(remote, card->name, &id))
			continue;
		g_ptr_array_add(lines, ref_line(&id, name));
		add_spec(specs, name, true);
	}
	return 0;
}

static int count_objects(unsigned current, unsigned total, size_t bytes,
			 void *payload)
{
	struct store_remote *remote = payload;

	(void)current;
	(void)bytes;
	remote->sent = MAX(remote->sent, total);
	return 0;
}

static int upload(struct store_remote *remote, GPtrArray *specs,
		  struct err *err)
{
	git_push_options options;
	git_strarray refs = { (char **)specs->pdata, specs->len };
	int result;

	(void)git_push_options_init(&options, GIT_PUSH_OPTIONS_VERSION);
	remote_callbacks(remote, &options.callbacks);
	options.callbacks.push_transfer_progress = count_objects;
	result = git_remote_upload(remote->remote, &refs, &options);
	return result < 0 ? err_remote(err, remote, result) : 0;
}

int store_remote_push(struct store_remote *remote, const GArray *moves,
		      const GPtrArray *cards, GPtrArray *lines,
		      size_t *objects_r, struct err *err)
{
	AUTO(ptrs) GPtrArray *refs = g_ptr_array_new_with_free_func(g_free);
	AUTO(ptrs) GPtrArray *specs = g_ptr_array_new_with_free_func(g_free);
	int result;

	*objects_r = 0;
	for (guint i = 0; i < moves->len; i++) {
		const struct store_remote_move *move =
			&g_array_index(moves, struct store_remote_move, i);
		AUTO(str) char *name = remote_ref_name(&move->head);

		g_ptr_array_add(refs, ref_line(&move->head.tip, name));
		add_spec(specs, name, move->force);
	}
	if (add_cards(remote, cards, refs, specs, err) < 0 ||
	    write_refs(remote, refs, err) < 0)
		return -1;
	if (specs->len == 0)
		return 0;
	remote->lines = lines;
	result = upload(remote, specs, err);
	remote->lines = NULL;
	*objects_r = MAX(remote->sent, specs->len);
	return result;
}

/* -- fetch ----------------------------------------------------------------- */

/* What is here of the chains that are not here whole. */
static void add_known(struct store_remote *remote, const GArray *known,
		      GPtrArray *lines)
{
	for (guint i = 0; i < known->len; i++) {
		const struct ref_move *ref =
			&g_array_index(known, struct ref_move, i);
		struct head head = { ref->strand, ref->device, 0, ref->tip };
		AUTO(str) char *name = NULL;
		guint at;

		if (!g_array_binary_search(remote->heads, &head, head_compare,
					   &at) ||
		    store_remote_has(remote, &g_array_index(remote->heads,
							    struct head, at)
						      .tip) ||
		    !store_remote_has(remote, &ref->tip))
			continue;
		name = remote_ref_name(&head);
		g_ptr_array_add(lines, ref_line(&ref->tip, name));
	}
}

static int download(struct store_remote *remote, struct err *err)
{
	static char threads[] = "refs/threads/*:refs/threads/*",
		    forks[] = "refs/forks/*:refs/forks/*",
		    cards[] = "refs/cards/*:refs/cards/*";
	char *specs[] = { threads, forks, cards };
	git_strarray refs = { specs, G_N_ELEMENTS(specs) };
	git_fetch_options options;
	int result;

	(void)git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
	remote_callbacks(remote, &options.callbacks);
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	result = git_remote_download(remote->remote, &refs, &options);
	if (result < 0 && remote->over)
		return err_set(err, EFBIG,
			       "%s: more than %" G_GUINT64_FORMAT " bytes",
			       remote->url, remote->limit);
	if (result < 0)
		return err_remote(err, remote, result);
	result = git_odb_refresh(remote->odb);
	return result < 0 ? err_git(err, result, remote->scratch) : 0;
}

/* What has another form than write_card() makes is nobody's. */
static void read_card(struct store_remote *remote,
		      const struct remote_card *card, GPtrArray *cards)
{
	AUTO(git_commit) git_commit *commit = NULL;
	AUTO(git_tree) git_tree *tree = NULL;
	AUTO(git_blob) git_blob *blob = NULL;
	const git_tree_entry *entry;
	git_oid oid = oid_of(&card->tip);

	if (git_commit_lookup(&commit, remote->repository, &oid) < 0 ||
	    git_commit_tree(&tree, commit) < 0)
		return;
	entry = git_tree_entry_byname(tree, "card");
	if (!entry || git_tree_entry_type(entry) != GIT_OBJECT_BLOB ||
	    git_blob_lookup(&blob, remote->repository,
			    git_tree_entry_id(entry)) < 0 ||
	    git_blob_rawsize(blob) > ROOT_CARD_MOST)
		return;
	g_ptr_array_add(cards,
			root_card_new(card->name, git_blob_rawcontent(blob),
				      (size_t)git_blob_rawsize(blob)));
}

int store_remote_fetch(struct store_remote *remote, uint64_t limit,
		       GPtrArray *cards, struct err *err)
{
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	AUTO(array) GArray *known = NULL;

	remote->limit = limit;
	if (store_scan_refs(remote->store, &known, problems, err) < 0)
		return -1;
	add_known(remote, known, lines);
	if (write_refs(remote, lines, err) < 0 || download(remote, err) < 0)
		return -1;
	for (guint i = 0; i < remote->cards->len; i++)
		read_card(remote,
			  &g_array_index(remote->cards, struct remote_card, i),
			  cards);
	return 0;
}

int store_remote_read(struct store_remote *remote, const struct object_id *id,
		      enum object_type *type_r, GByteArray *out,
		      struct err *err)
{
	git_odb_object *object = NULL;
	git_oid oid = oid_of(id);
	git_object_t type;
	size_t size = 0;
	int result = git_odb_read_header(&size, &type, remote->odb, &oid);

	if (result == GIT_ENOTFOUND)
		return 0;
	/* A few bytes of zlib may be as many GiB. */
	if (result == 0 && size > REMOTE_OBJECT_MOST)
		return err_set(err, EFBIG, "a fetched object is over 1 MiB");
	if (result == 0)
		result = git_odb_read(&object, remote->odb, &oid);
	if (result < 0)
		return err_git(err, result, "fetched object");
	*type_r = (enum object_type)git_odb_object_type(object);
	(void)g_byte_array_append(out, git_odb_object_data(object),
				  (guint)git_odb_object_size(object));
	git_odb_object_free(object);
	return 1;
}
