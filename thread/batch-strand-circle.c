/* SPDX-License-Identifier: ISC */
/* Each chain of a shared strand has the same `keys` and `members`, so that any
 * of them says what the strand is. They are made once; a device that writes
 * into a strand it has from others takes their blobs. */
#include <errno.h>

#include "batch-strand.h"
#include "circle-read.h"

/* A blob that another chain has. */
static int copy_blob(struct store *store, const struct strand_tree *from,
		     enum strand_blob which, struct strand_tree *tree,
		     struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct object_id id = strand_tree_blob(from, which);
	int found = store_read(store, &id, OBJECT_BLOB, data, err);

	if (found == 0)
		return err_set(err, ENOENT,
			       "the members of a strand are missing");
	if (found > 0)
		strand_tree_set_blob(tree, which, &id, data->data, data->len);
	return found < 0 ? -1 : 0;
}

static int copy_circle(struct batch_strand *strand, struct reader *reader,
		       struct strand_tree *tree, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	AUTO(strand_tree) struct strand_tree *from = NULL;
	int found = circle_tree(reader, &strand->state, &from, err);

	if (found == 0)
		return err_set(err, ENOENT,
			       "the members of a strand are missing");
	if (found < 0 || copy_blob(store, from, STRAND_KEYS, tree, err) < 0 ||
	    copy_blob(store, from, STRAND_MEMBERS, tree, err) < 0)
		return -1;
	return 0;
}

static int put_blob(struct strand_tree *tree, enum strand_blob which,
		    const GByteArray *data, struct pack *pack, struct err *err)
{
	struct object_id id;

	if (pack_add_object(pack, OBJECT_BLOB, data->data, data->len, &id,
			    err) < 0)
		return -1;
	strand_tree_set_blob(tree, which, &id, data->data, data->len);
	return 0;
}

int batch_strand_circle(struct batch_strand *strand, struct reader *reader,
			struct strand_tree *tree, struct pack *pack,
			struct err *err)
{
	struct object_id keys = strand_tree_blob(tree, STRAND_KEYS);

	if (strand->state.kind != STRAND_SHARED || !object_id_is_null(&keys))
		return 0;
	if (!strand->keys)
		return copy_circle(strand, reader, tree, err);
	if (put_blob(tree, STRAND_KEYS, strand->keys, pack, err) < 0)
		return -1;
	return put_blob(tree, STRAND_MEMBERS, strand->members, pack, err);
}
