/* SPDX-License-Identifier: ISC */
/* Two connections to one index: the worker writes words and rows through one;
 * threads are looked up, as they were before the batch, through the other. The
 * writing one is handed back when the worker has done its last job. */
#include "filing-parts.h"

#include <errno.h>
#include <string.h>

#include "defms/state-batch.h"
#include "index-strand.h"
#include "index-write.h"

enum {
	JOBS = 1024,           /* messages that wait for the index */
	JOB_BYTES = 1 << 20,   /* their bytes */
	NAME_DIGITS = 8,       /* of a hash in a directory's name */
	NAME_DIGITS_MORE = 16, /* where eight are not enough */
};

struct job {
	struct index_entry entry;
	struct arrival_made *made; /* owned */
	struct err err;
	bool failed;
};

int filing_ids(struct filing *filing, GArray **ids_r, struct err *err)
{
	return index_ids(filing->read, ids_r, err);
}

int filing_erased(struct filing *filing, GArray **messages_r, struct err *err)
{
	return index_erased(filing->read, messages_r, err);
}

static void *start_worker(void *data)
{
	return data;
}

static void stop_worker(void *context)
{
	(void)context;
}

static void index_job(void *data, void *context)
{
	struct job *job = data;
	struct filing *filing = context;

	job->failed = index_add(filing->write, &job->entry, &job->err) < 0;
}

static GHashTable *number_set(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

int filing_begin(const struct filing_seats *seats, struct state *state,
		 struct filing **filing_r, struct err *err)
{
	AUTO(filing) struct filing *filing = g_new0(struct filing, 1);

	filing->read = seats->read;
	filing->write = seats->write;
	filing->state = state;
	filing->threading = threading_new();
	filing->births = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					       g_free, filing_free_birth);
	filing->touched = number_set();
	filing->counted = number_set();
	filing->dated = number_set();
	filing->parted = number_set();
	filing->replaced = number_set();
	filing->relinked = number_set();
	filing->erased = number_set();
	filing->restood = g_array_new(FALSE, FALSE, sizeof(struct index_entry));
	if (index_write_begin(filing->write, err) < 0)
		return -1;
	*filing_r = take(filing);
	return 0;
}

/* Wait for the oldest job. 1, 0 if there is none, -1 if it failed. */
static int finish_job(struct filing *filing, struct err *err)
{
	struct job *job = filing->mill ? mill_take(filing->mill) : NULL;
	int result = 1;

	if (!job)
		return 0;
	if (job->failed) {
		if (err)
			*err = job->err;
		result = -1;
	}
	arrival_made_free(job->made);
	g_free(job);
	return result;
}

void filing_free(struct filing *filing)
{
	if (!filing)
		return;
	while (finish_job(filing, NULL) != 0)
		;
	mill_free(filing->mill);
	index_write_undo(filing->write);
	threading_free(filing->threading);
	g_hash_table_unref(filing->births);
	g_hash_table_unref(filing->touched);
	g_hash_table_unref(filing->counted);
	g_hash_table_unref(filing->dated);
	g_hash_table_unref(filing->parted);
	g_hash_table_unref(filing->replaced);
	g_hash_table_unref(filing->relinked);
	g_hash_table_unref(filing->erased);
	g_array_unref(filing->restood);
	g_free(filing);
}

size_t filing_count(const struct filing *filing)
{
	return filing->count;
}

/* Eight digits, unless an older message's hash begins with the same. */
static int count_digits(struct filing *filing, const struct message_id *hash,
			int64_t serial, unsigned *digits_r, struct err *err)
{
	AUTO(array) GArray *serials = NULL;
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(hash, hex);
	hex[NAME_DIGITS] = '\0';
	if (state_message_prefix(filing->state, hex, &serials, err) < 0)
		return -1;
	*digits_r =
		serials->len > 0 && g_array_index(serials, int64_t, 0) < serial
			? NAME_DIGITS_MORE
			: NAME_DIGITS;
	return 0;
}

static void begin_mill(struct filing *filing)
{
	struct mill_work work = { start_worker, index_job, stop_worker,
				  filing };

	if (!filing->mill)
		filing->mill = mill_new(&work, 1, JOBS, JOB_BYTES);
}

int filing_add(struct filing *filing, struct arrival_made *made,
	       const struct index_entry *entry, struct err *err)
{
	AUTO(made) struct arrival_made *held = made;
	struct job *job;

	if (filing_thread(filing, made, entry->serial, err) < 0)
		return -1;
	begin_mill(filing);
	while (!mill_has_room(filing->mill))
		if (finish_job(filing, err) < 0)
			return -1;
	job = g_new0(struct job, 1);
	job->entry = *entry;
	job->entry.hash = made->hash;
	job->entry.id = made->id;
	job->entry.content_size = made->content->len;
	job->entry.mime = made->mime;
	job->entry.text = made->text->str;
	job->entry.text_size = made->text->len;
	if (count_digits(filing, &made->hash, entry->serial,
			 &job->entry.name_digits, err) < 0) {
		g_free(job);
		return -1;
	}
	job->made = take(held);
	mill_put(filing->mill, job, made->content->len + made->text->len);
	filing->count++;
	return 0;
}

