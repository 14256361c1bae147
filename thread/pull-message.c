/* SPDX-License-Identifier: ISC */
/* The messages that a tip has and the chain had not. Each is judged by itself:
 * one that does not open, or is not what its id says, is a line in the report,
 * and does not hold up the chain: others may have it whole. */
#include <errno.h>
#include <string.h>

#include "pull-head.h"

enum { PIECES_MOST = MESSAGE_MAX / MESSAGE_PIECE, PROBLEMS_MOST = 100 };

/* Where a message is opened. */
struct opening {
	const struct pull_worker *worker;
	const struct pull_head *head;
	struct strand_key *key; /* NULL: the strand is public */
	const struct strand_entry *entry;
};

static int read_piece(const struct opening *opening, const struct object_id *id,
		      uint32_t number, uint64_t *whole_r, GByteArray *out,
		      struct err *err)
{
	const struct object_source *source =
		pull_objects_source(opening->head->objects);
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	struct seal_place place = seal_place_message(
		&opening->head->at.strand, &opening->entry->id, number);
	guint before = out->len;

	if (source->read(source->context, id, OBJECT_BLOB,
			 opening->key ? payload : out, err) < 0)
		return -1;
	if (opening->key)
		return seal_open(opening->worker->sealer, opening->key, &place,
				 payload->data, payload->len, whole_r, out,
				 err);
	if (out->len - before > MESSAGE_PIECE)
		return err_set(err, EBADMSG, "a piece is too large");
	return 0;
}

static int list_pieces(const struct opening *opening, GArray **pieces_r,
		       struct err *err)
{
	const struct strand_entry *entry = opening->entry;

	if (!entry->pieces) {
		*pieces_r = g_array_new(FALSE, FALSE, sizeof(struct object_id));
		(void)g_array_append_val(*pieces_r, entry->object);
		return 0;
	}
	if (strand_pieces_read_from(pull_objects_source(opening->head->objects),
				    &entry->object, pieces_r, err) < 0)
		return -1;
	if ((*pieces_r)->len < 2)
		return err_set(err, EBADMSG, "too few pieces");
	if ((*pieces_r)->len > PIECES_MOST)
		return err_set(err, EBADMSG, "larger than 512 MiB");
	return 0;
}

/* All but the last are of one size, and each says how long the whole is. */
static int read_pieces(const struct opening *opening, GByteArray *out,
		       struct err *err)
{
	AUTO(array) GArray *pieces = NULL;
	uint64_t whole = 0, said = 0;

	if (list_pieces(opening, &pieces, err) < 0)
		return -1;
	for (guint i = 0; i < pieces->len; i++) {
		guint before = out->len;

		if (read_piece(opening,
			       &g_array_index(pieces, struct object_id, i), i,
			       &said, out, err) < 0)
			return -1;
		if (i + 1 < pieces->len && out->len - before != MESSAGE_PIECE)
			return err_set(err, EBADMSG,
				       "a piece is of a wrong size");
		if (i > 0 && (said != whole || out->len == before))
			return err_set(err, EBADMSG, "a piece is of another");
		whole = said;
	}
	if (out->len == 0 || (opening->key && whole != out->len))
		return err_set(err, EBADMSG, "not of the size it says");
	return 0;
}

static int open_content(const struct opening *opening, GByteArray *out,
			struct err *err)
{
	struct message_id id;

	if (read_pieces(opening, out, err) < 0)
		return -1;
	id = opening->key ? strand_key_id(opening->key, out->data, out->len)
			  : message_id_of(NULL, out->data, out->len);
	if (memcmp(&id, &opening->entry->id, sizeof(id)) != 0)
		return err_set(err, EBADMSG, "not what its id says");
	return 0;
}

/* A public strand's messages are those of its root. */
static int check_root(const struct pull_head *head,
		      const struct arrival_made *made, struct err *err)
{
	struct strand_id id = strand_id_public(made->root);

	if (head->strand.kind != STRAND_PUBLIC ||
	    memcmp(&id, &head->at.strand, sizeof(id)) == 0)
		return 0;
	return err_set(err, EBADMSG, "of another thread");
}

/* It is here: nothing more of it is needed. 1/0/-1. */
static int is_here(const struct pull_worker *worker,
		   const struct message_id *hash, struct err *err)
{
	struct state_message row;

	return state_message_find(reader_state(worker->reader), hash, &row,
				  err);
}

static int make(const struct opening *opening, GByteArray *content,
		struct pull_message *message, struct err *err)
{
	AUTO(made)
	struct arrival_made *made =
		arrival_made_of(g_byte_array_ref(content), &message->hash);

	made->id = message->entry.id;
	if (check_root(opening->head, made, err) < 0)
		return -1;
	message->made = take(made);
	return 0;
}

