/* SPDX-License-Identifier: ISC */
/* A git tree as it is stored; what is in ours says store-tree.c. */
#ifndef DEFMS_STORE_ENTRY_H
#define DEFMS_STORE_ENTRY_H

#include "defms/store.h"

/* One entry of a git tree: "<octal mode> <name>\0<20 bytes>". */
struct tree_entry {
	bool is_tree;
	const char *name; /* borrowed from the tree */
	struct object_id id;
};

/* 1 and the entry at `*at`, 0 at the end, -1 if it is malformed or of a mode
 * that has no place in ours. */
int tree_next(const uint8_t **at, const uint8_t *end,
	      struct tree_entry *entry_r, struct err *err);

/* Append a tree object. ENOENT if it is missing. */
int tree_read(const struct object_source *source, const struct object_id *id,
	      GByteArray *data, struct err *err);

/* Append an entry. */
void tree_put(GByteArray *out, bool is_tree, const char *name,
	      const struct object_id *id);

#endif
