/* SPDX-License-Identifier: ISC */
/* A delivered file lies below files/ until a batch with its message is
 * committed; then it goes. Killed in between, the next mount finds it again:
 * a row of state.db (arrived), written with the batch, tells that it is a
 * message already. It names the place, the inode, when that was made and the
 * size, so it is true of no other file, and a file that has grown since counts
 * as another: nothing is lost. The rows are dropped by a later batch, once the
 * directories that the files were in are known to be on the disk without them.
 */
#include "arrive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/batch.h"
#include "defms/change.h"
#include "defms/crash.h"
#include "defms/io.h"
#include "defms/name.h"
#include "defms/state-mount.h"
#include "files-turn.h"
#include "refuse.h"
#include "render.h"
#include "site.h"
#include "writer.h"

enum {
	BATCH_FILES = 1000,
	BATCH_BYTES = 64 << 20,
	ROWS = 1000, /* then they are dropped */
};

struct arrive {
	struct fs *fs;    /* borrowed */
	GHashTable *dirs; /* owned: ids of nodes the rows are about */
	guint rows;
	GArray *superseded; /* owned: copies (int64_t) whose file changed while
			     * it was committed */
};

/* One file on its way. */
struct coming {
	struct file file;        /* as it was read */
	struct arrival *arrival; /* owned */
	char *row;               /* owned */
	int64_t copy;            /* that it became */
	int64_t received;
};

struct arrive *arrive_new(struct fs *fs)
{
	struct arrive *arrive = g_new0(struct arrive, 1);

	arrive->fs = fs;
	arrive->dirs = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					     g_free, NULL);
	arrive->superseded = g_array_new(FALSE, FALSE, sizeof(int64_t));
	return arrive;
}

void arrive_free(struct arrive *arrive)
{
	if (!arrive)
		return;
	g_hash_table_unref(arrive->dirs);
	g_array_unref(arrive->superseded);
	g_free(arrive);
}

static void coming_free(void *data)
{
	struct coming *coming = data;

	arrival_free(coming->arrival);
	g_free(coming->row);
	g_free(coming);
}

/* What tells the file from all others, see above. Without a time of birth that
 * of its last change must do. */
static int row_of(const struct file *file, int fd, char **row_r,
		  struct err *err)
{
	struct statx st;
	const struct statx_timestamp *time = &st.stx_btime;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) <
	    0)
		return err_sys(err, "%s", file->name);
	if (!(st.stx_mask & STATX_BTIME))
		time = &st.stx_ctime;
	*row_r = g_strdup_printf("%" PRIx64 " %" PRIu64 " %" PRId64
				 ".%09" PRIu32 " %" PRIu64 " %s",
				 node_id(file->dir), (uint64_t)st.stx_ino,
				 (int64_t)time->tv_sec, time->tv_nsec,
				 (uint64_t)st.stx_size, file->name);
	return 0;
}

/* -- from a file to an arrival --------------------------------------------- */

static int folder_name(struct work *work, struct node dir, char **name_r,
		       struct err *err)
{
	struct state_folder folder = { .name = "INBOX" };
	int found = 1;

	/* A thread has no folder of its own. */
	if (site_is_folder_box(dir) && dir.serial != 0)
		found = state_folder_get(work->state, dir.serial, &folder, err);
	if (found < 0)
		return -1;
	*name_r = g_strdup(found > 0 ? folder.name : "INBOX");
	return 0;
}

/* The name stays as it is, whatever the flags would make of it. */
static void read_name(struct arrival *arrival, const struct file *file)
{
	AUTO(str) char *base = render_base(file->name);
	AUTO(str) char *made = NULL;
	struct state_copy copy = { 0 };

	arrival->flags = name_flags_parse(file->name);
	arrival->is_new = file->dir.kind == NODE_FOLDER_NEW ||
			  file->dir.kind == NODE_THREAD_NEW;
	(void)g_strlcpy(copy.base, base, sizeof(copy.base));
	copy.flags = arrival->flags;
	copy.is_new = arrival->is_new;
	made = name_copy(&copy);
	if (strcmp(made, file->name) != 0)
		arrival->suffix = g_strdup(file->name + strlen(base));
	arrival->base = take(base);
}

static int read_bytes(int fd, const struct file *file, GByteArray *raw,
		      struct err *err)
{
	uint64_t size = (uint64_t)MAX(file->st.st_size, 0);
	size_t done = 0;

