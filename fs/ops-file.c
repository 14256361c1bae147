/* SPDX-License-Identifier: ISC */
/* The operations on files that are no mail, or no mail yet: made, linked,
 * written, brought to the disk. */
#include "files-turn.h"
#include "node-ops.h"
#include "ops.h"

#include <errno.h>
#include <string.h>

#include "site.h"
#include "view.h"
#include "writer.h"

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	struct node node = node_of(ino);

	if (node.kind == NODE_FILE)
		files_forget(mount_of(req)->fs->files, node.serial, count);
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count,
		     struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++) {
		struct node node = node_of(forgets[i].ino);

		if (node.kind == NODE_FILE)
			files_forget(mount_of(req)->fs->files, node.serial,
				     forgets[i].nlookup);
	}
	fuse_reply_none(req);
}

/* -- names ----------------------------------------------------------------- */

/* What the kernel was told is not there may have come meanwhile. 1/0/-1 */
static int is_mail(struct fs *fs, struct node dir, const char *name,
		   struct err *err)
{
	struct entry entry;
	struct work work;
	int found;

	if (work_begin(fs, true, &work, err) < 0)
		return -1;
	found = node_lookup(&work, dir, name, &entry, err);
	work_end(&work);
	return found;
}

/* `to` gets what its place makes of a regular file. */
static int prepare(struct fs *fs, struct files_new *to, struct err *err)
{
	enum site site = site_of(to->dir, to->name);
	int found;

	if (!fs->writer)
		return err_set(err, EROFS, "mounted read-only");
	if (site == SITE_NONE || site == SITE_FLAGS)
		return err_set(err, EPERM, "%s: no file can stand there",
			       to->name);
	to->state = site_state(site);
	if (!S_ISREG(to->mode)) {
		to->state = FILE_PLAIN;
		return site == SITE_MAIL
			       ? err_set(err, EPERM, "%s: not a regular file",
					 to->name)
			       : 0;
	}
	if (site != SITE_MAIL)
		return 0;
	if (site_check_mail(to->name, err) < 0)
		return -1;
	found = is_mail(fs, to->dir, to->name, err);
	if (found > 0)
		return err_set(err, EEXIST, "%s: it is there already",
			       to->name);
	return found < 0 ? -1 : writer_serial(fs->writer, &to->copy, err);
}

static void answer(fuse_req_t req, const struct file *file, struct node dir,
		   const struct fuse_file_info *fi)
{
	struct entry entry;

	view_file_entry(file, &entry);
	request_entry(req, &entry, dir.kind, fi);
}

static void make(fuse_req_t req, struct files_new *new,
		 struct fuse_file_info *fi)
{
	struct fs *fs = mount_of(req)->fs;
	struct file file;
	struct err err;

	if (prepare(fs, new, &err) < 0) {
		request_fail(req, &err);
		return;
	}
	/* Until nobody writes any more: rest.c. */
	if (new->state == FILE_ARRIVED)
		new->state = FILE_COMING;
	if (files_create(fs->files, new, &file, &err) < 0)
		request_fail(req, &err);
	else
		answer(req, &file, new->dir, fi);
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	fi->keep_cache = 1;
	make(req,
	     &(struct files_new){ .dir = node_of(parent),
				  .name = name,
				  .mode = S_IFREG | (mode & 0777) },
	     fi);
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	      dev_t device)
{
	(void)device;
	if (told_mknod(req, node_of(parent), name))
		return;
	if (!S_ISREG(mode)) {
		fuse_reply_err(req, EPERM);
		return;
	}
	make(req,
	     &(struct files_new){ .dir = node_of(parent),
				  .name = name,
				  .mode = S_IFREG | (mode & 0777) },
	     NULL);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		const char *name)
{
	make(req,
	     &(struct files_new){ .dir = node_of(parent),
				  .name = name,
				  .mode = S_IFLNK | 0777,
				  .target = target },
	     NULL);
}

/* The copy that a link from `node` to `to` is about: the node is one, or has
 * become one and is to stand among others. 0: none. */
