/* SPDX-License-Identifier: ISC */
/* Changes of names in the tree: a rename, a link, an unlink, a directory made
 * or removed. Knows no FUSE. */
#ifndef DEFMS_NAMING_H
#define DEFMS_NAMING_H

#include "defms/batch.h"
#include "fs.h"
#include "node.h"

enum naming_kind {
	NAMING_RENAME,
	NAMING_LINK, /* one more copy of a message */
	NAMING_UNLINK,
	NAMING_RMDIR,
	NAMING_MKDIR,
};

struct naming {
	enum naming_kind kind;
	struct node dir;
	char *name; /* owned */
	/* Of a rename: */
	struct node to_dir;
	char *to_name; /* owned */
	bool no_replace;
	int64_t serial; /* of the copy that a file becomes; of a link: of the
			 * copy that is linked to */
	/* Left by naming_apply() for naming_finish(): */
	bool rename_file, unlink_file, unlink_target;
	bool shown_otherwise; /* than the kernel believes after a rename */
	struct node made;     /* by mkdir or link */
	struct node removed;  /* by rmdir */
	struct {
		struct shown_as as; /* copy 0: none */
		uint8_t face;
		char *own; /* owned */
	} renamed;         /* as what the kernel then knows it */
};

void naming_release(struct naming *naming);

/* Can it be done at once, being about a file that is nothing else, and remains
 * so? 1 done, 0 it is the writer's, -1 the caller's error. */
int naming_try(struct fs *fs, struct naming *naming, struct err *err);
/* Is it about a file, and not about mail yet? naming_files() then does it, in
 * the writer and outside of a batch. 1 done, 0 it has become mail, -1. */
bool naming_is_file(struct fs *fs, const struct naming *naming);
int naming_files(struct fs *fs, struct naming *naming, struct err *err);
/* In a batch: 0, or -1 having changed nothing. */
int naming_apply(struct naming *naming, struct batch *batch, struct work *work,
		 struct err *err);
/* After the commit. */
int naming_finish(struct fs *fs, struct naming *naming, struct err *err);

/* What naming_apply() does, by kind (rename.c, remove.c, folder.c). */
int rename_apply(struct naming *naming, struct batch *batch, struct work *work,
		 struct err *err);
int link_apply(struct naming *naming, struct batch *batch, struct work *work,
	       struct err *err);
int remove_apply(struct naming *naming, struct batch *batch, struct work *work,
		 struct err *err);
int make_apply(struct naming *naming, struct batch *batch, struct work *work,
	       struct err *err);

/* A name in the tree. 1/0/-1 */
struct named {
	bool is_file;
	struct file file;
	struct entry entry; /* otherwise */
};
int naming_find(struct work *work, struct node dir, const char *name,
		struct named *named_r, struct err *err);
/* The serial of the folder whose new or cur `dir` is. */
int naming_folder(struct work *work, struct node dir, int64_t *serial_r,
		  struct err *err);
/* The name_folder() form of a name in maildir/; caller frees. EINVAL,
 * ENAMETOOLONG, EEXIST. */
int naming_folder_name(const char *shown, char **name_r, struct err *err);
/* `result` of change.h: nothing to do is ENOENT. */
int naming_done(int result, struct err *err);

#endif
