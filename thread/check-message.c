/* SPDX-License-Identifier: ISC */
/* One message of a strand: its pieces are what its id says, its copies give
 * the files that state.db tells of, and the index has it. One piece is held at
 * a time. */
#include <errno.h>
#include <string.h>

#include "check-walk.h"
#include "defms/strand.h"
#include "state-check.h"
#include "state-circles.h"

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

static int count_pieces(struct check_walk *walk,
			const struct strand_entry *entry, uint32_t *count_r,
			struct err *err)
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

static int read_content(struct check_walk *walk,
			const struct strand_entry *entry,
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

static int check_copy(struct check_walk *walk, int64_t serial,
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

static int check_copies(struct check_walk *walk,
			const struct state_message *message,
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
static int stands_too(struct check_walk *walk,
		      const struct state_message *message, struct err *err)
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
static int check_found(struct check_walk *walk,
		       const struct state_message *message,
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

static int check_rows(struct check_walk *walk, const struct strand_entry *entry,
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
static bool is_whole(struct check_walk *walk, const struct strand_entry *entry)
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

void check_message(struct check_walk *walk, const struct strand_entry *entry)
{
	struct content content = { 0 };
	struct err err;

	if (read_content(walk, entry, &content, &err) < 0) {
		if (walk->is_own || !is_whole(walk, entry))
			check_walk_report(walk, "", &err);
		return;
	}
	if (check_rows(walk, entry, &content, &err) < 0)
		check_walk_report(walk, "", &err);
}

void check_found_end(struct check_walk *walk)
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