static int64_t linked_copy(struct fs *fs, struct node node,
			   const struct files_new *to)
{
	struct file file;

	if (node.kind == NODE_COPY)
		return node.serial;
	if (node.kind == NODE_FILE && site_of(to->dir, to->name) == SITE_MAIL &&
	    files_get(fs->files, node.serial, &file) &&
	    file.state == FILE_MESSAGE)
		return file.copy;
	return 0;
}

/* One that is to become a message, or just became one, is delivered once. */
static int link_file(struct fs *fs, struct node node, struct files_new *to,
		     struct file *file, struct err *err)
{
	if (node.kind != NODE_FILE)
		return err_set(err, EPERM, "a message has one name");
	if (!files_get(fs->files, node.serial, file))
		return err_set(err, ESTALE, "file is gone");
	to->mode = file->st.st_mode;
	if (site_state(site_of(to->dir, to->name)) == FILE_ARRIVED &&
	    (file->state == FILE_COMING || file->state == FILE_ARRIVED ||
	     file->state == FILE_MESSAGE))
		return err_set(err, EPERM, "%s: it is delivered already",
			       to->name);
	if (prepare(fs, to, err) < 0 ||
	    files_link(fs->files, node.serial, to, file, err) < 0)
		return -1;
	if (to->state == FILE_ARRIVED)
		writer_arrived(fs->writer);
	return 0;
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent,
	     const char *name)
{
	struct files_new to = { .dir = node_of(parent), .name = name };
	struct fs *fs = mount_of(req)->fs;
	int64_t copy = linked_copy(fs, node_of(ino), &to);
	struct file file;
	struct err err;

	if (copy != 0)
		request_link(req, copy, to.dir, name);
	else if (link_file(fs, node_of(ino), &to, &file, &err) < 0)
		request_fail(req, &err);
	else
		answer(req, &file, to.dir, NULL);
}

/* -- bytes ----------------------------------------------------------------- */

void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size,
	      off_t offset, struct fuse_file_info *fi)
{
	struct node node = node_of(ino);
	struct err err;

	(void)fi;
	if (node_is_flags(node.kind)) {
		write_flags(req, node, data, size);
		return;
	}
	if (node.kind != NODE_FILE)
		(void)err_set(&err, EPERM, "it cannot be written to");
	else if (files_write(mount_of(req)->fs->files, node.serial,
			     (uint64_t)offset, data, size, &err) == 0) {
		fuse_reply_write(req, size);
		return;
	}
	request_fail(req, &err);
}

/* -- the disk -------------------------------------------------------------- */

struct sync_job {
	struct job job; /* first */
	fuse_req_t req;
};

static void synced(struct job *data, const struct err *failure)
{
	struct sync_job *job = (struct sync_job *)data;

	if (failure)
		request_fail(job->req, failure);
	else
		fuse_reply_err(job->req, 0);
	g_free(job);
}

/* What was changed before this, and what has arrived, is the writer's. */
static void sync_mail(fuse_req_t req)
{
	struct writer *writer = mount_of(req)->fs->writer;
	struct sync_job *job;

	if (!writer) {
		fuse_reply_err(req, 0);
		return;
	}
	job = g_new0(struct sync_job, 1);
	job->job.done = synced;
	job->req = req;
	writer_sync(writer, &job->job);
}

static void sync_file(fuse_req_t req, struct node node)
{
	request_begin(&(struct request){
		.req = req, .operation = FSYNC, .node = node });
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
	      struct fuse_file_info *fi)
{
	struct node node = node_of(ino);
	struct file file;

	(void)datasync;
	(void)fi;
	if (node.kind == NODE_FILE &&
	    files_get(mount_of(req)->fs->files, node.serial, &file) &&
	    file.state != FILE_ARRIVED && file.state != FILE_MESSAGE)
		sync_file(req, node);
	else
		sync_mail(req);
}

void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
		 struct fuse_file_info *fi)
{
	struct node node = node_of(ino);

	(void)datasync;
	(void)fi;
	if (files_holds(node) && !site_is_box(node))
		sync_file(req, node);
	else
		sync_mail(req);
}
