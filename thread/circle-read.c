/* SPDX-License-Identifier: ISC */
#include "circle-read.h"

#include <errno.h>
#include <string.h>

#include "defms/secret.h"
#include "defms/state-chains.h"
#include "state-circles.h"
#include "strand-tip.h"

/* Append a blob of a tree. ENOENT. */
static int read_blob(struct reader *reader, const struct strand_tree *tree,
		     enum strand_blob which, GByteArray *out, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	struct object_id blob = strand_tree_blob(tree, which);
	int found = 0;

	if (!object_id_is_null(&blob))
		found = store_read(store, &blob, OBJECT_BLOB, out, err);
	if (found == 0)
		return err_set(err, ENOENT,
			       "the members of a strand are missing");
	return found < 0 ? -1 : 0;
}

static int read_secret(struct reader *reader, const struct state_strand *strand,
		       uint8_t secret[32], struct err *err)
{
	struct state_circle circle = { 0 };
	int found = state_circle_get(reader_state(reader), strand->serial,
				     &circle, err);

	memcpy(secret, circle.secret, sizeof(circle.secret));
	state_circle_release(&circle);
	if (found == 0)
		return err_set(err, ENOENT, "no key of this strand");
	return found < 0 ? -1 : 0;
}

/* The blob `members` of a tree. */
static int read_members(struct reader *reader,
			const struct state_strand *strand,
			const struct strand_tree *tree, const uint8_t *secret,
			struct circle **circle_r, struct err *err)
{
	struct seal_place place = { .kind = SEAL_MEMBERS,
				    .strand = strand->id };
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	struct strand_key *key;
	uint64_t whole;

	if (read_blob(reader, tree, STRAND_MEMBERS, payload, err) < 0 ||
	    reader_key(reader, strand, &key, err) < 0 ||
	    seal_open(reader_sealer(reader), key, &place, payload->data,
		      payload->len, &whole, text, err) < 0)
		return -1;
	return circle_parse(&strand->id, secret, text->data, text->len,
			    circle_r, err);
}

/* Is it K that the blob `keys` of a tree has for me? */
static int check_keys(struct reader *reader, const struct strand_tree *tree,
		      const uint8_t *secret, struct err *err)
{
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(secret) uint8_t *opened = secret_new(32);
	int found;

	if (read_blob(reader, tree, STRAND_KEYS, keys, err) < 0)
		return -1;
	found = circle_unlock(mailbox_identity(reader_mailbox(reader)),
			      keys->data, keys->len, opened, err);
	if (found < 0)
		return -1;
	if (found == 0 || memcmp(opened, secret, 32) != 0)
		return err_set(err, EBADMSG, "the keys are of another strand");
	return 0;
}

/* The tree of a tip that has both, and they are of this strand. */
static int read_whole(struct reader *reader, const struct state_strand *strand,
		      const struct object_id *tip, struct strand_tree **tree_r,
		      struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(secret) uint8_t *secret = secret_new(32);
	AUTO(circle) struct circle *circle = NULL;

	if (read_secret(reader, strand, secret, err) < 0 ||
	    strand_tip_read(store, tip, &tree, err) < 0 ||
	    check_keys(reader, tree, secret, err) < 0 ||
	    read_members(reader, strand, tree, secret, &circle, err) < 0)
		return -1;
	*tree_r = take(tree);
	return 0;
}

/* Whose tip has come with the batch at hand cannot be read yet, and another may
 * have left them out: then the next one is asked. */
int circle_tree(struct reader *reader, const struct state_strand *strand,
		struct strand_tree **tree_r, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(array) GArray *chains = NULL;
	struct err why;

	if (!object_id_is_null(&strand->tip))
		return strand_tip_read(store, &strand->tip, tree_r, err) < 0
			       ? -1
			       : 1;
	if (state_chain_list(reader_state(reader), strand->serial, &chains,
			     err) < 0)
		return -1;
	for (guint i = 0; i < chains->len; i++) {
		if (read_whole(
			    reader, strand,
			    &g_array_index(chains, struct state_chain, i).tip,
			    tree_r, &why) == 0)
			return 1;
		if (!err_is_damage(&why))
			return err_set(err, why.code, "%s", why.text);
	}
	return 0;
}

int circle_read(struct reader *reader, const struct state_strand *strand,
		struct circle **circle_r, struct err *err)
{
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(secret) uint8_t *secret = secret_new(32);
	int found = circle_tree(reader, strand, &tree, err);

	if (found == 0)
		return err_set(err, ENOENT,
			       "the members of a strand are missing");
	if (found < 0 || read_secret(reader, strand, secret, err) < 0)
		return -1;
	return read_members(reader, strand, tree, secret, circle_r, err);
}

int circle_is_whole(struct reader *reader, const struct state_strand *strand,
		    struct err *err)
{
	AUTO(strand_tree) struct strand_tree *tree = NULL;

	if (!object_id_is_null(&strand->tip))
		return 1;
	return circle_tree(reader, strand, &tree, err);
}
