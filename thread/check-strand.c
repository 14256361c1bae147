/* SPDX-License-Identifier: ISC */
/* One strand: down its chain from the tip, every tree, every message, every
 * copy. Reads hash what they read (store_hash_reads()). One piece of a message
 * is held at a time. */
#include <errno.h>
#include <string.h>

#include "check-parts.h"
#include "defms/sign.h"
#include "defms/state-share.h"
#include "defms/strand.h"
#include "link-set.h"
#include "state-check.h"
#include "strand-links.h"

struct walk {
	struct reader *reader; /* borrowed; so are the next four */
	struct index *index;   /* NULL if there is none */
	const struct state_strand *strand;
	struct findings *findings;
	GArray *serials;
	struct strand_key *key; /* borrowed; NULL in a public strand */
	GHashTable *seen;       /* owned: ids of messages and objects */
	GHashTable *found;      /* owned: struct found */
	const struct state_chain *chain; /* the chain at hand; borrowed */
	bool is_own;                     /* this device's */
	char name[STRAND_ID_HEX + 1];
};

/* What the content of one message turned out to be. */
struct content {
	struct message_id id, hash;
	uint64_t size, line_ends;
};

/* A message that is read from this strand, and is whole in some chain. */
struct found {
	int64_t serial;
	struct message_id hash;
	bool indexed; /* the index has it from one of these */
};

/* A finding about `err`. */
static void report(struct walk *walk, const char *what, const struct err *err)
{
	finding(walk->findings,
		err->code == ENOENT ? walk->findings->missing : CURE_NONE,
		"strand %s: %s%s", walk->name, what, err->text);
}

/* Was this object met before? It is from now on. */
static bool meet(struct walk *walk, const struct object_id *id)
{
	return !g_hash_table_add(walk->seen, g_memdup2(id, sizeof(*id)));
}

static uint64_t count_line_ends(const uint8_t *at, size_t size)
{
	const uint8_t *end = at + size;
	uint64_t count = 0;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		count++;
		if (++at == end)
			break;
	}
	return count;
}

/* -- a message ------------------------------------------------------------- */

static int count_pieces(struct walk *walk, const struct strand_entry *entry,
			uint32_t *count_r, struct err *err)
{
	struct mailbox *mailbox = reader_mailbox(walk->reader);
	AUTO(array) GArray *pieces = NULL;

	*count_r = 1;
	if (!entry->pieces)
		return 0;
	if (strand_pieces_read(mailbox_store(mailbox), &entry->object, &pieces,
			       err) < 0)
		return -1;
	if (pieces->len < 2)
		return err_set(err, EBADMSG, "tree: too few pieces");
	*count_r = pieces->len;
	return 0;
}

static int read_content(struct walk *walk, const struct strand_entry *entry,
			struct content *content, struct err *err)
{
	AUTO(hasher) struct message_hasher *hash = message_hasher_new(NULL);
	AUTO(hasher)
	struct message_hasher *id = message_hasher_new(
		walk->key ? strand_key_id_key(walk->key) : NULL);
	AUTO(bytes) GByteArray *piece = g_byte_array_new();
	char hex[MESSAGE_ID_HEX + 1];
	struct index_message message = {
		.strand = walk->strand->serial,
		.id = entry->id,
		.object = entry->object,
		.pieces = entry->pieces,
		.name = hex,
	};
	uint32_t count;

	message_id_print(&entry->id, hex);
	if (count_pieces(walk, entry, &count, err) < 0)
		return err_prefix(err, "message %s", hex);
	for (uint32_t i = 0; i < count; i++) {
		(void)g_byte_array_set_size(piece, 0);
		if (reader_piece(walk->reader, &message, i, piece, err) < 0)
			return -1;
		if (piece->len > MESSAGE_PIECE ||
		    (i + 1 < count && piece->len < MESSAGE_PIECE))
			return err_set(err, EBADMSG,
				       "message %s: piece %u of a wrong size",
				       hex, i);
		message_hasher_add(hash, piece->data, piece->len);
		message_hasher_add(id, piece->data, piece->len);
		content->size += piece->len;
		if (piece->len > 0)
			content->line_ends +=
				count_line_ends(piece->data, piece->len);
	}
	content->hash = message_hasher_end(hash);
	content->id = message_hasher_end(id);
	if (memcmp(&content->id, &entry->id, sizeof(entry->id)) != 0)
		return err_set(err, EBADMSG, "message %s: not what its id says",
			       hex);
	return 0;
}

