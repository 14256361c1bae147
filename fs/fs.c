/* SPDX-License-Identifier: ISC */
#include "fs.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "defms/batch.h"
#include "defms/key.h"
#include "defms/state-mount.h"
#include "doomed.h"
#include "fresh.h"
#include "generations.h"
#include "pool.h"
#include "writer.h"

enum {
	CONTENTS = 8 << 20,
	SIZES = 512 << 10,
	RESULTS = 8 << 20,
	LINES = 64 << 10,
};

/* Those that mkdir made. */
static int keep_queries(struct work *work, struct err *err)
{
	AUTO(ptrs) GPtrArray *kept = NULL;

	if (state_search_list(work->state, &kept, err) < 0)
		return -1;
	for (guint i = 0; i < kept->len; i++)
		(void)queries_keep(work->fs->queries,
				   g_ptr_array_index(kept, i));
	return 0;
}

int fs_new(struct mailbox *mailbox, struct fs **fs_r, struct err *err)
{
	AUTO(fs) struct fs *fs = g_new0(struct fs, 1);
	struct timespec now;
	struct work work;
	int result;

	fs->mailbox = mailbox;
	fs->pool = pool_new(mailbox);
	fs->contents = cache_new(CONTENTS, CONTENTS / 4);
	fs->sizes = cache_new(SIZES, SIZES / 4);
	/* One that is not kept is asked for again with each piece of a listing,
	 * so a single one may take all the room: a million threads. */
	fs->results = cache_new(RESULTS, RESULTS);
	fs->spools = spools_new(mailbox_cache(mailbox));
	fs->queries = queries_new();
	fs->shown = shown_new();
	fs->doomed = doomed_new();
	fs->doomed_threads = doomed_new();
	fs->fresh = fresh_new();
	fs->generations = generations_new();
	fs->log = journal_new(LINES);
	fs->errors = journal_new(LINES);
	fs->uid = getuid();
	fs->gid = getgid();
	(void)clock_gettime(CLOCK_REALTIME, &now);
	fs->started = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	if (files_open(mailbox_home(mailbox), &fs->files, err) < 0 ||
	    work_begin(fs, true, &work, err) < 0)
		return -1;
	result = keep_queries(&work, err);
	work_end(&work);
	if (result < 0)
		return -1;
	*fs_r = take(fs);
	return 0;
}

void fs_free(struct fs *fs)
{
	if (!fs)
		return;
	writer_free(fs->writer);
	files_free(fs->files);
	pool_free(fs->pool);
	cache_free(fs->contents);
	cache_free(fs->sizes);
	cache_free(fs->results);
	spools_free(fs->spools);
	queries_free(fs->queries);
	shown_free(fs->shown);
	doomed_free(fs->doomed);
	doomed_free(fs->doomed_threads);
	fresh_free(fs->fresh);
	generations_free(fs->generations);
	journal_free(fs->log);
	journal_free(fs->errors);
	g_free(fs);
}

static int begin(struct fs *fs, struct reader *lent, struct work *work,
		 struct err *err)
{
	memset(work, 0, sizeof(*work));
	work->fs = fs;
	work->round = shown_round(fs->shown);
	work->lent = lent != NULL;
	work->reader = lent;
	if (!lent && pool_take(fs->pool, &work->reader, err) < 0)
		return -1;
	work->state = reader_state(work->reader);
	work->index = reader_index(work->reader, err);
	if (work->index)
		return 0;
	work_end(work);
	return -1;
}

int work_begin(struct fs *fs, bool quick, struct work *work, struct err *err)
{
	int result = begin(fs, NULL, work, err);

	work->quick = quick;
	return result;
}

int work_begin_lent(struct fs *fs, struct work *work, struct err *err)
{
	struct reader *lent = fs->writer ? writer_lend(fs->writer) : NULL;
	int result = begin(fs, lent, work, err);

	work->quick = true;
	return result;
}

