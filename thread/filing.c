/* SPDX-License-Identifier: ISC */
/* Two connections to one index: the worker writes words and rows through one;
 * threads are looked up, as they were before the batch, through the other. The
 * writing one is handed back when the worker has done its last job. */
#include "filing.h"

#include <errno.h>
#include <string.h>

#include "defms/name.h"
#include "mill.h"
#include "threading.h"

enum {
	JOBS = 1024,           /* messages that wait for the index */
	JOB_BYTES = 48 << 20,  /* their bytes */
	NAME_DIGITS = 8,       /* of a hash in a directory's name */
	NAME_DIGITS_MORE = 16, /* where eight are not enough */
	THREAD_DIGITS = 6,
	THREAD_DIGITS_MAX = 50,
};

struct job {
	struct index_entry entry;
	struct arrival_made *made; /* owned */
	struct err err;
	bool failed;
};

/* What naming a thread after a message takes. */
struct birth {
	char *subject, *root;
	int64_t date;
};

struct filing {
	struct index *write, *read;  /* borrowed */
	struct state *state;         /* borrowed */
	struct mill *mill;           /* owned; NULL until it is wanted */
	struct threading *threading; /* owned */
	GHashTable *births;          /* serial -> struct birth */
	GHashTable *touched;         /* threads (int64_t *) changed otherwise */
	size_t count;
};

int filing_ids(struct filing *filing, GArray **ids_r, struct err *err)
{
	return index_ids(filing->read, ids_r, err);
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

static void free_birth(gpointer data)
{
	struct birth *birth = data;

	g_free(birth->subject);
	g_free(birth->root);
	g_free(birth);
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
					       g_free, free_birth);
	filing->touched = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						g_free, NULL);
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
	g_free(filing);
}

size_t filing_count(const struct filing *filing)
{
	return filing->count;
}

/* Make a msgid known to the threading, with the thread it has by now. */
static int learn_key(struct filing *filing, const char *msgid, GArray *keys,
		     struct err *err)
{
	int64_t key = index_msgid_key(filing->read, msgid);
	int64_t thread = 0;

	if (!threading_has(filing->threading, key)) {
		int found = index_msgid_thread(filing->read, key, &thread, err);

		if (found < 0)
			return -1;
		threading_add_key(filing->threading, key,
				  found > 0 ? thread : 0);
	}
	(void)g_array_append_val(keys, key);
	return 0;
}

static int learn_keys(struct filing *filing, const struct mime *mime,
		      GArray *keys, struct err *err)
{
	const GPtrArray *lists[] = { mime->references, mime->in_reply_to };

	if (mime->msgid[0] && learn_key(filing, mime->msgid, keys, err) < 0)
		return -1;
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++)
			if (learn_key(filing, g_ptr_array_index(lists[i], j),
				      keys, err) < 0)
				return -1;
	return 0;
}

static int thread_message(struct filing *filing,
			  const struct arrival_made *made, int64_t serial,
			  struct err *err)
{
	AUTO(array) GArray *keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
	struct threading_message message = { .serial = serial };
	struct birth *birth = g_new(struct birth, 1);

	message.date = arrival_date(made->mime);
	birth->subject = g_strdup(made->mime->subject);
	birth->root = g_strdup(made->root);
	birth->date = message.date == INT64_MAX ? 0 : message.date;
	(void)g_hash_table_insert(filing->births,
				  g_memdup2(&serial, sizeof(serial)), birth);
	if (state_thread_anchored(filing->state, serial, &message.thread, err) <
		    0 ||
	    learn_keys(filing, made->mime, keys, err) < 0)
		return -1;
	threading_add(filing->threading, &message,
		      (const int64_t *)(const void *)keys->data, keys->len);
	return 0;
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

