/* SPDX-License-Identifier: ISC */
/* Files of the tree that are no mail, or no mail yet: drafts, outboxes, tmp/,
 * scratch files, and what was delivered until it is committed.
 *
 * Their bytes and names lie below $DEFMS_HOME/files, a directory for each
 * directory of the tree that holds any, so that a kill loses nothing; to sync
 * one is the disk's own or, while it is delivered, the ledger's. What lies
 * there is known in memory too: to look a name up costs no system call. A file
 * has a number that outlives its names: it is the node's serial (NODE_FILE).
 * The kernel never says when a file is closed, but it says when it forgets a
 * node, and what has lost its last name is kept until then.
 *
 * Knows no FUSE and no database. All of it may be called by any worker. */
#ifndef DEFMS_FILES_H
#define DEFMS_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "node.h"

struct files;

enum file_state {
	FILE_PLAIN,   /* a file */
	FILE_COMING,  /* written straight into new/ or cur/, until no writer is
		       * left */
	FILE_ARRIVED, /* it is to become a message */
	FILE_REFUSED, /* it could not: a file again, with an error beside it */
	FILE_MESSAGE, /* it has: the copy has its bytes and name now */
	FILE_RESTING, /* in an outbox, until send.delay is over */
};

struct file {
	uint32_t number;
	enum file_state state;
	int64_t copy;    /* serial of the copy it becomes; 0: none */
	struct stat st;  /* st_ino is that of the copy, if there is one */
	struct node dir; /* where it stands; */
	char name[256];  /* "" once it has no name */
	uint32_t at;     /* rises as names come, and stays with a rename: where
			  * it is listed */
	int64_t changed; /* monotonic time (ns) of the last write, truncation
			  * or change of the name it stands under */
};

/* What lies there is found again: in a box (new/ or cur/) it is FILE_COMING,
 * for nobody knows whether all of it was written. EBUSY if another process has
 * it open. */
int files_open(const char *home, struct files **files_r, struct err *err);
void files_free(struct files *files);
AUTO_KIND(files, struct files, files_free)

/* The state that a name alone gives a file: FILE_COMING in new/ and cur/,
 * FILE_RESTING in an outbox, FILE_PLAIN anywhere else, for a scratch name, and
 * for the "<name>.error" that tells what was refused. */
enum file_state files_state_of(struct node dir, const char *name);

/* Can there be files in `dir`? */
bool files_holds(struct node dir);

/* 1 found, 0 none. */
int files_find(struct files *files, struct node dir, const char *name,
	       struct file *file_r);
int files_get(struct files *files, uint32_t number, struct file *file_r);
/* The files of `dir`, of struct file, by `at`. Caller unrefs. NULL: none. */
GArray *files_list(struct files *files, struct node dir);
/* All in a state, wherever they are, in the order in which they came to be in
 * it. NULL: none. */
GArray *files_in_state(struct files *files, enum file_state state);
/* When names in `dir` last changed, ns since 1970, strictly growing; 0: not
 * since it was opened. */
int64_t files_time(struct files *files, struct node dir);

/* Those below that are int are 0, or -1 with the errno the caller is to be
 * told; ESTALE if there is no such file any more. */

struct files_new {
	struct node dir;
	const char *name;
	mode_t mode;        /* S_IFREG or S_IFLNK, and permissions */
	const char *target; /* of a symbolic link */
	enum file_state state;
	int64_t copy;
};
/* EEXIST. */
int files_create(struct files *files, const struct files_new *new,
		 struct file *file_r, struct err *err);
/* All of it or, where it made the file longer, nothing. EPERM for what is, or
 * is to become, a message. One that was refused is tried again. */
int files_write(struct files *files, uint32_t number, uint64_t offset,
		const void *data, size_t size, struct err *err);
int files_read(struct files *files, uint32_t number, uint64_t offset,
	       size_t size, GByteArray *out, struct err *err);
int files_readlink(struct files *files, uint32_t number, GString *target,
		   struct err *err);
/* `what` are bits of FILES_SIZE ... The mode is kept over a restart but for the
 * owner's right to read and write, which is there again. */
enum { FILES_SIZE = 1, FILES_MODE = 2, FILES_ATIME = 4, FILES_MTIME = 8 };
int files_set(struct files *files, uint32_t number, const struct stat *st,
	      unsigned what, struct file *file_r, struct err *err);
/* A name in place of another, whose file (if there is one) loses it; or one
 * more name (EEXIST). The file gets `to`'s state and copy, and stands there;
 * but what arrives, or arrived, elsewhere still does when another name of it
 * goes to a plain place. */
int files_rename(struct files *files, uint32_t number, const char *name,
		 struct node dir, const struct files_new *to, struct err *err);
int files_link(struct files *files, uint32_t number, const struct files_new *to,
	       struct file *file_r, struct err *err);
/* ENOENT. Where it stood under that name, it stands under another it has. */
int files_unlink(struct files *files, struct node dir, const char *name,
		 struct err *err);
/* The same, if there still is what `from` tells, and nothing was written
 * since: 1, else 0; -1. */
int files_unlink_as(struct files *files, const struct file *from,
		    struct err *err);
/* Its bytes, and its names in `dir`, are durable when this returns. */
int files_sync(struct files *files, uint32_t number, struct err *err);
int files_sync_dir(struct files *files, struct node dir, struct err *err);
/* A descriptor for reading; the caller closes it. */
int files_fd(struct files *files, uint32_t number, int *fd_r, struct err *err);
/* A descriptor of the directory, for relative attachments; the caller closes
 * it. -1 if there is none. */
int files_dir_fd(struct files *files, struct node dir);

#endif
