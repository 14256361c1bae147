/* SPDX-License-Identifier: ISC */
/* One commit a batch and strand (design 3.2). The thread object says From,
 * Sender, Reply-To, To, Cc and Subject of the strand's earliest-dated message;
 * of two with the same date the one with the smaller id, so that every replica
 * of a public strand writes the same. */
#include "batch-strand.h"

#include <errno.h>
#include <string.h>

#include "defms/sign.h"
#include "defms/state-batch.h"
#include "link-set.h"
#include "strand-links.h"
#include "strand-tip.h"

enum { DAY = 86400 };
static const int64_t date_max = 253402300799; /* the end of 9999 */

guint batch_strand_hash(gconstpointer id)
{
	guint hash;

	memcpy(&hash, id, sizeof(hash));
	return hash;
}

gboolean batch_strand_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct strand_id)) == 0;
}

void batch_strand_free(gpointer data)
{
	struct batch_strand *strand = data;

	g_array_unref(strand->entries);
	g_array_unref(strand->serials);
	g_array_unref(strand->sent);
	g_array_unref(strand->erased);
	if (strand->keys)
		(void)g_byte_array_unref(strand->keys);
	if (strand->members)
		(void)g_byte_array_unref(strand->members);
	if (strand->fields)
		(void)g_string_free(strand->fields, TRUE);
	g_free(strand);
}

struct batch_strand *batch_strand_open(struct state *state,
				       const struct state_strand *wanted,
				       struct err *err)
{
	struct state_strand found = *wanted;
	struct batch_strand *strand;
	int result = state_strand_find(state, &wanted->id, &found, err);

	if (result < 0)
		return NULL;
	if (found.kind != wanted->kind) {
		(void)err_set(err, EBADMSG,
			      "state.db: a strand is of another kind than what "
			      "is to go into it");
		return NULL;
	}
	if (result == 0) {
		found.first_date = INT64_MAX;
		memset(&found.first_id, 0xff, sizeof(found.first_id));
		if (state_strand_put(state, &found, err) < 0)
			return NULL;
	}
	strand = g_new0(struct batch_strand, 1);
	strand->state = found;
	strand->newest = INT64_MIN;
	strand->entries =
		g_array_new(FALSE, FALSE, sizeof(struct strand_entry));
	strand->serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
	strand->sent = g_array_new(FALSE, FALSE, sizeof(struct message_id));
	strand->erased = g_array_new(FALSE, FALSE, sizeof(struct message_id));
	return strand;
}

static void add_field(GString *out, const char *name, const char *value)
{
	if (value[0])
		g_string_append_printf(out, "%s: %s\n", name, value);
}

void batch_strand_note_first(struct batch_strand *strand,
			     const struct mime *mime,
			     const struct message_id *id)
{
	int64_t date = arrival_date(mime);
	int order = memcmp(id, &strand->state.first_id, sizeof(*id));

	if (date > strand->state.first_date ||
	    (date == strand->state.first_date && order >= 0))
		return;
	strand->state.first_date = date;
	strand->state.first_id = *id;
	if (!strand->fields)
		strand->fields = g_string_new(NULL);
	(void)g_string_truncate(strand->fields, 0);
	add_field(strand->fields, "From", mime->from);
	add_field(strand->fields, "Sender", mime->sender);
	add_field(strand->fields, "Reply-To", mime->reply_to);
	add_field(strand->fields, "To", mime->to);
	add_field(strand->fields, "Cc", mime->cc);
	add_field(strand->fields, "Subject", mime->subject);
}

void batch_strand_add(struct batch_strand *strand,
		      const struct strand_entry *entry, int64_t serial,
		      const struct arrival_made *made)
{
	int64_t date = arrival_date(made->mime);

	(void)g_array_append_val(strand->entries, *entry);
	(void)g_array_append_val(strand->serials, serial);
	batch_strand_note_first(strand, made->mime, &entry->id);
	if (date != INT64_MAX)
		strand->newest = MAX(strand->newest, date);
}