void filing_touch_flags(struct filing *filing, int64_t thread)
{
	(void)g_hash_table_add(filing->touched,
			       g_memdup2(&thread, sizeof(thread)));
}

void filing_touch(struct filing *filing, int64_t thread)
{
	filing_touch_flags(filing, thread);
	(void)g_hash_table_add(filing->counted,
			       g_memdup2(&thread, sizeof(thread)));
}

int filing_note_touched(struct filing *filing, int64_t seq, struct err *err)
{
	AUTO(array)
	GArray *threads = g_array_new(FALSE, FALSE, sizeof(int64_t));
	GHashTableIter it;
	gpointer thread;

	g_hash_table_iter_init(&it, filing->touched);
	while (g_hash_table_iter_next(&it, &thread, NULL))
		(void)g_array_append_val(threads, *(int64_t *)thread);
	filing->noted = threads->len > 0;
	return state_touched_set(filing->state, seq, threads, err);
}

int filing_touch_noted(struct filing *filing, bool part, struct err *err)
{
	AUTO(array) GArray *threads = NULL;

	if (state_touched_list(filing->state, &threads, err) < 0)
		return -1;
	if (part)
		filing_relink_all(filing);
	for (guint i = 0; i < threads->len; i++) {
		int64_t thread = g_array_index(threads, int64_t, i);

		if (part)
			filing_part(filing, thread);
		else
			filing_touch(filing, thread);
	}
	return 0;
}

/* What this batch removes is not committed: the index does not see it. */
static int count_live(struct filing *filing, int64_t thread, struct err *err)
{
	AUTO(array) GArray *messages = NULL;
	int64_t live = 0;

	if (index_places(filing->write, thread, -1, &messages, err) < 0)
		return -1;
	for (guint i = 0; i < messages->len; i++) {
		struct state_message message;
		int found = state_message_get(
			filing->state, g_array_index(messages, int64_t, i),
			&message, err);

		if (found < 0)
			return -1;
		live += found > 0 && message.removed == 0;
	}
	return index_set_live(filing->write, thread, live, err);
}

static int touch_others(struct filing *filing, int64_t seq, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;
	GHashTableIter it;
	gpointer key;

	if (g_hash_table_size(filing->touched) == 0)
		return 0;
	if (!filing->noted &&
	    state_set(filing->state, STATE_TOUCHED, seq, err) < 0)
		return -1;
	g_hash_table_iter_init(&it, filing->touched);
	while (g_hash_table_iter_next(&it, &key, NULL)) {
		int64_t thread = *(int64_t *)key;

		if (index_touch_thread(filing->write, thread, seq, now, err) <
			    0 ||
		    (g_hash_table_contains(filing->counted, key) &&
		     count_live(filing, thread, err) < 0) ||
		    (g_hash_table_contains(filing->dated, key) &&
		     index_set_dates(filing->write, thread, err) < 0))
			return -1;
	}
	return 0;
}

void filing_restand(struct filing *filing, const struct index_entry *entry)
{
	(void)g_array_append_val(filing->restood, *entry);
}

/* Once the worker is done with this connection. */
static int restand_all(struct filing *filing, struct err *err)
{
	for (guint i = 0; i < filing->restood->len; i++)
		if (index_restand(filing->write,
				  &g_array_index(filing->restood,
						 struct index_entry, i),
				  err) < 0)
			return -1;
	return 0;
}

int filing_settle(struct filing *filing, int64_t seq, struct err *err)
{
	int more;

	while ((more = finish_job(filing, err)) > 0)
		;
	if (more < 0 || restand_all(filing, err) < 0 ||
	    state_run_of(filing->state, seq, &filing->run, err) < 0 ||
	    filing_obey(filing, err) < 0 ||
	    filing_place_all(filing, seq, err) < 0)
		return -1;
	return touch_others(filing, seq, err);
}

int filing_place_of(struct filing *filing, int64_t message, int64_t *thread_r,
		    struct err *err)
{
	return index_place_of(filing->write, message, thread_r, err);
}

int filing_place_before(struct filing *filing, int64_t message,
			int64_t *thread_r, struct err *err)
{
	/* The worker writes through the one, and each change makes the other
	 * read its pages again. */
	return index_place_of(filing->mill ? filing->read : filing->write,
			      message, thread_r, err);
}

int filing_recount(struct filing *filing, int64_t seq, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;

	return index_recount(filing->write, seq, now, err);
}

int filing_end(struct filing *filing, int64_t seq, struct err *err)
{
	return index_write_end(filing->write, seq, filing->run, err);
}
