/* SPDX-License-Identifier: ISC */
/* Inside the door to FUSE: for ops*.c only. */
#ifndef DEFMS_OPS_H
#define DEFMS_OPS_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 14)

#include <fuse_lowlevel.h>

#include "mount.h"
#include "teller.h"
#include "workers.h"

struct mount {
	struct fs *fs;                /* borrowed */
	struct fuse_session *session; /* owned */
	struct workers *slow;         /* owned */
	struct teller *teller;        /* owned */
	char *path;                   /* owned */
	int can_expire;               /* atomic: set once, by init */
	bool mounted;
	int syncing; /* atomic: workers that wait for the disk */
};

/* How many requests are worked on at once, and how many of them may wait for
 * the disk. */
enum { WORKERS = 6, SYNCING = 2 };

static inline struct mount *mount_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

enum operation {
	GETATTR,
	ACCESS,
	LOOKUP,
	READDIR,
	READDIRPLUS,
	READ,
	READLINK,
	FSYNC, /* of a file that is no mail, or of a directory */
};

struct request {
	fuse_req_t req;
	enum operation operation;
	struct node node;
	char *name; /* LOOKUP; owned once it is late */
	size_t size;
	uint64_t offset;
	int mask; /* ACCESS: R_OK ... */
};

/* Answer `request`, now or, if that takes long, by a slow worker. */
void request_begin(const struct request *request);
/* What slow workers do with one, which is theirs. */
void request_slow(void *request);

/* Answer with a failure; what is not the caller's doing is written down. */
void request_fail(fuse_req_t req, const struct err *err);

/* Answer with an entry of a directory of kind `dir`; `fi` if it was created. */
void request_entry(fuse_req_t req, const struct entry *entry,
		   enum node_kind dir, const struct fuse_file_info *fi);
/* What the kernel is told of a node, to be believed for no time. */
void request_fill(fuse_req_t req, const struct entry *entry,
		  struct fuse_entry_param *param);
/* Answer with one more copy of a message, as `name` in `dir` (ops-name.c). */
void request_link(fuse_req_t req, int64_t copy, struct node dir,
		  const char *name);
/* The kernel is going to hold the node. */
void request_hold(fuse_req_t req, struct node node);

/* Is it the teller that asks? Then it is answered (ops-told.c). A rename is of
 * `name` in `dir`. */
bool told_lookup(fuse_req_t req, struct node dir, const char *name);
bool told_mknod(fuse_req_t req, struct node dir, const char *name);
bool told_rename(fuse_req_t req, struct node dir, const char *name);

/* Operations on files (ops-file.c). */
void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count);
void op_forget_multi(fuse_req_t req, size_t count,
		     struct fuse_forget_data *forgets);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	      dev_t device);
void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		const char *name);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent,
	     const char *name);
void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size,
	      off_t offset, struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
	      struct fuse_file_info *fi);
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
		 struct fuse_file_info *fi);
/* Of attributes (ops-attr.c). */
void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi);

/* Operations on names (ops-name.c). */
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	       fuse_ino_t newparent, const char *newname, unsigned int flags);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);

/* Answer a write to NODE_FLAGS or NODE_THREAD_FLAGS (ops-flags.c). */
void write_flags(fuse_req_t req, struct node node, const char *data,
		 size_t size);

/* The table of operations (ops.c). */
extern const struct fuse_lowlevel_ops ops_table;

#endif