	if (size > MESSAGE_MAX)
		return err_set(err, EFBIG, "message larger than 512 MiB");
	(void)g_byte_array_set_size(raw, (guint)size);
	while (done < size) {
		ssize_t got =
			pread(fd, raw->data + done, size - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "%s", file->name);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	(void)g_byte_array_set_size(raw, (guint)done);
	if (!message_looks_like_mail(raw->data, raw->len))
		return err_set(err, EINVAL,
			       "not a mail message: it does not begin with a "
			       "header field");
	return 0;
}

static int fill(struct coming *coming, struct work *work, struct err *err)
{
	struct arrival *arrival = coming->arrival;
	const struct file *file = &coming->file;
	AUTO(fd) int fd = -1;

	if (files_fd(work->fs->files, file->number, &fd, err) < 0 ||
	    row_of(file, fd, &coming->row, err) < 0)
		return -1;
	arrival->raw = g_byte_array_new();
	arrival->by_hand = true;
	arrival->serial = file->copy;
	arrival->received = coming->received = file->st.st_mtime;
	arrival->origin = g_strdup(file->name);
	read_name(arrival, file);
	if (folder_name(work, file->dir, &arrival->folder, err) < 0 ||
	    read_bytes(fd, file, arrival->raw, err) < 0)
		return -1;
	return arrival_prepare(arrival, work->reader, err);
}

/* 1 prepared, 0 refused, -1 */
static int prepare(struct work *work, const struct file *file,
		   struct coming **coming_r, struct err *err)
{
	struct coming *coming = g_new0(struct coming, 1);

	coming->file = *file;
	coming->arrival = arrival_new();
	if (fill(coming, work, err) == 0) {
		*coming_r = coming;
		return 1;
	}
	coming_free(coming);
	if (err->code != EINVAL && err->code != EFBIG)
		return -1;
	refuse_file(work->fs, file, err);
	return 0;
}

/* As many as are one batch. */
static int gather(struct arrive *arrive, struct work *work, GPtrArray *all,
		  struct err *err)
{
	AUTO(array)
	GArray *files = files_in_state(arrive->fs->files, FILE_ARRIVED);
	uint64_t bytes = 0;

	for (guint i = 0; files && i < files->len; i++) {
		const struct file *file = &g_array_index(files, struct file, i);
		struct coming *coming;
		int result;

		if (all->len >= BATCH_FILES || bytes >= BATCH_BYTES)
			break;
		result = prepare(work, file, &coming, err);
		if (result < 0)
			return -1;
		if (result == 0)
			continue;
		bytes += (uint64_t)file->st.st_size;
		g_ptr_array_add(all, coming);
	}
	return 0;
}

/* -- the batch ------------------------------------------------------------- */

static int drop_rows(struct arrive *arrive, struct batch *batch,
		     struct err *err)
{
	GHashTableIter it;
	gpointer id;

	g_hash_table_iter_init(&it, arrive->dirs);
	while (g_hash_table_iter_next(&it, &id, NULL))
		if (files_sync_dir(arrive->fs->files,
				   node_of(*(const uint64_t *)id), err) < 0)
			return -1;
	return state_arrived_clear(batch_state(batch), err);
}

static int drop_superseded(struct arrive *arrive, struct batch *batch,
			   struct err *err)
{
	for (guint i = 0; i < arrive->superseded->len; i++)
		if (change_copy_remove(
			    batch,
			    g_array_index(arrive->superseded, int64_t, i),
			    err) < 0)
			return -1;
	return 0;
}

static int add_all(struct arrive *arrive, struct batch *batch, GPtrArray *all,
		   struct err *err)
{
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	enum batch_result result;

	if ((arrive->rows >= ROWS && drop_rows(arrive, batch, err) < 0) ||
	    drop_superseded(arrive, batch, err) < 0)
		return -1;
	for (guint i = 0; i < all->len; i++) {
		struct coming *coming = g_ptr_array_index(all, i);

		if (batch_add(batch, coming->arrival, seen, &result, err) < 0 ||
		    state_arrived_add(batch_state(batch), coming->row, err) < 0)
			return -1;
		coming->copy = batch_last_copy(batch);
	}
	return 0;
}

static int commit(struct arrive *arrive, GPtrArray *all, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	bool dropped = arrive->rows >= ROWS;

	crash_point("arrive: before the batch");
	if (batch_begin(arrive->fs->mailbox, &batch, err) < 0 ||
	    add_all(arrive, batch, all, err) < 0 ||
	    batch_commit(batch, err) < 0)
		return -1;
	crash_point("arrive: committed, before the files go");
	writer_look_back(arrive->fs, batch);
	if (dropped) {
		arrive->rows = 0;
		g_hash_table_remove_all(arrive->dirs);
	}
	g_array_set_size(arrive->superseded, 0);
	return 0;
}

/* -- afterwards ------------------------------------------------------------ */

/* It was written to, or renamed, while it was committed: what is now is to
 * arrive, and what was is none. */
static void supersede(struct arrive *arrive, const struct coming *coming)
{
	struct files_new to = { .state = FILE_ARRIVED };
	struct file now;
	struct err err;

	(void)g_array_append_val(arrive->superseded, coming->copy);
	if (files_get(arrive->fs->files, coming->file.number, &now) <= 0 ||
	    now.state != FILE_ARRIVED || !now.name[0])
		return;
	to.dir = now.dir;
	to.name = now.name;
	if (files_rename(arrive->fs->files, now.number, now.name, now.dir, &to,
			 &err) < 0)
		journal_add(arrive->fs->errors, err.text);
}

struct received_job {
	struct job job; /* first */
	int64_t copy, received;
};

static int apply_received(struct job *data, struct batch *batch,
			  struct work *work, struct err *err)
{
	const struct received_job *job = (struct received_job *)data;

