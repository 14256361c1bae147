/* SPDX-License-Identifier: ISC */
/* What another device of mine decided by hand: the lines of its `links`, and
 * those it had before. Only the difference is obeyed, so that what was undone
 * here since is not done again with each of its commits. */
#include <errno.h>

#include "link-set.h"
#include "pull-head.h"

/* The lines of a tree, sorted; none if it has no such blob. */
static int read_lines(const struct pull_worker *worker,
		      const struct pull_head *head,
		      const struct strand_tree *tree, GPtrArray **lines_r,
		      struct err *err)
{
	const struct object_source *source = pull_objects_source(head->objects);
	struct seal_place place = { .kind = SEAL_LINKS,
				    .strand = head->at.strand };
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	struct object_id blob = { 0 };
	struct strand_key *key;
	uint64_t whole;

	if (tree)
		blob = strand_tree_blob(tree, STRAND_LINKS);
	if (!object_id_is_null(&blob) &&
	    (pull_key(worker, head, &key, err) < 0 ||
	     source->read(source->context, &blob, OBJECT_BLOB, payload, err) <
		     0 ||
	     seal_open(worker->sealer, key, &place, payload->data, payload->len,
		       &whole, text, err) < 0))
		return -1;
	return link_blob_parse(text->data, text->len, lines_r, err);
}

int pull_read_links(const struct pull_worker *worker, struct pull_head *head,
		    struct err *err)
{
	if (head->strand.kind != STRAND_MINE || head->verdict != PULL_CHAIN)
		return 0;
	if (read_lines(worker, head, head->tree, &head->links, err) < 0)
		return -1;
	return read_lines(worker, head, head->before, &head->unlinked, err);
}
