/* SPDX-License-Identifier: ISC */
/* The door to FUSE. Each request finds its node, does one thing and is
 * answered once; one that would take long is handed to the slow workers, which
 * do the same again without a limit.
 *
 * open is answered with ENOSYS, so the kernel asks for no open, release or
 * flush any more: a node id names one version of a file, and a read needs
 * nothing else. Nothing can be written yet: all that would is EROFS, but for
 * the time of a Maildir's new/, which the watcher sets to wake who waits for
 * mail there. */
#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 14)

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include <fuse_lowlevel.h>

#include "mount.h"

enum { WORKERS = 4, SLOW_WORKERS = 2 };

struct mount {
	struct fs *fs;                /* borrowed */
	struct fuse_session *session; /* owned */
	GThreadPool *slow;            /* owned */
	char *path;                   /* owned */
	bool can_expire;              /* set once, by init */
	bool mounted;
};

enum operation { GETATTR, LOOKUP, READDIR, READDIRPLUS, READ, READLINK };

struct request {
	fuse_req_t req;
	enum operation operation;
	struct node node;
	char *name; /* LOOKUP; owned once it is late */
	size_t size;
	uint64_t offset;
};

static struct mount *mount_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/* Is it the caller's doing, and nothing to write down? */
static bool is_ordinary(int code)
{
	return code == ENOENT || code == ENOTDIR || code == EISDIR ||
	       code == EINVAL || code == ESTALE || code == ENAMETOOLONG;
}

static void reply_failure(fuse_req_t req, const struct err *err)
{
	if (is_ordinary(err->code)) {
		fuse_reply_err(req, err->code);
		return;
	}
	journal_add(mount_of(req)->fs->errors, err->text);
	fuse_reply_err(req, EIO);
}

/* -- what quick and slow workers do: 0 answered, -1 to be answered with err -
 */

static int do_getattr(struct work *work, const struct request *request,
		      struct err *err)
{
	struct entry entry;
	int found = node_entry(work, request->node, &entry, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ESTALE, "node is gone");
	fuse_reply_attr(request->req, &entry.st,
			node_timeout(request->node.kind));
	return 0;
}

static void fill_entry(const struct entry *entry, enum node_kind dir,
		       struct fuse_entry_param *param)
{
	param->ino = node_id(entry->node);
	param->attr = entry->st;
	param->attr_timeout = node_timeout(entry->node.kind);
	param->entry_timeout = node_timeout(dir);
}

static int do_lookup(struct work *work, const struct request *request,
		     struct err *err)
{
	struct fuse_entry_param param = { 0 };
	struct entry entry;
	int found =
		node_lookup(work, request->node, request->name, &entry, err);

	if (found < 0)
		return -1;
	if (found > 0)
		fill_entry(&entry, request->node.kind, &param);
	else /* node id 0: the kernel keeps that there is none */
		param.entry_timeout = node_timeout(request->node.kind);
	fuse_reply_entry(request->req, &param);
	return 0;
}

struct page {
	struct listing listing; /* first */
	const struct request *request;
	char *data;
	size_t used;
};

static bool page_put(struct page *page, const char *name,
		     const struct fuse_entry_param *param, off_t offset)
{
	const struct request *request = page->request;
	char *at = page->data + page->used;
	size_t room = request->size - page->used, size;

	if (request->operation == READDIRPLUS)
		size = fuse_add_direntry_plus(request->req, at, room, name,
					      param, offset);
	else
		size = fuse_add_direntry(request->req, at, room, name,
					 &param->attr, offset);
	if (size > room)
		return false;
	page->used += size;
	return true;
}

static bool page_add(struct listing *listing, const char *name,
		     const struct entry *entry, uint64_t offset)
{
	struct page *page = (struct page *)listing;
	struct fuse_entry_param param = { 0 };

	fill_entry(entry, page->request->node.kind, &param);
	return page_put(page, name, &param, (off_t)offset);
}

/* "." and "..": no node goes with them. */
static void page_dots(struct page *page)
{
	struct fuse_entry_param param = { 0 };

	param.attr.st_mode = S_IFDIR;
	param.attr.st_ino = node_inode(page->request->node);
	if (page->listing.after < 1)
		(void)page_put(page, ".", &param, 1);
	param.attr.st_ino = 1;
	if (page->listing.after < 2)
		(void)page_put(page, "..", &param, 2);
}

