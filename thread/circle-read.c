/* SPDX-License-Identifier: ISC */
#include "circle-read.h"

#include <errno.h>

#include "strand-tip.h"

int circle_tree(struct reader *reader, const struct state_strand *strand,
		struct strand_tree **tree_r, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(array) GArray *chains = NULL;
	const struct object_id *tip = &strand->tip;

	if (object_id_is_null(tip)) {
		if (state_chain_list(reader_state(reader), strand->serial,
				     &chains, err) < 0)
			return -1;
		if (chains->len == 0)
			return 0;
		tip = &g_array_index(chains, struct state_chain, 0).tip;
	}
	return strand_tip_read(store, tip, tree_r, err) < 0 ? -1 : 1;
}

/* Append the text of the blob `members`. */
static int read_text(struct reader *reader, const struct state_strand *strand,
		     GByteArray *text, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	struct seal_place place = { .kind = SEAL_MEMBERS,
				    .strand = strand->id };
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	struct object_id blob = { 0 };
	struct strand_key *key;
	uint64_t whole;
	int found = circle_tree(reader, strand, &tree, err);

	if (found > 0) {
		blob = strand_tree_blob(tree, STRAND_MEMBERS);
		found = store_read(store, &blob, OBJECT_BLOB, payload, err);
	}
	if (found == 0)
		return err_set(err, ENOENT,
			       "the members of a strand are "
			       "missing");
	if (found < 0 || reader_key(reader, strand, &key, err) < 0)
		return -1;
	return seal_open(reader_sealer(reader), key, &place, payload->data,
			 payload->len, &whole, text, err);
}

int circle_read(struct reader *reader, const struct state_strand *strand,
		struct circle **circle_r, struct err *err)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	struct state_circle circle = { 0 };
	int found = state_circle_get(reader_state(reader), strand->serial,
				     &circle, err);

	if (found == 0)
		found = err_set(err, ENOENT, "no key of this strand");
	if (found > 0)
		found = read_text(reader, strand, text, err);
	if (found == 0)
		found = circle_parse(&strand->id, circle.secret, text->data,
				     text->len, circle_r, err);
	state_circle_release(&circle);
	return found;
}

static int has_whole(struct reader *reader, const struct state_strand *strand,
		     struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(circle) struct circle *circle = NULL;
	struct object_id blob;
	int found = circle_tree(reader, strand, &tree, err);

	if (found <= 0)
		return found;
	blob = strand_tree_blob(tree, STRAND_KEYS);
	if (object_id_is_null(&blob))
		return 0;
	found = store_read(store, &blob, OBJECT_BLOB, keys, err);
	if (found <= 0)
		return found;
	return circle_read(reader, strand, &circle, err) < 0 ? -1 : 1;
}

int circle_is_whole(struct reader *reader, const struct state_strand *strand,
		    struct err *err)
{
	struct err why;
	int whole;

	if (!object_id_is_null(&strand->tip))
		return 1;
	whole = has_whole(reader, strand, &why);
	if (whole < 0 && err_is_damage(&why))
		return 0;
	return whole < 0 ? err_set(err, why.code, "%s", why.text) : whole;
}
