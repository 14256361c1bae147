/* SPDX-License-Identifier: ISC */
/* A change of attributes: what files take; of a message its time; and what
 * changes nothing, so that cp -a, rsync and editors go on. */
#include "ops.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "writer.h"

enum {
	TIMES = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW |
		FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW,
	OWNERS = FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID,
};

static void answer_attr(fuse_req_t req, struct node node)
{
	request_begin(&(struct request){
		.req = req, .operation = GETATTR, .node = node });
}

/* The times that are meant, with "now" looked up. */
static void fill_times(struct stat *st, int *to_set)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (*to_set & FUSE_SET_ATTR_ATIME_NOW)
		st->st_atim = now;
	if (*to_set & FUSE_SET_ATTR_MTIME_NOW)
		st->st_mtim = now;
	if (*to_set & FUSE_SET_ATTR_ATIME_NOW)
		*to_set |= FUSE_SET_ATTR_ATIME;
	if (*to_set & FUSE_SET_ATTR_MTIME_NOW)
		*to_set |= FUSE_SET_ATTR_MTIME;
}

/* -- a message: its time is when it was received --------------------------- */

struct received_job {
	struct job job; /* first */
	fuse_req_t req;
	struct node node;
	int64_t copy, received;
};

static int apply_received(struct job *data, struct batch *batch,
			  struct work *work, struct err *err)
{
	const struct received_job *job = (struct received_job *)data;
	int found = change_copy_received(batch, job->copy, job->received, err);
	struct state_copy copy;

	if (found == 0)
		found = state_copy_get(work->state, job->copy, &copy, err);
	else
		copy.received = job->received;
	if (found == 0)
		return err_set(err, ESTALE, "message is gone");
	if (found > 0 && copy.received != job->received)
		return err_set(err, EPERM, "the name of the file has its time");
	return MIN(found, 0);
}

static void received(struct job *data, const struct err *failure)
{
	struct received_job *job = (struct received_job *)data;

	if (failure)
		request_fail(job->req, failure);
	else
		answer_attr(job->req, job->node);
	g_free(job);
}

static void set_received(fuse_req_t req, struct node node, int64_t copy,
			 int64_t time)
{
	struct received_job *job = g_new0(struct received_job, 1);

	job->job = (struct job){ apply_received, received, true };
	job->req = req;
	job->node = node;
	job->copy = copy;
	job->received = time;
	writer_push(mount_of(req)->fs->writer, &job->job);
}

static void set_message(fuse_req_t req, struct node node, int64_t copy,
			const struct stat *st, int to_set)
{
	if (to_set & FUSE_SET_ATTR_SIZE)
		fuse_reply_err(req, EPERM);
	else if (to_set & FUSE_SET_ATTR_MTIME)
		set_received(req, node, copy, st->st_mtim.tv_sec);
	else
		answer_attr(req, node);
}

/* -- a file ---------------------------------------------------------------- */

static void set_file(fuse_req_t req, struct node node, const struct stat *st,
		     int to_set)
{
	struct files *files = mount_of(req)->fs->files;
	unsigned what = 0;
	struct file file;
	struct err err;

	if (!files_get(files, node.serial, &file)) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	if (file.state == FILE_MESSAGE) {
		set_message(req, node, file.copy, st, to_set);
		return;
	}
	if (to_set & FUSE_SET_ATTR_SIZE)
		what |= FILES_SIZE;
	if (to_set & FUSE_SET_ATTR_MODE)
		what |= FILES_MODE;
	if (to_set & FUSE_SET_ATTR_ATIME)
		what |= FILES_ATIME;
	if (to_set & FUSE_SET_ATTR_MTIME)
		what |= FILES_MTIME;
	if (files_set(files, node.serial, st, what, &file, &err) < 0)
		request_fail(req, &err);
	else
		answer_attr(req, node);
}

/* Nobody but its owner has anything. */
static bool is_owners(const struct fs *fs, const struct stat *st, int to_set)
{
	return (!(to_set & FUSE_SET_ATTR_UID) || st->st_uid == fs->uid) &&
	       (!(to_set & FUSE_SET_ATTR_GID) || st->st_gid == fs->gid);
}

/* The time of new/ is what it is: it grew with the change that is told. To
 * empty a file `flags` before it is written is no change. */
void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi)
{
	const struct fs *fs = mount_of(req)->fs;
	struct node node = node_of(ino);

	(void)fi;
	fill_times(attr, &to_set);
	if (!is_owners(fs, attr, to_set))
		fuse_reply_err(req, EPERM);
	else if (!fs->writer)
		fuse_reply_err(req, EROFS);
	else if (node.kind == NODE_FILE)
		set_file(req, node, attr, to_set);
	else if (node.kind == NODE_COPY)
		set_message(req, node, node.serial, attr, to_set);
	else if (node_is_flags(node.kind) || (node_is_writable(node.kind) &&
					      !(to_set & FUSE_SET_ATTR_SIZE)))
		answer_attr(req, node);
	else
		fuse_reply_err(req, EPERM);
}