	if (thread_message(filing, made, entry->serial, err) < 0)
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

void filing_touch(struct filing *filing, int64_t thread)
{
	(void)g_hash_table_add(filing->touched,
			       g_memdup2(&thread, sizeof(thread)));
}

int filing_note_touched(struct filing *filing, struct err *err)
{
	GHashTableIter it;
	gpointer thread;

	if (state_touched_clear(filing->state, err) < 0)
		return -1;
	g_hash_table_iter_init(&it, filing->touched);
	while (g_hash_table_iter_next(&it, &thread, NULL))
		if (state_touched_add(filing->state, *(int64_t *)thread, err) <
		    0)
			return -1;
	return 0;
}

int filing_touch_noted(struct filing *filing, struct err *err)
{
	AUTO(array) GArray *threads = NULL;

	if (state_touched_list(filing->state, &threads, err) < 0)
		return -1;
	for (guint i = 0; i < threads->len; i++)
		filing_touch(filing, g_array_index(threads, int64_t, i));
	return 0;
}

/* A row in state.db for a component that has none, named after its earliest
 * message. */
static int found_thread(struct filing *filing,
			const struct threading_component *component,
			int64_t *thread_r, struct err *err)
{
	const struct birth *birth =
		g_hash_table_lookup(filing->births, &component->first);

	for (unsigned digits = THREAD_DIGITS; digits <= THREAD_DIGITS_MAX;
	     digits += 2) {
		AUTO(str)
		char *name = name_thread(birth->date, birth->subject,
					 birth->root, digits);
		struct state_thread thread;
		int found =
			state_thread_find(filing->state, name, &thread, err);

		if (found < 0)
			return -1;
		if (found == 0)
			return state_thread_add(filing->state, name,
						component->first, thread_r,
						err);
	}
	return err_set(err, EEXIST, "no name is left for a thread");
}

static int place_component(struct filing *filing,
			   const struct threading_component *component,
			   int64_t seq, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;
	int64_t thread;

	if (component->threads->len > 0)
		thread = g_array_index(component->threads, int64_t, 0);
	else if (found_thread(filing, component, &thread, err) < 0)
		return -1;
	if (index_touch_thread(filing->write, thread, seq, now, err) < 0)
		return -1;
	for (guint i = 1; i < component->threads->len; i++) {
		int64_t other = g_array_index(component->threads, int64_t, i);

		if (other == thread ||
		    other == g_array_index(component->threads, int64_t, i - 1))
			continue;
		if (index_touch_thread(filing->write, other, seq, now, err) <
			    0 ||
		    index_join(filing->write, other, thread, seq, err) < 0)
			return -1;
	}
	for (guint i = 0; i < component->messages->len; i++)
		if (index_place(filing->write,
				g_array_index(component->messages, int64_t, i),
				thread, seq, err) < 0)
			return -1;
	for (guint i = 0; i < component->keys->len; i++)
		if (index_add_msgid(filing->write,
				    g_array_index(component->keys, int64_t, i),
				    thread, err) < 0)
			return -1;
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
	if (state_set(filing->state, STATE_TOUCHED, seq, err) < 0)
		return -1;
	g_hash_table_iter_init(&it, filing->touched);
	while (g_hash_table_iter_next(&it, &key, NULL)) {
		int64_t thread = *(int64_t *)key;

		if (index_touch_thread(filing->write, thread, seq, now, err) <
			    0 ||
		    count_live(filing, thread, err) < 0)
			return -1;
	}
	return 0;
}

int filing_settle(struct filing *filing, int64_t seq, struct err *err)
{
	const GPtrArray *components;
	int more;

	while ((more = finish_job(filing, err)) > 0)
		;
	if (more < 0)
		return -1;
	components = threading_components(filing->threading);
	for (guint i = 0; i < components->len; i++)
		if (place_component(filing, g_ptr_array_index(components, i),
				    seq, err) < 0)
			return -1;
	return touch_others(filing, seq, err);
}

int filing_place_of(struct filing *filing, int64_t message, int64_t *thread_r,
		    struct err *err)
{
	return index_place_of(filing->write, message, thread_r, err);
}

int filing_recount(struct filing *filing, int64_t seq, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;

	return index_recount(filing->write, seq, now, err);
}

int filing_end(struct filing *filing, int64_t seq, struct err *err)
{
	int64_t batch;

	if (state_batch_id(filing->state, seq, &batch, err) < 0)
		return -1;
	return index_write_end(filing->write, seq, batch, err);
}
