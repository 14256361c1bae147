/* SPDX-License-Identifier: ISC */
#include "strand-tip.h"

#include <errno.h>

enum { COMMIT_TREE = 5 }; /* "tree " */

int strand_tip_read(struct store *store, const struct object_id *tip,
		    struct strand_tree **tree_r, struct err *err)
{
	AUTO(bytes) GByteArray *commit = g_byte_array_new();
	char hex[OBJECT_ID_HEX + 1];
	struct object_id tree;
	int found;

	if (object_id_is_null(tip)) {
		*tree_r = strand_tree_new();
		return 0;
	}
	object_id_print(tip, hex);
	found = store_read(store, tip, OBJECT_COMMIT, commit, err);
	if (found == 0)
		return err_set(err, ENOENT, "commit %s is missing", hex);
	if (found < 0)
		return -1;
	if (commit->len < COMMIT_TREE + OBJECT_ID_HEX ||
	    object_id_parse((const char *)commit->data + COMMIT_TREE,
			    OBJECT_ID_HEX, &tree, err) < 0)
		return err_set(err, EBADMSG, "commit %s is damaged", hex);
	return strand_tree_read(store, &tree, tree_r, err);
}
