/* SPDX-License-Identifier: ISC */
#include "strand-links.h"

#include <errno.h>
#include <string.h>

#include "defms/state-chains.h"
#include "link-set.h"
#include "strand-tip.h"

static struct seal_place place_of(const struct state_strand *strand,
				  enum strand_blob which)
{
	struct seal_place place = {
		.kind = which == STRAND_LINKS ? SEAL_LINKS : SEAL_SENT,
		.strand = strand->id,
	};

	return place;
}

int strand_text_read(struct reader *reader, const struct state_strand *strand,
		     const struct strand_tree *tree, enum strand_blob which,
		     GByteArray *out, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	struct object_id blob = strand_tree_blob(tree, which);
	struct seal_place place = place_of(strand, which);
	struct strand_key *key;
	uint64_t whole;
	int found;

	if (object_id_is_null(&blob))
		return 0;
	if (reader_key(reader, strand, &key, err) < 0)
		return -1;
	found = store_read(store, &blob, OBJECT_BLOB, key ? payload : out, err);
	if (found == 0)
		return err_set(err, ENOENT,
			       "what was decided about a thread "
			       "is missing");
	if (found < 0 || !key)
		return found < 0 ? -1 : 0;
	return seal_open(reader_sealer(reader), key, &place, payload->data,
			 payload->len, &whole, out, err);
}

int strand_text_write(struct reader *reader, const struct state_strand *strand,
		      struct strand_tree *tree, enum strand_blob which,
		      const GByteArray *text, struct pack *pack,
		      struct err *err)
{
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	struct seal_place place = place_of(strand, which);
	struct object_id id = { 0 };
	struct strand_key *key;

	if (text->len > STRAND_TEXT_MAX)
		return err_set(err, EFBIG, "too much for one thread");
	if (text->len == 0) {
		strand_tree_set_blob(tree, which, &id, NULL, 0);
		return 0;
	}
	if (reader_key(reader, strand, &key, err) < 0)
		return -1;
	if (key)
		seal_close(reader_sealer(reader), key, &place, text->data,
			   text->len, text->len, payload);
	else
		(void)g_byte_array_append(payload, text->data, text->len);
	if (pack_add_object(pack, OBJECT_BLOB, payload->data, payload->len, &id,
			    err) < 0)
		return -1;
	strand_tree_set_blob(tree, which, &id, payload->data, payload->len);
	return 0;
}

/* The lines of the blob, and of the rows. What the owner decides stands in
 * strands of mine alone: lines of another say nothing, whoever wrote them. */
static int read_both(struct reader *reader, const struct state_strand *strand,
		     const struct strand_tree *tree, GPtrArray **said_r,
		     GPtrArray **rows_r, struct err *err)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();

	if ((strand->kind == STRAND_MINE &&
	     strand_text_read(reader, strand, tree, STRAND_LINKS, text, err) <
		     0) ||
	    link_blob_parse(text->data, text->len, said_r, err) < 0)
		return -1;
	return state_link_of(reader_state(reader), strand->serial, rows_r, err);
}

/* Is each line of `lines` in `among`, which is sorted? */
static bool has_lines(const GPtrArray *among, const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		if (!link_lines_have(among, g_ptr_array_index(lines, i)))
			return false;
	return true;
}

static void add_lines(GPtrArray *all, const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		g_ptr_array_add(all, g_strdup(g_ptr_array_index(lines, i)));
}

/* What is damaged says nothing. */
static int read_other(struct reader *reader, const struct state_strand *strand,
		      const struct object_id *tip, GPtrArray *all,
		      struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(ptrs) GPtrArray *lines = NULL;
	struct err why;

	if (strand_tip_read(store, tip, &tree, &why) < 0 ||
	    strand_text_read(reader, strand, tree, STRAND_LINKS, text, &why) <
		    0 ||
	    link_blob_parse(text->data, text->len, &lines, &why) < 0)
		return err_is_damage(&why)
			       ? 0
			       : err_set(err, why.code, "%s", why.text);
	add_lines(all, lines);
	return 0;
}

/* Add to `said` the lines of my other devices, which have a right to be rows
 * too: `all_r`, sorted. */
static int read_others(struct reader *reader, const struct state_strand *strand,
		       const GPtrArray *said, GPtrArray **all_r,
		       struct err *err)
{
	AUTO(ptrs) GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	AUTO(array) GArray *chains = NULL;

	add_lines(all, said);
	if (strand->kind == STRAND_MINE &&
	    state_chain_list(reader_state(reader), strand->serial, &chains,
			     err) < 0)
		return -1;
	for (guint i = 0; chains && i < chains->len; i++)
		if (read_other(
			    reader, strand,
			    &g_array_index(chains, struct state_chain, i).tip,
			    all, err) < 0)
			return -1;
	link_lines_sort(all);
	*all_r = take(all);
	return 0;
}

int strand_links_same(struct reader *reader, const struct state_strand *strand,
		      const struct strand_tree *tree, struct err *err)
{
	AUTO(ptrs) GPtrArray *all = NULL;
	AUTO(ptrs) GPtrArray *said = NULL;
	AUTO(ptrs) GPtrArray *rows = NULL;

	if (read_both(reader, strand, tree, &said, &rows, err) < 0)
		return -1;
	if (!has_lines(rows, said))
		return 0;
	if (rows->len == said->len)
		return 1;
	if (read_others(reader, strand, said, &all, err) < 0)
		return -1;
	return has_lines(all, rows);
}

int strand_links_believe(struct reader *reader,
			 const struct state_strand *strand,
			 const struct strand_tree *tree, struct err *err)
{
	AUTO(ptrs) GPtrArray *all = NULL;
	struct state *state = reader_state(reader);
	AUTO(ptrs) GPtrArray *said = NULL;
	AUTO(ptrs) GPtrArray *rows = NULL;

	if (read_both(reader, strand, tree, &said, &rows, err) < 0)
		return -1;
	if (!has_lines(said, rows) &&
	    read_others(reader, strand, said, &all, err) < 0)
		return -1;
	for (guint i = 0; all && i < rows->len; i++) {
		const char *line = g_ptr_array_index(rows, i);

		if (!link_lines_have(all, line) &&
		    state_link_drop(state, strand->serial, line, err) < 0)
			return -1;
	}
	for (guint i = 0; i < said->len; i++) {
		const char *line = g_ptr_array_index(said, i);

		if (!link_lines_have(rows, line) &&
		    state_link_add(state, strand->serial, line, err) < 0)
			return -1;
	}
	return 0;
}