/* What is kept of it: its parsed form, or the hash alone. */
static int open_message(const struct opening *opening,
			struct pull_message *message, struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	struct pull_well *well = opening->worker->context->well;
	int here;

	if (open_content(opening, content, err) < 0)
		return -1;
	message->hash = message_id_of(NULL, content->data, content->len);
	here = is_here(opening->worker, &message->hash, err);
	message->is_here = here > 0;
	if (here != 0)
		return MIN(here, 0);
	if (make(opening, content, message, err) < 0)
		return -1;
	/* Parsed, it takes twice its size. */
	message->held = 2 * content->len;
	if (!pull_well_hold(well, message->held)) {
		message->held = 0;
		arrival_made_free(take(message->made));
	}
	return 0;
}

static bool is_bad(const struct err *err)
{
	return err->code == EBADMSG || err->code == EILSEQ ||
	       err->code == ENOENT;
}

static void note_problem(struct pull_head *head,
			 const struct strand_entry *entry,
			 const struct err *err)
{
	char hex[MESSAGE_ID_HEX + 1];
	AUTO(str) char *text = NULL;

	message_id_print(&entry->id, hex);
	text = g_strdup_printf("message %s: %s", hex, err->text);
	if (head->problems->len < PROBLEMS_MOST)
		g_ptr_array_add(head->problems, pull_head_line(head, text));
}

/* Is a message of this id and object in the chain already, or, where the id is
 * the hash, here? 1/0/-1. */
static int is_had(const struct pull_worker *worker, struct pull_head *head,
		  const struct strand_tree *before,
		  const struct strand_entry *entry, struct err *err)
{
	const struct strand_entry *had =
		before ? strand_tree_find(before, &entry->id) : NULL;

	int here;

	if (had && object_id_equal(&had->object, &entry->object))
		return 1;
	if (head->strand.kind != STRAND_PUBLIC)
		return 0;
	here = is_here(worker, &entry->id, err);
	if (here > 0)
		head->met = entry->id;
	return here;
}

static int open_entry(const struct pull_worker *worker, struct pull_head *head,
		      struct strand_key *key, const struct strand_entry *entry,
		      struct err *err)
{
	struct opening opening = { worker, head, key, entry };
	struct pull_message message = { .entry = *entry };
	struct err why = { 0 };

	if (open_message(&opening, &message, &why) < 0) {
		if (!is_bad(&why))
			return err_set(err, why.code, "%s", why.text);
		note_problem(head, entry, &why);
		return 0;
	}
	if (message.is_here)
		head->met = message.hash;
	(void)g_array_append_val(head->messages, message);
	return 0;
}

int pull_open_new(struct pull_worker *worker, struct pull_head *head,
		  struct err *err)
{
	const GArray *entries = strand_tree_entries(head->tree);
	struct strand_key *key;

	if (pull_key(worker, head, &key, err) < 0)
		return -1;
	for (guint i = 0; i < entries->len; i++) {
		const struct strand_entry *entry =
			&g_array_index(entries, struct strand_entry, i);
		int had = is_had(worker, head, head->before, entry, err);

		if (had < 0 ||
		    (had == 0 && open_entry(worker, head, key, entry, err) < 0))
			return -1;
	}
	return 0;
}

/* Is it a message of the root that a public strand's id is made of? */
static bool is_of_root(const struct pull_worker *worker,
		       const struct pull_head *head,
		       const struct strand_entry *entry)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	struct opening opening = { worker, head, NULL, entry };
	struct pull_message message = { .entry = *entry };
	bool result;

	if (open_content(&opening, content, NULL) < 0)
		return false;
	message.hash = entry->id;
	result = make(&opening, content, &message, NULL) == 0;
	arrival_made_free(message.made);
	return result;
}

int pull_prove_public(const struct pull_worker *worker,
		      const struct pull_head *head, struct err *err)
{
	const GArray *entries = strand_tree_entries(head->tree);

	if (head->strand.kind != STRAND_PUBLIC || head->strand.serial != 0)
		return 0;
	/* What was not here was asked for its root when it was opened. */
	for (guint i = 0; i < head->messages->len; i++)
		if (!g_array_index(head->messages, struct pull_message, i)
			     .is_here)
			return 0;
	for (guint i = 0; i < entries->len; i++)
		if (is_of_root(worker, head,
			       &g_array_index(entries, struct strand_entry, i)))
			return 0;
	return err_set(err, EACCES,
		       "no message in it is of this public strand");
}

int pull_open_again(struct pull_worker *worker, const struct pull_head *head,
		    struct pull_message *message, struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	struct opening opening = { worker, head, NULL, &message->entry };

	if (pull_key(worker, head, &opening.key, err) < 0 ||
	    open_content(&opening, content, err) < 0)
		return -1;
	return make(&opening, content, message, err);
}
