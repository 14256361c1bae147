/* SPDX-License-Identifier: ISC */
/* Once the entry is committed the file goes. Killed in between, it rests again
 * with the next mount, and is known by what it is and holds: queue_add() puts
 * the same thing into the queue but once. */
#include "send.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/batch.h"
#include "defms/compose.h"
#include "defms/crash.h"
#include "defms/queue.h"
#include "files-turn.h"
#include "refuse.h"
#include "writer.h"

enum { TEMPLATE = 256 << 10 };

struct sending {
	struct fs *fs; /* borrowed */
	struct file file;
	struct queue_source source;
	struct composed *composed; /* owned; NULL: it is queued already, or */
	struct err fault;          /* the draft's, code 0: none */
	struct err failure;        /* any other, code 0: none */
};

struct sending *sending_new(struct fs *fs, const struct file *file)
{
	struct sending *sending = g_new0(struct sending, 1);

	sending->fs = fs;
	sending->file = *file;
	return sending;
}

void sending_free(struct sending *sending)
{
	if (!sending)
		return;
	composed_free(sending->composed);
	g_free(sending);
}

const struct file *sending_file(const struct sending *sending)
{
	return &sending->file;
}

static int read_draft(struct fs *fs, const struct file *file, GByteArray *draft,
		      struct err *err)
{
	uint64_t size = (uint64_t)MAX(file->st.st_size, 0);

	if (size > MESSAGE_MAX)
		return err_set(err, EFBIG, "message larger than 512 MiB");
	return files_read(fs->files, file->number, 0, size, draft, err);
}