static int do_readdir(struct work *work, const struct request *request,
		      struct err *err)
{
	size_t each = request->operation == READDIRPLUS ? 192 : 64;
	AUTO(str) char *data = g_malloc(request->size);
	struct page page = { { request->offset, request->size / each + 1,
			       page_add },
			     request,
			     data,
			     0 };

	page_dots(&page);
	if (node_list(work, request->node, &page.listing, err) < 0)
		return -1;
	fuse_reply_buf(request->req, data, page.used);
	return 0;
}

static int do_read(struct work *work, const struct request *request,
		   struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();

	if (node_read(work, request->node, request->offset, request->size, out,
		      err) < 0)
		return -1;
	fuse_reply_buf(request->req, (const char *)out->data,
		       MIN(out->len, request->size));
	return 0;
}

static int do_readlink(struct work *work, const struct request *request,
		       struct err *err)
{
	AUTO(gstring) GString *target = g_string_new(NULL);
	int found = node_link(work, request->node, target, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ESTALE, "thread is gone");
	fuse_reply_readlink(request->req, target->str);
	return 0;
}

static int perform(const struct request *request, bool quick, struct err *err)
{
	struct fs *fs = mount_of(request->req)->fs;
	struct work work;
	int result = -1;

	if (work_begin(fs, quick, &work, err) < 0)
		return -1;
	switch (request->operation) {
	case GETATTR:
		result = do_getattr(&work, request, err);
		break;
	case LOOKUP:
		result = do_lookup(&work, request, err);
		break;
	case READDIR:
	case READDIRPLUS:
		result = do_readdir(&work, request, err);
		break;
	case READ:
		result = do_read(&work, request, err);
		break;
	case READLINK:
		result = do_readlink(&work, request, err);
		break;
	}
	work_end(&work);
	return result;
}

static void begin(const struct request *request)
{
	struct request *late;
	struct err err;

	if (perform(request, true, &err) == 0)
		return;
	if (!work_is_late(&err)) {
		reply_failure(request->req, &err);
		return;
	}
	late = g_memdup2(request, sizeof(*request));
	late->name = g_strdup(request->name);
	(void)g_thread_pool_push(mount_of(request->req)->slow, late, NULL);
}

static void slow(void *data, void *mount)
{
	struct request *request = data;
	struct err err;

	(void)mount;
	if (perform(request, false, &err) < 0)
		reply_failure(request->req, &err);
	g_free(request->name);
	g_free(request);
}

/* -- operations ------------------------------------------------------------ */

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
	mount->can_expire = conn->capable & FUSE_CAP_EXPIRE_ONLY;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	AUTO(str) char *copy = g_strdup(name);

	begin(&(struct request){ .req = req,
				 .operation = LOOKUP,
				 .node = node_of(parent),
				 .name = copy });
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	(void)ino;
	(void)count;
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count,
			    struct fuse_forget_data *forgets)
{
	(void)count;
	(void)forgets;
	fuse_reply_none(req);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	(void)fi;
	begin(&(struct request){
		.req = req, .operation = GETATTR, .node = node_of(ino) });
}

/* The time of new/ is what it is: it grew with the change that is told. */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr,
		       int to_set, struct fuse_file_info *fi)
{
	const int times = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW |
			  FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW |
			  FUSE_SET_ATTR_CTIME | FUSE_SET_ATTR_TIMES_SET |
			  FUSE_SET_ATTR_TOUCH;
	struct node node = node_of(ino);

	(void)attr;
	if ((to_set & ~times) != 0 ||
	    (node.kind != NODE_FOLDER_NEW && node.kind != NODE_THREAD_NEW))
		fuse_reply_err(req, EROFS);
	else
		op_getattr(req, ino, fi);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	begin(&(struct request){
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
	begin(&(struct request){ .req = req,
				 .operation = READ,
				 .node = node_of(ino),
				 .size = size,
				 .offset = (uint64_t)offset });
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size,
		       off_t offset, struct fuse_file_info *fi)
{
	(void)fi;
	begin(&(struct request){ .req = req,
				 .operation = READDIR,
				 .node = node_of(ino),
				 .size = size,
				 .offset = (uint64_t)offset });
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size,
			   off_t offset, struct fuse_file_info *fi)
{
	(void)fi;
	begin(&(struct request){ .req = req,
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

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		     struct fuse_file_info *fi)
{
	(void)ino;
	(void)datasync;
	(void)fi;
	fuse_reply_err(req, 0);
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

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *data,
		     size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)ino;
	(void)data;
	(void)size;
	(void)offset;
	(void)fi;
	fuse_reply_err(req, EROFS);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		      mode_t mode, struct fuse_file_info *fi)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)fi;
	fuse_reply_err(req, EROFS);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode, dev_t device)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)device;
	fuse_reply_err(req, EROFS);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode)
{
	(void)parent;
	(void)name;
	(void)mode;
	fuse_reply_err(req, EROFS);
}

