/* SPDX-License-Identifier: ISC */
/* Trees of strands as others send them. The input is objects: le16 size, bytes;
 * the first is the tree, and whatever object is asked for is the next one. The
 * id that is asked for says nothing, as no hash is checked here. */
#include <errno.h>
#include <stdint.h>

#include "defms/strand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static int read_object(void *context, const struct object_id *id,
		       enum object_type type, GByteArray *out, struct err *err)
{
	struct input *input = context;
	size_t left = (size_t)(input->end - input->at);
	size_t size;

	(void)id;
	(void)type;
	if (left < 2)
		return err_set(err, ENOENT, "no more objects");
	size = (size_t)input->at[0] | (size_t)input->at[1] << 8;
	size = MIN(size, left - 2);
	(void)g_byte_array_append(out, input->at + 2, (guint)size);
	input->at += 2 + size;
	return 1;
}

/* What was taken is sorted, and each once. */
static void check(struct strand_tree *tree)
{
	const GArray *entries = strand_tree_entries(tree);

	for (guint i = 0; i < entries->len; i++) {
		const struct strand_entry *entry =
			&g_array_index(entries, struct strand_entry, i);

		if (strand_tree_find(tree, &entry->id) != entry)
			g_error("an entry is not found");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct object_source source = { read_object, &input };
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	struct object_id id = { { 1 } }, blobs[STRAND_BLOBS];
	AUTO(array) GArray *pieces = NULL;
	struct message_id root;
	struct err err;

	if (strand_tree_read_from(&source, &id, &tree, &err) == 0) {
		check(tree);
		(void)strand_tree_root_from(tree, &source, &root, &err);
	}
	input = (struct input){ data, data + size };
	(void)strand_blobs_read(&source, &id, blobs, &err);
	input = (struct input){ data, data + size };
	(void)strand_pieces_read_from(&source, &id, &pieces, &err);
	return 0;
}
