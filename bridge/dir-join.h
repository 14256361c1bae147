/* SPDX-License-Identifier: ISC */
/* Files of one writer made one, so that a folder does not fill up with small
 * ones. The large ones are left alone until what is beside them has grown to
 * half of them: a folder that is synchronised sends each byte but a few times.
 */
#ifndef BRIDGE_DIR_JOIN_H
#define BRIDGE_DIR_JOIN_H

#include <glib.h>

#include "defms/err.h"
#include "defms/root-tree.h"

struct dir_join {
	int folder;                   /* borrowed, all of them */
	const char *temporary, *name; /* of the new file */
	const struct root_tree *root; /* that it has */
};

/* Put my files (struct state_file) in the order of their numbers; those from
 * the index that this gives on are to be joined: their number if none is. */
guint dir_join_from(GArray *files);

/* Write the root and all its trees, then what else is in the files from `first`
 * on, each object once, without the trees that only roots of before had.
 * EBADMSG if one of them is damaged. */
int dir_join(const struct dir_join *join, const GArray *files, guint first,
	     struct err *err);

#endif