/* unlink and rmdir */
static void op_remove(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent;
	(void)name;
	fuse_reply_err(req, EROFS);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		       const char *name)
{
	(void)target;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EROFS);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		      fuse_ino_t newparent, const char *newname,
		      unsigned int flags)
{
	(void)parent;
	(void)name;
	(void)newparent;
	(void)newname;
	(void)flags;
	fuse_reply_err(req, EROFS);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent,
		    const char *name)
{
	(void)ino;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EROFS);
}

static const struct fuse_lowlevel_ops operations = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
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
	.fsyncdir = op_fsync,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.write = op_write,
	.create = op_create,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_remove,
	.rmdir = op_remove,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
};

/* -- the session ----------------------------------------------------------- */

/* libfuse says on stderr what is returned as well. */
static void say_nothing(enum fuse_log_level level, const char *format,
			va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
}

static struct fuse_session *session_new(const char *options,
					struct mount *mount)
{
	AUTO(str)
	char *all =
		g_strconcat("default_permissions,fsname=defms,subtype=defms",
			    options[0] ? "," : "", options, NULL);
	char program[] = "defms", flag[] = "-o";
	char *arguments[] = { program, flag, all, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, arguments);
	struct fuse_session *session;

	fuse_set_log_func(say_nothing);
	session =
		fuse_session_new(&args, &operations, sizeof(operations), mount);
	fuse_opt_free_args(&args);
	return session;
}

int mount_open(struct fs *fs, const char *path, const char *options,
	       struct mount **mount_r, struct err *err)
{
	AUTO(mount) struct mount *mount = g_new0(struct mount, 1);

	mount->fs = fs;
	mount->path = g_strdup(path);
	mount->session = session_new(options, mount);
	if (!mount->session)
		return err_set(err, EINVAL, "unknown mount option in \"%s\"",
			       options);
	if (fuse_session_mount(mount->session, path) < 0)
		return err_set(err, EIO, "%s: cannot be mounted", path);
	mount->mounted = true;
	mount->slow = g_thread_pool_new(slow, mount, SLOW_WORKERS, FALSE, NULL);
	*mount_r = take(mount);
	return 0;
}

void mount_close(struct mount *mount)
{
	if (!mount)
		return;
	if (mount->slow)
		g_thread_pool_free(mount->slow, FALSE, TRUE);
	if (mount->mounted)
		fuse_session_unmount(mount->session);
	if (mount->session)
		fuse_session_destroy(mount->session);
	g_free(mount->path);
	g_free(mount);
}

int mount_serve(struct mount *mount, struct err *err)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int result;

	fuse_loop_cfg_set_max_threads(config, WORKERS);
	fuse_loop_cfg_set_clone_fd(config, 1);
	result = fuse_session_loop_mt(mount->session, config);
	fuse_loop_cfg_destroy(config);
	if (result < 0 && result != -EINTR)
		return err_set(err, -result, "%s: %s", mount->path,
			       g_strerror(-result));
	return 0;
}

void mount_stop(struct mount *mount)
{
	fuse_session_exit(mount->session);
}

struct fs *mount_fs(const struct mount *mount)
{
	return mount->fs;
}

const char *mount_path(const struct mount *mount)
{
	return mount->path;
}

bool mount_can_expire(const struct mount *mount)
{
	return mount->can_expire;
}

void mount_drop_node(struct mount *mount, struct node node)
{
	(void)fuse_lowlevel_notify_inval_inode(mount->session, node_id(node), 0,
					       0);
}

void mount_drop_name(struct mount *mount, struct node dir, const char *name)
{
	if (mount->can_expire)
		(void)fuse_lowlevel_notify_expire_entry(
			mount->session, node_id(dir), name, strlen(name),
			FUSE_LL_EXPIRE_ONLY);
	else
		(void)fuse_lowlevel_notify_inval_entry(
			mount->session, node_id(dir), name, strlen(name));
}
