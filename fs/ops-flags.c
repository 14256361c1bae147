/* SPDX-License-Identifier: ISC */
/* A write to a file `flags`. */
#include "ops.h"

#include <errno.h>

#include "flags.h"
#include "writer.h"

struct flags_job {
	struct job job; /* first */
	fuse_req_t req;
	struct node node;
	char *text; /* owned */
	size_t size;
};

static int apply(struct job *data, struct batch *batch, struct work *work,
		 struct err *err)
{
	const struct flags_job *job = (struct flags_job *)data;

	return flags_apply(batch, work, job->node, job->text, job->size, err);
}

static void done(struct job *data, const struct err *failure)
{
	struct flags_job *job = (struct flags_job *)data;

	if (failure)
		request_fail(job->req, failure);
	else
		fuse_reply_write(job->req, job->size);
	g_free(job->text);
	g_free(job);
}

void write_flags(fuse_req_t req, struct node node, const char *data,
		 size_t size)
{
	struct writer *writer = mount_of(req)->fs->writer;
	struct flags_job *job;

	if (!writer) {
		fuse_reply_err(req, EROFS);
		return;
	}
	job = g_new0(struct flags_job, 1);
	job->job = (struct job){ apply, done, true };
	job->req = req;
	job->node = node;
	job->text = g_memdup2(data, size);
	job->size = size;
	writer_push(writer, &job->job);
}