	(void)work;
	return MIN(change_copy_received(batch, job->copy, job->received, err),
		   0);
}

static void free_received(struct job *job, const struct err *failure)
{
	(void)failure;
	g_free(job);
}

/* Somebody set its time after it was read. */
static void keep_time(struct arrive *arrive, const struct coming *coming)
{
	struct received_job *job;
	struct file now;

	if (files_get(arrive->fs->files, coming->file.number, &now) <= 0 ||
	    now.st.st_mtime == coming->received || !arrive->fs->writer)
		return;
	job = g_new0(struct received_job, 1);
	*job = (struct received_job){
		{ apply_received, free_received, true },
		coming->copy,
		now.st.st_mtime,
	};
	writer_push(arrive->fs->writer, &job->job);
}

static void note_dir(struct arrive *arrive, struct node dir)
{
	uint64_t id = node_id(dir);

	(void)g_hash_table_add(arrive->dirs, g_memdup2(&id, sizeof(id)));
}

static void settle(struct arrive *arrive, GPtrArray *all)
{
	for (guint i = 0; i < all->len; i++) {
		const struct coming *coming = g_ptr_array_index(all, i);
		const struct node dir = coming->file.dir;

		arrive->rows++;
		note_dir(arrive, dir);
		if (coming->file.copy == 0)
			files_set_copy(arrive->fs->files, coming->file.number,
				       coming->copy);
		if (!files_turn(arrive->fs->files, &coming->file,
				FILE_MESSAGE)) {
			supersede(arrive, coming);
			continue;
		}
		crash_point("arrive: a file is gone");
		refuse_forget(arrive->fs, dir, coming->file.name);
		keep_time(arrive, coming);
	}
}

/* 1 done, 0 there was nothing, -1 */
static int run_batch(struct arrive *arrive, struct err *err)
{
	AUTO(ptrs) GPtrArray *all = g_ptr_array_new_with_free_func(coming_free);
	struct work work;
	int result;

	if (work_begin(arrive->fs, false, &work, err) < 0)
		return -1;
	result = gather(arrive, &work, all, err);
	work_end(&work);
	if (result < 0)
		return -1;
	if (all->len == 0 && arrive->superseded->len == 0)
		return 0;
	if (commit(arrive, all, err) < 0)
		return -1;
	settle(arrive, all);
	return 1;
}

int arrive_run(struct arrive *arrive, struct err *err)
{
	int more;

	while ((more = run_batch(arrive, err)) > 0)
		;
	return more;
}

/* -- after a kill ---------------------------------------------------------- */

/* 1 it is a message already, 0, -1 */
static int is_message(struct work *work, const struct file *file,
		      struct err *err)
{
	AUTO(str) char *row = NULL;
	AUTO(fd) int fd = -1;

	if (files_fd(work->fs->files, file->number, &fd, err) < 0 ||
	    row_of(file, fd, &row, err) < 0)
		return -1;
	return state_arrived_has(work->state, row, err);
}

int arrive_begin(struct arrive *arrive, struct err *err)
{
	AUTO(array)
	GArray *files = files_in_state(arrive->fs->files, FILE_COMING);
	struct work work;
	int found = 0;

	if (work_begin(arrive->fs, false, &work, err) < 0)
		return -1;
	for (guint i = 0; files && i < files->len && found >= 0; i++) {
		const struct file *file = &g_array_index(files, struct file, i);

		found = is_message(&work, file, err);
		if (found > 0) {
			(void)files_turn(arrive->fs->files, file, FILE_MESSAGE);
			arrive->rows = ROWS;
			note_dir(arrive, file->dir);
		}
	}
	work_end(&work);
	return MIN(found, 0);
}

int arrive_end(struct arrive *arrive, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;

	if (arrive->rows == 0)
		return 0;
	if (batch_begin(arrive->fs->mailbox, &batch, err) < 0 ||
	    drop_rows(arrive, batch, err) < 0 || batch_commit(batch, err) < 0)
		return -1;
	arrive->rows = 0;
	return 0;
}