const struct message_id *batch_strand_id(const struct batch_strand *strand,
					 int64_t serial)
{
	for (guint i = strand->serials->len; i > 0; i--)
		if (g_array_index(strand->serials, int64_t, i - 1) == serial)
			return &g_array_index(strand->entries,
					      struct strand_entry, i - 1)
					.id;
	return NULL;
}

bool batch_strand_changed(const struct batch_strand *strand)
{
	return strand->entries->len > 0 || strand->linked ||
	       strand->sent->len > 0 || strand->erased->len > 0;
}

int batch_strand_tip(const struct batch_strand *strand, struct store *store,
		     struct strand_tree **tree_r, struct err *err)
{
	return strand_tip_read(store, &strand->state.tip, tree_r, err);
}

/* The thread object, sealed unless the strand is public, as a blob; none where
 * no message is left. */
static int write_object(struct batch_strand *strand, struct reader *reader,
			struct strand_tree *tree, struct pack *pack,
			struct err *err)
{
	static const char *const audiences[] = { "mine", "public", "shared" };
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	struct seal_place place = { .kind = SEAL_THREAD,
				    .strand = strand->state.id };
	char hex[STRAND_ID_HEX + 1];
	struct strand_key *key;
	struct object_id id = { { 0 } };

	if (strand_tree_entries(tree)->len == 0)
		strand_tree_set_blob(tree, STRAND_THREAD, &id, NULL, 0);
	if (!strand->fields)
		return 0;
	if (reader_key(reader, &strand->state, &key, err) < 0)
		return -1;
	strand_id_print(&strand->state.id, hex);
	g_string_append_printf(strand->fields,
			       "Version: 1\nStrand: %s\nAudience: %s\n", hex,
			       audiences[strand->state.kind]);
	if (key)
		seal_close(reader_sealer(reader), key, &place,
			   strand->fields->str, strand->fields->len,
			   strand->fields->len, payload);
	else
		(void)g_byte_array_append(payload,
					  (const guint8 *)strand->fields->str,
					  (guint)strand->fields->len);
	if (pack_add_object(pack, OBJECT_BLOB, payload->data, payload->len, &id,
			    err) < 0)
		return -1;
	strand_tree_set_blob(tree, STRAND_THREAD, &id, payload->data,
			     payload->len);
	return 0;
}

static int write_links(struct batch_strand *strand, struct reader *reader,
		       struct strand_tree *tree, struct pack *pack,
		       struct err *err)
{
	AUTO(ptrs) GPtrArray *lines = NULL;
	AUTO(bytes) GByteArray *text = NULL;

	if (!strand->linked)
		return 0;
	if (state_link_of(reader_state(reader), strand->state.serial, &lines,
			  err) < 0)
		return -1;
	text = link_blob(lines);
	return strand_text_write(reader, &strand->state, tree, STRAND_LINKS,
				 text, pack, err);
}

/* Keep the ids of messages that are there: not erased, and in this chain. */
static void drop_absent(GPtrArray *lines, const struct strand_tree *tree)
{
	for (guint i = lines->len; i > 0; i--) {
		struct message_id id;

		if (message_id_parse(g_ptr_array_index(lines, i - 1), &id,
				     NULL) < 0 ||
		    !strand_tree_find(tree, &id))
			(void)g_ptr_array_remove_index(lines, i - 1);
	}
}

/* What it has no room for is not noted. */
static int write_sent(struct batch_strand *strand, struct reader *reader,
		      struct strand_tree *tree, struct pack *pack,
		      struct err *err)
{
	AUTO(bytes) GByteArray *old = g_byte_array_new();
	AUTO(bytes) GByteArray *text = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;

