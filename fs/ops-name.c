/* SPDX-License-Identifier: ISC */
/* The operations on names: they begin here, and are answered here or by the
 * writer. */
#include "node-ops.h"
#include "ops.h"

#include <errno.h>
#include <linux/fs.h>

#include "naming.h"
#include "writer.h"

struct name_job {
	struct job job; /* first */
	fuse_req_t req;
	struct naming naming;
};

static void answer_made(fuse_req_t req, struct node node)
{
	struct fuse_entry_param param;
	struct entry entry;
	struct work work;
	struct err err;
	int found;

	if (work_begin(mount_of(req)->fs, false, &work, &err) < 0) {
		request_fail(req, &err);
		return;
	}
	found = node_entry(&work, node, &entry, &err);
	work_end(&work);
	if (found == 0)
		(void)err_set(&err, ENOENT, "it is gone again");
	if (found <= 0) {
		request_fail(req, &err);
		return;
	}
	request_fill(req, &entry, &param);
	fuse_reply_entry(req, &param);
}

/* rm -r of a thread comes to these next, long before the watcher does, and
 * would find in them what is gone. */
static void drop_boxes(fuse_req_t req, int64_t thread)
{
	static const enum node_kind kinds[] = { NODE_THREAD_CUR,
						NODE_THREAD_NEW };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		(void)fuse_lowlevel_notify_inval_inode(
			mount_of(req)->session,
			node_id(node_make(kinds[i], thread, 0)), 0, 0);
}

static void answer_removed(fuse_req_t req, const struct naming *naming)
{
	if (naming->removed.kind == NODE_MESSAGE)
		drop_boxes(req, naming->dir.serial);
	fuse_reply_err(req, 0);
}

static void answer(struct name_job *job, const struct err *failure)
{
	if (failure)
		request_fail(job->req, failure);
	else if (job->naming.kind == NAMING_MKDIR ||
		 job->naming.kind == NAMING_LINK)
		answer_made(job->req, job->naming.made);
	else if (job->naming.kind == NAMING_RMDIR)
		answer_removed(job->req, &job->naming);
	else
		fuse_reply_err(job->req, 0);
	naming_release(&job->naming);
	g_free(job);
}

static int apply(struct job *data, struct batch *batch, struct work *work,
		 struct err *err)
{
	struct name_job *job = (struct name_job *)data;

	return naming_apply(&job->naming, batch, work, err);
}

static void committed(struct job *data, const struct err *failure)
{
	struct name_job *job = (struct name_job *)data;
	struct err err;

	if (!failure &&
	    naming_finish(mount_of(job->req)->fs, &job->naming, &err) < 0)
		failure = &err;
	answer(job, failure);
}

/* About a file, unless it has become mail meanwhile. */
static void between_batches(struct job *data, const struct err *failure)
{
	struct name_job *job = (struct name_job *)data;
	struct fs *fs = mount_of(job->req)->fs;
	struct err err;
	int done;

	if (failure) {
		answer(job, failure);
		return;
	}
	done = naming_files(fs, &job->naming, &err);
	if (done != 0) {
		answer(job, done < 0 ? &err : NULL);
		return;
	}
	job->job.apply = apply;
	job->job.done = committed;
	writer_push(fs->writer, &job->job);
}

static void begin(fuse_req_t req, const struct naming *naming)
{
	struct name_job *job = g_new0(struct name_job, 1);
	struct fs *fs = mount_of(req)->fs;
	struct err err;
	int done;

	job->req = req;
	job->naming = *naming;
	job->naming.name = g_strdup(naming->name);
	job->naming.to_name = g_strdup(naming->to_name);
	job->job.relaxed = true;
	if (!fs->writer)
		done = err_set(&err, EROFS, "mounted read-only");
	else
		done = naming_try(fs, &job->naming, &err);
	if (done != 0) {
		answer(job, done < 0 ? &err : NULL);
		return;
	}
	job->job.apply = naming_is_file(fs, &job->naming) ? NULL : apply;
	job->job.done = job->job.apply ? committed : between_batches;
	writer_push(fs->writer, &job->job);
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	       fuse_ino_t newparent, const char *newname, unsigned int flags)
{
	if (told_rename(req, node_of(parent), name))
		return;
	if (flags & ~(unsigned)RENAME_NOREPLACE) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	begin(req, &(struct naming){ .kind = NAMING_RENAME,
				     .dir = node_of(parent),
				     .name = (char *)(uintptr_t)name,
				     .to_dir = node_of(newparent),
				     .to_name = (char *)(uintptr_t)newname,
				     .no_replace = flags != 0 });
}

void request_link(fuse_req_t req, int64_t copy, struct node dir,
		  const char *name)
{
	begin(req, &(struct naming){ .kind = NAMING_LINK,
				     .dir = dir,
				     .name = (char *)(uintptr_t)name,
				     .serial = copy });
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	begin(req, &(struct naming){ .kind = NAMING_UNLINK,
				     .dir = node_of(parent),
				     .name = (char *)(uintptr_t)name });
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	begin(req, &(struct naming){ .kind = NAMING_RMDIR,
				     .dir = node_of(parent),
				     .name = (char *)(uintptr_t)name });
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)mode;
	begin(req, &(struct naming){ .kind = NAMING_MKDIR,
				     .dir = node_of(parent),
				     .name = (char *)(uintptr_t)name });
}
