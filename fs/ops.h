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
	bool can_expire;              /* set once, by init */
	bool mounted;
};

static inline struct mount *mount_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

enum operation { GETATTR, LOOKUP, READDIR, READDIRPLUS, READ, READLINK };

struct request {
	fuse_req_t req;
	enum operation operation;
	struct node node;
	char *name; /* LOOKUP; owned once it is late */
	size_t size;
	uint64_t offset;
};

/* Answer `request`, now or, if that takes long, by a slow worker. */
void request_begin(const struct request *request);
/* What slow workers do with one, which is theirs. */
void request_slow(void *request);

/* Answer with a failure; what is not the caller's doing is written down. */
void request_fail(fuse_req_t req, const struct err *err);

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