/* The size of the file that content and trace give. */
static int raw_size(const struct state_copy *copy,
		    const struct content *content, const GByteArray *trace,
		    uint64_t *size_r, struct err *err)
{
	struct trace_iter it = trace_iter(trace->data, trace->len);
	uint64_t line_ends = content->line_ends;
	struct trace_entry entry;
	int more;

	*size_r = content->size;
	while ((more = trace_next(&it, &entry, err)) > 0) {
		if (entry.content_offset > content->size)
			return err_set(err, EBADMSG, "its trace does not fit");
		*size_r += entry.size;
		if (entry.size > 0)
			line_ends += count_line_ends(entry.data, entry.size);
	}
	if (copy->crlf)
		*size_r += line_ends;
	return more;
}

static int check_copy(struct walk *walk, int64_t serial,
		      const struct content *content, unsigned *flags,
		      struct err *err)
{
	AUTO(bytes) GByteArray *trace = g_byte_array_new();
	struct state_copy copy;
	uint64_t size;

	if (state_copy_get(reader_state(walk->reader), serial, &copy, err) < 0)
		return -1;
	*flags |= copy.flags;
	if (reader_trace(walk->reader, serial, trace, err) < 0 ||
	    raw_size(&copy, content, trace, &size, err) < 0)
		return -1;
	if (size != copy.raw_size)
		return err_set(err, EBADMSG,
			       "gives %" G_GUINT64_FORMAT
			       " bytes, state.db says %" G_GUINT64_FORMAT,
			       size, copy.raw_size);
	return 0;
}

static int check_copies(struct walk *walk, const struct state_message *message,
			const struct content *content, const char *hex,
			struct err *err)
{
	AUTO(array) GArray *serials = NULL;
	unsigned flags = 0;

	if (state_copy_list(reader_state(walk->reader), message->serial, 0,
			    &serials, err) < 0)
		return -1;
	for (guint i = 0; i < serials->len; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);
		struct err why;

		if (check_copy(walk, serial, content, &flags, &why) < 0)
			finding(walk->findings, CURE_NONE,
				"message %s: copy %" G_GINT64_FORMAT ": %s",
				hex, serial, why.text);
	}
	if (flags != message->flags)
		finding(walk->findings, CURE_FLAGS,
			"message %s: its flags are not those of its copies",
			hex);
	return 0;
}

/* A message is read from one strand, and may stand in others: in shared ones
 * state.db says, and besides where it was before it was shared, until gc drops
 * it there. */
static int stands_too(struct walk *walk, const struct state_message *message,
		      struct err *err)
{
	struct state *state = reader_state(walk->reader);
	AUTO(array) GArray *strands = NULL;

	if (walk->strand->kind == STRAND_SHARED)
		return state_standing_has(state, message->serial,
					  walk->strand->serial, err);
	if (state_standing_of(state, message->serial, &strands, err) < 0)
		return -1;
	return strands->len > 0;
}

/* Its copies, when it is met for the first time; and the index's row, which is
 * of one of the chains that have it. */
static int check_found(struct walk *walk, const struct state_message *message,
		       const struct strand_entry *entry,
		       const struct content *content, struct err *err)
{
	struct found *known =
		g_hash_table_lookup(walk->found, &message->serial);
	char hex[MESSAGE_ID_HEX + 1];
	int indexed;

	if (!known) {
		known = g_new0(struct found, 1);
		known->serial = message->serial;
		known->hash = content->hash;
		known->indexed = walk->index == NULL;
		(void)g_hash_table_add(walk->found, known);
		(void)g_array_append_val(walk->serials, message->serial);
		message_id_print(&content->hash, hex);
		if (check_copies(walk, message, content, hex, err) < 0)
			return -1;
	}
	if (known->indexed)
		return 0;
	indexed = index_check_message(walk->index, message->serial,
				      walk->strand->serial, entry,
				      content->size, err);
	known->indexed = indexed > 0;
	return MIN(indexed, 0);
}

