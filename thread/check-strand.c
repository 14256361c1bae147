/* SPDX-License-Identifier: ISC */
/* One strand: down its chains from their tips, every tree and every message in
 * it (check-message.c). Reads hash what they read (store_hash_reads()). */
#include <errno.h>
#include <string.h>

#include "check-walk.h"
#include "defms/sign.h"
#include "defms/state-chains.h"
#include "defms/strand.h"
#include "link-set.h"
#include "state-check.h"
#include "strand-links.h"

void check_walk_report(struct check_walk *walk, const char *what,
		       const struct err *err)
{
	finding(walk->findings,
		err->code == ENOENT ? walk->findings->missing : CURE_NONE,
		"strand %s: %s%s", walk->name, what, err->text);
}

/* Was this object met before? It is from now on. */
static bool meet(struct check_walk *walk, const struct object_id *id)
{
	return !g_hash_table_add(walk->seen, g_memdup2(id, sizeof(*id)));
}

/* -- a tree ---------------------------------------------------------------- */

static void check_blob(struct check_walk *walk, const struct object_id *id,
		       enum strand_blob which)
{
	static const enum seal_kind kinds[STRAND_BLOBS] = {
		[STRAND_LINKS] = SEAL_LINKS,
		[STRAND_MEMBERS] = SEAL_MEMBERS,
		[STRAND_SENT] = SEAL_SENT,
		[STRAND_THREAD] = SEAL_THREAD,
	};
	struct store *store = mailbox_store(reader_mailbox(walk->reader));
	struct seal_place place = { .kind = kinds[which],
				    .strand = walk->strand->id };
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	char hex[OBJECT_ID_HEX + 1];
	uint64_t whole;
	struct err err;
	int found = store_read(store, id, OBJECT_BLOB, payload, &err);

	object_id_print(id, hex);
	if (found == 0)
		finding(walk->findings, walk->findings->missing,
			"strand %s: object %s is missing", walk->name, hex);
	else if (found < 0 ||
		 (walk->is_own && walk->key && which != STRAND_KEYS &&
		  seal_open(reader_sealer(walk->reader), walk->key, &place,
			    payload->data, payload->len, &whole, out,
			    &err) < 0))
		finding(walk->findings, CURE_NONE, "strand %s: object %s: %s",
			walk->name, hex, err.text);
}

/* The ids in `sent` are of messages of this tree. */
static int check_sent(struct check_walk *walk, const struct strand_tree *tree,
		      struct err *err)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(ptrs) GPtrArray *lines = NULL;
	struct message_id id;

	if (strand_text_read(walk->reader, walk->strand, tree, STRAND_SENT,
			     text, err) < 0 ||
	    link_blob_parse(text->data, text->len, &lines, err) < 0)
		return -1;
	for (guint i = 0; i < lines->len; i++)
		if (message_id_parse(g_ptr_array_index(lines, i), &id, NULL) <
			    0 ||
		    !strand_tree_find(tree, &id))
			return err_set(err, EBADMSG,
				       "its `sent' names what it has not");
	return 0;
}

/* What the tip says of links and sent; state.db has the same. */
static void check_decisions(struct check_walk *walk,
			    const struct strand_tree *tree)
{
	struct err err;
	int same = strand_links_same(walk->reader, walk->strand, tree, &err);

	if (same == 0)
		finding(walk->findings, CURE_INDEX,
			"strand %s: state.db has other lines than its `links'",
			walk->name);
	else if (same < 0)
		check_walk_report(walk, "links: ", &err);
	if (check_sent(walk, tree, &err) < 0)
		check_walk_report(walk, "sent: ", &err);
}

static int check_tree(struct check_walk *walk, const struct commit *commit,
		      struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(walk->reader));
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	struct message_id root;
	struct object_id id;
	const GArray *entries;
	int result;

	memcpy(id.bytes, commit->tree, sizeof(id.bytes));
	if (strand_tree_read(store, &id, &tree, err) < 0)
		return -1;
	entries = strand_tree_entries(tree);
	result = strand_tree_root(tree, store, &root, err);
	for (int i = 0; i < STRAND_BLOBS; i++) {
		struct object_id blob =
			strand_tree_blob(tree, (enum strand_blob)i);

		if (!object_id_is_null(&blob) && !meet(walk, &blob))
			check_blob(walk, &blob, (enum strand_blob)i);
	}
	for (guint i = 0; i < entries->len; i++) {
		const struct strand_entry *entry =
			&g_array_index(entries, struct strand_entry, i);

		if (!meet(walk, &entry->object))
			check_message(walk, entry);
	}
	if (walk->is_own && commit->chain == walk->strand->chain)
		check_decisions(walk, tree);
	if (result == 0 && memcmp(&root, &commit->root, sizeof(root)) != 0)
		return err_set(err, EBADMSG,
			       "its Root is not that of its tree");
	return result;
}

