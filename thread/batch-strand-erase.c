/* SPDX-License-Identifier: ISC */
/* What is erased leaves a strand by a commit without a parent: the chain begins
 * anew, with a higher number, and nothing reaches what was before. */
#include <string.h>

#include "batch-strand.h"

/* A message of the strand that is its first by what was seen so far. One that
 * is damaged is none. */
static int look_at(struct batch_strand *strand, struct reader *reader,
		   const struct strand_entry *entry, struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	AUTO(mime) struct mime *mime = NULL;
	struct err why;

	if (reader_entry(reader, strand->state.serial, entry, content, &why) <
	    0)
		return err_is_damage(&why)
			       ? 0
			       : err_set(err, why.code, "%s", why.text);
	mime = mime_parse(content->data, content->len);
	batch_strand_note_first(strand, mime, &entry->id);
	return 0;
}

static int find_first(struct batch_strand *strand, struct reader *reader,
		      struct strand_tree *tree, struct err *err)
{
	const GArray *entries = strand_tree_entries(tree);

	strand->state.first_date = INT64_MAX;
	memset(&strand->state.first_id, 0xff, sizeof(strand->state.first_id));
	for (guint i = 0; i < entries->len; i++)
		if (look_at(strand, reader,
			    &g_array_index(entries, struct strand_entry, i),
			    err) < 0)
			return -1;
	return 0;
}

int batch_strand_erase(struct batch_strand *strand, struct reader *reader,
		       const GArray *ids, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	guint before = strand->erased->len;
	bool first = false;

	if (batch_strand_tip(strand, store, &tree, err) < 0)
		return -1;
	for (guint i = 0; i < ids->len; i++) {
		const struct message_id *id =
			&g_array_index(ids, struct message_id, i);

		/* In the chain of another device it stays. */
		if (!strand_tree_remove(tree, id))
			continue;
		(void)g_array_append_val(strand->erased, *id);
		first |= memcmp(id, &strand->state.first_id, sizeof(*id)) == 0;
	}
	if (first && find_first(strand, reader, tree, err) < 0) {
		(void)g_array_set_size(strand->erased, before);
		return -1;
	}
	return 0;
}