static int check_rows(struct walk *walk, const struct strand_entry *entry,
		      const struct content *content, struct err *err)
{
	struct state_message message;
	char hex[MESSAGE_ID_HEX + 1];
	int found = state_message_find(reader_state(walk->reader),
				       &content->hash, &message, err);

	message_id_print(&content->hash, hex);
	if (found < 0)
		return -1;
	if (found == 0 && !walk->is_own)
		return 0;
	if (found == 0) {
		finding(walk->findings, CURE_NONE,
			"message %s: in strand %s, but not in state.db", hex,
			walk->name);
		return 0;
	}
	found = stands_too(walk, &message, err);
	if (found < 0)
		return -1;
	if (found == 0 && walk->is_own &&
	    (walk->strand->kind == STRAND_SHARED ||
	     message.strand != walk->strand->serial))
		finding(walk->findings, CURE_NONE,
			"message %s: in strand %s, state.db says another", hex,
			walk->name);
	if (message.strand != walk->strand->serial)
		return 0;
	return check_found(walk, &message, entry, content, err);
}

/* Are its objects there, and what their ids say? What is in them is then as
 * somebody made it. */
static bool is_whole(struct walk *walk, const struct strand_entry *entry)
{
	struct store *store = mailbox_store(reader_mailbox(walk->reader));
	AUTO(array) GArray *pieces = NULL;

	if (!entry->pieces)
		return store_verify(store, &entry->object, NULL, NULL) > 0;
	if (strand_pieces_read(store, &entry->object, &pieces, NULL) < 0)
		return store_verify(store, &entry->object, NULL, NULL) > 0;
	for (guint i = 0; i < pieces->len; i++)
		if (store_verify(store,
				 &g_array_index(pieces, struct object_id, i),
				 NULL, NULL) <= 0)
			return false;
	return true;
}

static void check_message(struct walk *walk, const struct strand_entry *entry)
{
	struct content content = { 0 };
	struct err err;

	if (read_content(walk, entry, &content, &err) < 0) {
		if (walk->is_own || !is_whole(walk, entry))
			report(walk, "", &err);
		return;
	}
	if (check_rows(walk, entry, &content, &err) < 0)
		report(walk, "", &err);
}

/* Whole messages that the index does not have from where they are. */
static void report_found(struct walk *walk)
{
	GHashTableIter it;
	gpointer data;

	g_hash_table_iter_init(&it, walk->found);
	while (g_hash_table_iter_next(&it, &data, NULL)) {
		const struct found *found = data;
		char hex[MESSAGE_ID_HEX + 1];

		message_id_print(&found->hash, hex);
		if (!found->indexed)
			finding(walk->findings, CURE_INDEX,
				"index: message %s: missing, or wrong in it",
				hex);
	}
}

/* -- a tree ---------------------------------------------------------------- */

static void check_blob(struct walk *walk, const struct object_id *id,
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
static int check_sent(struct walk *walk, const struct strand_tree *tree,
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
static void check_decisions(struct walk *walk, const struct strand_tree *tree)
{
	struct err err;
	int same = strand_links_same(walk->reader, walk->strand, tree, &err);

	if (same == 0)
		finding(walk->findings, CURE_INDEX,
			"strand %s: state.db has other lines than its `links'",
			walk->name);
	else if (same < 0)
		report(walk, "links: ", &err);
	if (check_sent(walk, tree, &err) < 0)
		report(walk, "sent: ", &err);
}

static int check_tree(struct walk *walk, const struct commit *commit,
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

static int check_commit(struct walk *walk, const struct commit *commit,
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
static int read_commit(struct walk *walk, const struct object_id *id,
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

		report(walk, what, &err);
		return 0;
	}
	return 1;
}

static void walk_chain(struct walk *walk)
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
			report(walk, what, &err);
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

static int walk_chains(struct walk *walk, struct err *err)
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
	struct walk walk = { .reader = reader,
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
		report(&walk, "", &err);
	report_found(&walk);
	g_hash_table_unref(walk.seen);
	g_hash_table_unref(walk.found);
}