/* The file on the disk, whose time of change is no user's to set. */
static int source_of(struct fs *fs, const struct file *file,
		     const GByteArray *draft, struct queue_source *source_r,
		     struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(fd) int fd = -1;
	struct message_id hash;
	struct stat st;

	if (files_fd(fs->files, file->number, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "%s", file->name);
	g_string_printf(text,
			"%" PRIx64 " %" PRIu64 " %" PRId64 ".%09ld %" PRId64
			".%09ld %u %s\n",
			node_id(file->dir), (uint64_t)st.st_ino,
			(int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			(int64_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
			draft->len, file->name);
	(void)g_string_append_len(text, (const char *)draft->data,
				  (gssize)draft->len);
	hash = message_id_of(NULL, text->str, text->len);
	memcpy(source_r->bytes, hash.bytes, sizeof(source_r->bytes));
	return 0;
}

/* The header that a thread's reply.eml has, of its outbox; else NULL. */
static int defaults_of(struct work *work, struct node dir, char **header_r,
		       struct err *err)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	const struct index_thread *thread;
	struct conversation reply = { .thread = dir.serial,
				      .file = CONVERSATION_REPLY };
	char *end;
	int found;

	*header_r = NULL;
	if (dir.kind != NODE_THREAD_OUTBOX)
		return 0;
	found = work_thread(work, dir.serial, &thread, err);
	if (found <= 0)
		return found;
	reply.seq = thread->seq;
	if (conversation_read(work->reader, &reply, 0, TEMPLATE, text, err) < 0)
		return -1;
	*header_r = g_strndup((const char *)text->data, text->len);
	end = strstr(*header_r, "\n\n");
	if (end)
		end[1] = '\0';
	return 0;
}

/* Its own fault, or that of what it was to be made in? */
static bool is_fault(const struct err *err)
{
	return !err_is_temporary(err) && err->code != ENOTCONN &&
	       err->code != ECONNABORTED && err->code != ENOMEM &&
	       err->code != EMFILE && err->code != ENFILE;
}

static int compose_draft(struct sending *sending, struct work *work,
			 const GByteArray *draft, struct err *err)
{
	struct fs *fs = work->fs;
	AUTO(str) char *defaults = NULL;
	AUTO(fd) int folder = files_dir_fd(fs->files, sending->file.dir);
	struct compose_how how = {
		.config = mailbox_config(fs->mailbox),
		.identity = mailbox_identity(fs->mailbox),
		.folder = folder,
		.now = g_get_real_time() / G_USEC_PER_SEC,
	};

	if (defaults_of(work, sending->file.dir, &defaults, err) < 0)
		return -1;
	how.defaults = defaults;
	if (compose(draft->data, draft->len, &how, &sending->composed, err) ==
	    0)
		return 0;
	if (!is_fault(err))
		return -1;
	sending->fault = *err;
	return 0;
}

static int compose_in(struct sending *sending, struct work *work,
		      struct err *err)
{
	AUTO(bytes) GByteArray *draft = g_byte_array_new();
	int64_t id;
	int known;

	if (read_draft(work->fs, &sending->file, draft, err) < 0) {
		if (err->code != EFBIG)
			return -1;
		sending->fault = *err;
		return 0;
	}
	if (source_of(work->fs, &sending->file, draft, &sending->source, err) <
	    0)
		return -1;
	known = queue_known(work->state, &sending->source, &id, err);
	if (known != 0)
		return MIN(known, 0);
	return compose_draft(sending, work, draft, err);
}

void sending_compose(struct sending *sending)
{
	struct err *failure = &sending->failure;
	struct work work;
	int result;

	if (work_begin(sending->fs, false, &work, failure) < 0)
		return;
	result = compose_in(sending, &work, failure);
	work_end(&work);
	if (result == 0)
		failure->code = 0;
}

static int queue_it(struct sending *sending, struct work *work, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	int64_t now = g_get_real_time() / G_USEC_PER_SEC, id;

	crash_point("send: before the batch");
	if (batch_begin(work->fs->mailbox, &batch, err) < 0 ||
	    queue_add(batch, work->reader, sending->composed, &sending->source,
		      now, &id, err) < 0 ||
	    batch_commit(batch, err) < 0)
		return -1;
	crash_point("send: queued, before the file goes");
	writer_look_back(work->fs, batch);
	return 0;
}

static int queue_composed(struct sending *sending, struct err *err)
{
	struct work work;
	int result;

	if (!sending->composed)
		return 0;
	if (work_begin(sending->fs, false, &work, err) < 0)
		return -1;
	result = queue_it(sending, &work, err);
	work_end(&work);
	return result;
}

/* Renamed, written to or gone since? */
static bool is_as_it_was(struct fs *fs, const struct file *file)
{
	struct file now;

	return files_find(fs->files, file->dir, file->name, &now) > 0 &&
	       now.number == file->number && now.state == FILE_RESTING &&
	       now.changed == file->changed;
}

/* It was written to while it was queued: what is there now is kept, but not
 * sent as well. What was renamed over it is another draft, and rests. */
static void refuse_changed(struct fs *fs, const struct file *file)
{
	struct file now;
	struct err err;

	if (files_find(fs->files, file->dir, file->name, &now) <= 0 ||
	    now.number != file->number)
		return;
	(void)err_set(&err, EBUSY,
		      "it was queued as it was before the last change; "
		      "change it again, or rename it, to send this too");
	refuse_file(fs, &now, &err);
}

int sending_finish(struct sending *sending, struct err *err)
{
	struct fs *fs = sending->fs;
	const struct file *file = &sending->file;
	int gone;

	if (!is_as_it_was(fs, file)) {
		files_wake(fs->files); /* it is to rest once more */
		return 0;
	}
	*err = sending->failure;
	if (err->code != 0)
		return -1;
	*err = sending->fault;
	if (err->code == 0 && queue_composed(sending, err) < 0 &&
	    err->code != EINVAL && err->code != EFBIG)
		return -1;
	if (err->code != 0) {
		refuse_file(fs, file, err);
		return 0;
	}
	refuse_forget(fs, file->dir, file->name);
	gone = files_unlink_as(fs->files, file, err);
	if (gone < 0)
		return -1;
	if (gone == 0) {
		refuse_changed(fs, file);
		return 0;
	}
	crash_point("send: the file is gone");
	files_note(fs->files, file->dir, file->name);
	return 0;
}