/* -- the chain ------------------------------------------------------------- */

static int check_commit(struct check_walk *walk, const struct commit *commit,
			uint64_t chain, struct err *err)
{
	if (memcmp(&commit->strand, &walk->strand->id,
		   sizeof(commit->strand)) != 0)
		return err_set(err, EBADMSG, "names another strand");
	if (memcmp(&commit->device, &walk->chain->device,
		   sizeof(commit->device)) != 0)
		return err_set(err, EBADMSG, "signed by another device");
	if (commit->chain != chain)
		return err_set(err, EBADMSG,
			       "its Chain is %" G_GUINT64_FORMAT
			       ", not %" G_GUINT64_FORMAT,
			       commit->chain, chain);
	if (commit->parent_count > 1)
		return err_set(err, EBADMSG, "has several parents");
	return check_tree(walk, commit, err);
}

/* Read and parse a commit; 1, 0 after a finding. */
static int read_commit(struct check_walk *walk, const struct object_id *id,
		       struct commit *commit_r)
{
	struct store *store = mailbox_store(reader_mailbox(walk->reader));
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	char hex[OBJECT_ID_HEX + 1];
	struct err err;
	int found = store_read(store, id, OBJECT_COMMIT, data, &err);

	object_id_print(id, hex);
	if (found == 0)
		(void)err_set(&err, ENOENT, "is missing");
	if (found <= 0 ||
	    commit_parse(data->data, data->len, commit_r, &err) < 0) {
		AUTO(str) char *what = g_strdup_printf("commit %s: ", hex);

		check_walk_report(walk, what, &err);
		return 0;
	}
	return 1;
}

static void walk_chain(struct check_walk *walk)
{
	struct object_id id = walk->chain->tip;
	uint64_t chain = walk->chain->chain;
	char hex[OBJECT_ID_HEX + 1];
	struct commit commit = { 0 };
	struct err err;

	while (chain > 0 && read_commit(walk, &id, &commit)) {
		AUTO(str) char *what = NULL;

		object_id_print(&id, hex);
		what = g_strdup_printf("commit %s: ", hex);
		if (check_commit(walk, &commit, chain, &err) < 0)
			check_walk_report(walk, what, &err);
		/* A chain that was cut short begins with a higher number. */
		if (commit.parent_count == 0)
			return;
		memcpy(id.bytes, commit.parents[0], sizeof(id.bytes));
		chain--;
	}
	if (chain == 0)
		finding(walk->findings, CURE_NONE,
			"strand %s: its chain is longer than it says",
			walk->name);
}

static int walk_chains(struct check_walk *walk, struct err *err)
{
	const struct identity *identity =
		mailbox_identity(reader_mailbox(walk->reader));
	AUTO(array) GArray *tips = NULL;

	if (state_tip_list(reader_state(walk->reader), walk->strand, &tips,
			   err) < 0)
		return -1;
	if (object_id_is_null(&walk->strand->tip) && walk->strand->chain != 0)
		finding(walk->findings, CURE_NONE,
			"strand %s: state.db has lost its tip", walk->name);
	for (guint i = 0; i < tips->len; i++) {
		struct state_chain *chain =
			&g_array_index(tips, struct state_chain, i);

		walk->is_own = object_id_equal(&chain->tip, &walk->strand->tip);
		if (walk->is_own)
			chain->device = identity_device(identity);
		walk->chain = chain;
		walk_chain(walk);
	}
	return 0;
}

void check_strand(struct reader *reader, struct index *index,
		  const struct state_strand *strand, struct findings *findings,
		  GArray *serials)
{
	struct check_walk walk = { .reader = reader,
				   .index = index,
				   .strand = strand,
				   .findings = findings,
				   .serials = serials };
	struct err err;

	strand_id_print(&strand->id, walk.name);
	if (reader_key(reader, strand, &walk.key, &err) < 0) {
		finding(findings, CURE_NONE, "strand %s: %s", walk.name,
			err.text);
		return;
	}
	walk.seen = g_hash_table_new_full(object_id_hash, object_id_equal,
					  g_free, NULL);
	walk.found = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					   NULL);
	if (walk_chains(&walk, &err) < 0)
		check_walk_report(&walk, "", &err);
	check_found_end(&walk);
	g_hash_table_unref(walk.seen);
	g_hash_table_unref(walk.found);
}
