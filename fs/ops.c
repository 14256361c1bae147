/* SPDX-License-Identifier: ISC */
/* The door to FUSE: the operations.
 *
 * open is answered with ENOSYS, so the kernel asks for no open, release or
 * flush any more: a node id names one version of a file, and a read needs
 * nothing else. What changes files is in ops-file.c, what changes names in
 * ops-name.c. */
#include "ops.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/statvfs.h>

#include "node-ops.h"

static void op_init(void *data, struct fuse_conn_info *conn)
{
	struct mount *mount = data;

	/* With ENOSYS for open an O_TRUNC in it would be lost. */
	conn->want &= ~(unsigned)(FUSE_CAP_ATOMIC_O_TRUNC |
				  FUSE_CAP_READDIRPLUS_AUTO);
	conn->want |= conn->capable &
		      (FUSE_CAP_READDIRPLUS | FUSE_CAP_CACHE_SYMLINKS |
		       FUSE_CAP_EXPIRE_ONLY | FUSE_CAP_PARALLEL_DIROPS);
	conn->max_background = 64;
	conn->time_gran = 1;
	g_atomic_int_set(&mount->can_expire,
			 (conn->capable & FUSE_CAP_EXPIRE_ONLY) != 0);
}

/* The kernel asks for a name before it makes, changes or removes it, and lets
 * pass up to 1,024 bytes: this is where all that are too long are refused. */
static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	AUTO(str) char *copy = NULL;

	if (strlen(name) > NAME_MAX) {
		fuse_reply_err(req, ENAMETOOLONG);
		return;
	}
	if (told_lookup(req, node_of(parent), name))
		return;
	copy = g_strdup(name);
	request_begin(&(struct request){ .req = req,
					 .operation = LOOKUP,
					 .node = node_of(parent),
					 .name = copy });
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	(void)fi;
	request_begin(&(struct request){
		.req = req, .operation = GETATTR, .node = node_of(ino) });
}

static void op_access(fuse_req_t req, fuse_ino_t ino, int mask)
{
	request_begin(&(struct request){ .req = req,
					 .operation = ACCESS,
					 .node = node_of(ino),
					 .mask = mask });
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	request_begin(&(struct request){
		.req = req, .operation = READLINK, .node = node_of(ino) });
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, ENOSYS);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	if (node_timeout(node_of(ino).kind) > 1) {
		fi->cache_readdir = 1;
		fi->keep_cache = 1;
	}
	fuse_reply_open(req, fi);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino,
			  struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, 0);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	(void)fi;
	request_begin(&(struct request){ .req = req,
					 .operation = READ,
					 .node = node_of(ino),
					 .size = size,
					 .offset = (uint64_t)offset });
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size,
		       off_t offset, struct fuse_file_info *fi)
{
	(void)fi;
	request_begin(&(struct request){ .req = req,
					 .operation = READDIR,
					 .node = node_of(ino),
					 .size = size,
					 .offset = (uint64_t)offset });
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size,
			   off_t offset, struct fuse_file_info *fi)
{
	(void)fi;
	request_begin(&(struct request){ .req = req,
					 .operation = READDIRPLUS,
					 .node = node_of(ino),
					 .size = size,
					 .offset = (uint64_t)offset });
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs numbers;

	(void)ino;
	if (statvfs(mailbox_home(mount_of(req)->fs->mailbox), &numbers) < 0) {
		fuse_reply_err(req, errno);
		return;
	}
	numbers.f_namemax = 255;
	fuse_reply_statfs(req, &numbers);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, ENOSYS);
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
			size_t size)
{
	(void)ino;
	(void)name;
	(void)size;
	fuse_reply_err(req, ENOSYS);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	(void)ino;
	(void)size;
	fuse_reply_err(req, ENOSYS);
}

const struct fuse_lowlevel_ops ops_table = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.access = op_access,
	.readlink = op_readlink,
	.open = op_open,
	.opendir = op_opendir,
	.releasedir = op_releasedir,
	.read = op_read,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.statfs = op_statfs,
	.flush = op_flush,
	.fsync = op_fsync,
	.fsyncdir = op_fsyncdir,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.write = op_write,
	.create = op_create,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
};