int work_in_batch(struct fs *fs, struct batch *batch, struct work *work,
		  struct err *err)
{
	memset(work, 0, sizeof(*work));
	work->fs = fs;
	work->round = shown_round(fs->shown);
	work->reader = batch_reader(batch);
	work->state = batch_state(batch);
	work->index = batch_index(batch, err);
	work->settled = true;
	return work->index ? 0 : -1;
}

void work_end(struct work *work)
{
	work_forget_message(work);
	if (work->lent)
		writer_take_back(work->fs->writer);
	else if (work->reader)
		pool_give(work->fs->pool, work->reader);
	work->lent = false;
	work->reader = NULL;
}

int work_later(struct err *err)
{
	return err_set(err, EINPROGRESS, "takes long");
}

bool work_is_late(const struct err *err)
{
	return err->code == EINPROGRESS;
}

void work_forget_message(struct work *work)
{
	if (work->message.serial)
		index_message_release(&work->message);
}

void work_forget(struct work *work)
{
	work_forget_message(work);
	work->thread.serial = 0;
	work->copy.serial = 0;
	work->inbox = 0;
}

void work_keep_message(struct work *work, struct index_message *message)
{
	work_forget_message(work);
	work->message = *message;
	memset(message, 0, sizeof(*message));
}

int work_message(struct work *work, int64_t serial,
		 const struct index_message **message_r, struct err *err)
{
	struct index_message message = { 0 };
	int found;

	*message_r = &work->message;
	if (serial != 0 && work->message.serial == serial)
		return 1;
	found = index_message_get(work->index, serial, &message, err);
	if (found <= 0)
		return found;
	if (message.removed != 0) {
		index_message_release(&message);
		return 0;
	}
	work_keep_message(work, &message);
	return 1;
}

int work_first_copy(struct work *work, int64_t message,
		    const struct state_copy **copy_r, struct err *err)
{
	*copy_r = &work->copy;
	if (work->copy.serial && work->copy.message == message)
		return 1;
	return state_copy_first(work->state, message, &work->copy, err);
}

int work_folder(struct work *work, int64_t shown, int64_t *serial_r,
		struct err *err)
{
	struct state_folder folder;
	int found;

	if (shown == 0 && work->inbox == 0) {
		found = state_folder_find(work->state, "INBOX", false, &folder,
					  err);
		if (found <= 0)
			return found;
		work->inbox = folder.serial;
	}
	*serial_r = shown != 0 ? shown : work->inbox;
	return 1;
}

void work_keep_thread(struct work *work, const struct index_thread *thread)
{
	work->thread = *thread;
}

bool work_shows_thread(const struct work *work,
		       const struct index_thread *thread)
{
	return thread->live > 0 ||
	       doomed_has(work->fs->doomed_threads, thread->serial);
}

int work_thread(struct work *work, int64_t serial,
		const struct index_thread **thread_r, struct err *err)
{
	int found;

	*thread_r = &work->thread;
	if (serial != 0 && work->thread.serial == serial)
		return 1;
	work->thread.serial = 0;
	found = index_thread_get(work->index, serial, &work->thread, err);
	if (found > 0 && work->thread.joined == 0 &&
	    !work_shows_thread(work, &work->thread)) {
		work->thread.serial = 0;
		return 0;
	}
	return found;
}

int work_message_time(struct work *work, const struct index_message *message,
		      int64_t *time_r, struct err *err)
{
	const struct state_copy *copy;
	int found = 1;

	*time_r = message->date;
	if (message->date_zone == MIME_NO_DATE) {
		found = work_first_copy(work, message->serial, &copy, err);
		*time_r = found > 0 ? copy->received : 0;
	}
	/* Some mail says it comes from the year 20000. */
	*time_r = CLAMP(*time_r, -INT32_MAX, INT64_C(0xffffffff)) *
		  INT64_C(1000000000);
	return found < 0 ? -1 : 0;
}