	if (strand->sent->len == 0 && strand->erased->len == 0)
		return 0;
	if (strand_text_read(reader, &strand->state, tree, STRAND_SENT, old,
			     err) < 0 ||
	    link_blob_parse(old->data, old->len, &lines, err) < 0)
		return -1;
	for (guint i = 0; i < strand->sent->len; i++) {
		char hex[MESSAGE_ID_HEX + 1];

		message_id_print(
			&g_array_index(strand->sent, struct message_id, i),
			hex);
		g_ptr_array_add(lines, g_strdup(hex));
	}
	drop_absent(lines, tree);
	link_lines_sort(lines);
	text = link_blob(lines);
	if (text->len > STRAND_TEXT_MAX)
		return 0;
	return strand_text_write(reader, &strand->state, tree, STRAND_SENT,
				 text, pack, err);
}

/* The newest Date, cut to the day where others must not learn the hour. */
static int64_t commit_date(const struct batch_strand *strand)
{
	int64_t newest = strand->newest;
	int64_t date;

	/* Of what adds no message: today. */
	if (strand->entries->len == 0)
		newest = g_get_real_time() / G_USEC_PER_SEC;
	date = CLAMP(newest, 0, date_max);

	return strand->state.kind == STRAND_PUBLIC ? date : date - date % DAY;
}

static void fill_commit(const struct batch_strand *strand,
			struct commit *commit)
{
	char hex[MESSAGE_ID_HEX + 1];

	if (strand->erased->len > 0) {
		(void)g_snprintf(commit->subject, sizeof(commit->subject),
				 "erase %u message%s", strand->erased->len,
				 strand->erased->len == 1 ? "" : "s");
	} else if (strand->entries->len == 0) {
		(void)g_strlcpy(commit->subject,
				strand->linked ? "set links" : "note sent",
				sizeof(commit->subject));
	} else if (strand->entries->len == 1) {
		message_id_print(
			&g_array_index(strand->entries, struct strand_entry, 0)
				 .id,
			hex);
		(void)g_snprintf(commit->subject, sizeof(commit->subject),
				 "add %s", hex);
	} else {
		(void)g_snprintf(commit->subject, sizeof(commit->subject),
				 "add %u messages", strand->entries->len);
	}
	if (!object_id_is_null(&strand->state.tip) &&
	    strand->erased->len == 0) {
		memcpy(commit->parents[0], strand->state.tip.bytes, SIGN_OID);
		commit->parent_count = 1;
	}
	commit->date = commit_date(strand);
	commit->strand = strand->state.id;
	commit->chain = strand->state.chain + 1;
}

int batch_strand_write(struct batch_strand *strand, struct reader *reader,
		       struct pack *pack, struct err *err)
{
	struct mailbox *mailbox = reader_mailbox(reader);
	struct state *state = reader_state(reader);
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct commit commit = { 0 };
	struct object_id root;

	if (batch_strand_tip(strand, mailbox_store(mailbox), &tree, err) < 0)
		return -1;
	for (guint i = 0; i < strand->entries->len; i++)
		(void)strand_tree_add(tree,
				      &g_array_index(strand->entries,
						     struct strand_entry, i));
	for (guint i = 0; i < strand->erased->len; i++)
		(void)strand_tree_remove(
			tree,
			&g_array_index(strand->erased, struct message_id, i));
	if (batch_strand_circle(strand, reader, tree, pack, err) < 0 ||
	    write_object(strand, reader, tree, pack, err) < 0 ||
	    write_links(strand, reader, tree, pack, err) < 0 ||
	    write_sent(strand, reader, tree, pack, err) < 0 ||
	    strand_tree_write(tree, pack, &root, err) < 0 ||
	    strand_tree_root(tree, mailbox_store(mailbox), &commit.root, err) <
		    0)
		return -1;
	memcpy(commit.tree, root.bytes, SIGN_OID);
	fill_commit(strand, &commit);
	commit_write(&commit, mailbox_identity(mailbox), data);
	if (pack_add_object(pack, OBJECT_COMMIT, data->data, data->len,
			    &strand->state.tip, err) < 0)
		return -1;
	strand->state.chain = commit.chain;
	if (state_strand_put(state, &strand->state, err) < 0)
		return -1;
	return state_move_add(state, strand->state.serial, err);
}
