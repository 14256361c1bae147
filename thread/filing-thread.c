/* SPDX-License-Identifier: ISC */
/* Messages to threads, in a batch: their msgids as they come, then components,
 * then rows. */
#include "filing-parts.h"

#include <errno.h>
#include <string.h>

#include "defms/name.h"
#include "defms/state-threads.h"
#include "index-write.h"

enum { THREAD_DIGITS = 6, THREAD_DIGITS_MAX = 50 };

void filing_free_birth(gpointer data)
{
	struct birth *birth = data;

	g_free(birth->subject);
	g_free(birth->root);
	g_free(birth);
}

int filing_learn_key(struct filing *filing, const char *msgid, int64_t *key_r,
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
	*key_r = key;
	return 0;
}

static int learn_key(struct filing *filing, const char *msgid, GArray *keys,
		     struct err *err)
{
	int64_t key;

	if (filing_learn_key(filing, msgid, &key, err) < 0)
		return -1;
	(void)g_array_append_val(keys, key);
	return 0;
}

static int learn_own_key(struct filing *filing, const char *msgid,
			 const struct message_id *hash, GArray *keys,
			 struct err *err)
{
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(hash, hex);
	return learn_key(filing, msgid[0] ? msgid : hex, keys, err);
}

/* Its own comes last: a msgid that is split cuts off what stands before. */
static int learn_keys(struct filing *filing, const struct arrival_made *made,
		      GArray *keys, struct err *err)
{
	const struct mime *mime = made->mime;
	const GPtrArray *lists[] = { mime->references, mime->in_reply_to };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++)
			if (learn_key(filing, g_ptr_array_index(lists[i], j),
				      keys, err) < 0)
				return -1;
	return learn_own_key(filing, mime->msgid, &made->hash, keys, err);
}

static int add_message(struct filing *filing, int64_t serial, int64_t date,
		       const GArray *keys, struct err *err)
{
	const struct birth *birth =
		g_hash_table_lookup(filing->births, &serial);
	struct threading_message message = { .serial = serial,
					     .date = date,
					     .hash = &birth->hash };
	int64_t thread = 0;
	int found;

	threading_add(filing->threading, &message,
		      (const int64_t *)(const void *)keys->data, keys->len);
	while ((found = state_thread_anchored(filing->state, serial, thread,
					      &thread, err)) > 0)
		threading_add_anchor(filing->threading, thread);
	return found;
}

static void add_birth(struct filing *filing, int64_t serial,
		      const struct birth *birth)
{
	(void)g_hash_table_insert(filing->births,
				  g_memdup2(&serial, sizeof(serial)),
				  g_memdup2(birth, sizeof(*birth)));
}

int filing_thread(struct filing *filing, const struct arrival_made *made,
		  int64_t serial, struct err *err)
{
	AUTO(array) GArray *keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
	int64_t date = arrival_date(made->mime);
	struct birth birth = { .date = date == INT64_MAX ? 0 : date,
			       .hash = made->hash };

	if (learn_keys(filing, made, keys, err) < 0)
		return -1;
	birth.key = g_array_index(keys, int64_t, keys->len - 1);
	birth.subject = g_strdup(made->mime->subject);
	birth.root = g_strdup(made->root);
	add_birth(filing, serial, &birth);
	return add_message(filing, serial, date, keys, err);
}

static int learn_keys_again(struct filing *filing,
			    const struct index_home *home, GArray *keys,
			    struct err *err)
{
	g_auto(GStrv) references = g_strsplit(home->references, " ", -1);

	for (char **at = references; *at; at++)
		if ((*at)[0] && learn_key(filing, *at, keys, err) < 0)
			return -1;
	return learn_own_key(filing, home->msgid, &home->hash, keys, err);
}

int filing_thread_erased(struct filing *filing, const struct index_home *home,
			 struct err *err)
{
	AUTO(array) GArray *keys = g_array_new(FALSE, FALSE, sizeof(int64_t));

	return learn_keys_again(filing, home, keys, err);
}

int filing_thread_again(struct filing *filing, const struct index_home *home,
			struct err *err)
{
	AUTO(array) GArray *keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
	struct birth birth = { .date = home->date,
			       .hash = home->hash,
			       .is_here = true };

	if (g_hash_table_contains(filing->births, &home->serial))
		return 0;
	if (learn_keys_again(filing, home, keys, err) < 0)
		return -1;
	birth.key = g_array_index(keys, int64_t, keys->len - 1);
	birth.subject = g_strdup(home->subject);
	birth.root = index_home_root(home);
	add_birth(filing, home->serial, &birth);
	return add_message(filing, home->serial,
			   home->has_date ? home->date : INT64_MAX, keys, err);
}

/* -- placing --------------------------------------------------------------- */

int filing_found_thread(struct state *state, const struct filing_birth *birth,
			int64_t *thread_r, struct err *err)
{
	for (unsigned digits = THREAD_DIGITS; digits <= THREAD_DIGITS_MAX;
	     digits += 2) {
		AUTO(str)
		char *name = name_thread(birth->date, birth->subject,
					 birth->root, digits);
		struct state_thread thread;
		int found = state_thread_find(state, name, &thread, err);

		if (found < 0)
			return -1;
		if (found == 0)
			return state_thread_add(state, name, birth->anchor,
						thread_r, err);
	}
	return err_set(err, EEXIST, "no name is left for a thread");
}

/* A row in state.db for a component that has none, named after its eldest
 * message. */
static int found_thread(struct filing *filing,
			const struct threading_component *component,
			int64_t *thread_r, struct err *err)
{
	const struct birth *birth =
		g_hash_table_lookup(filing->births, &component->first);
	struct filing_birth named = { component->first, birth->date,
				      birth->subject, birth->root };

	return filing_found_thread(filing->state, &named, thread_r, err);
}

/* The threads of a component are one. */
static int join_threads(struct filing *filing,
			const struct threading_component *component,
			int64_t thread, int64_t seq, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;
	int64_t last = thread;

	for (guint i = 0; i < component->threads->len; i++) {
		int64_t other = g_array_index(component->threads, int64_t, i);

		if (other == last)
			continue;
		last = other;
		if (index_touch_thread(filing->write, other, seq, now, err) <
			    0 ||
		    index_join(filing->write, other, thread, seq, err) < 0)
			return -1;
	}
	return 0;
}

/* A message that was shown somewhere before. */
static int place_again(struct filing *filing, int64_t message, int64_t thread,
		       int64_t seq, struct err *err)
{
	int64_t place;
	int found = index_place_of(filing->write, message, &place, err);

	if (found <= 0 || place == thread)
		return found < 0 ? -1 : 0;
	filing_recount_thread(filing, place);
	return index_place_again(filing->write, message, thread, seq, err);
}

static int place_message(struct filing *filing, int64_t message, int64_t thread,
			 int64_t seq, struct err *err)
{
	const struct birth *birth =
		g_hash_table_lookup(filing->births, &message);
	int moved = filing_obey_message(filing, message, birth, thread, err);

	if (moved < 0)
		return -1;
	if (!birth->is_here)
		return index_place(filing->write, message, thread, seq, err);
	filing_recount_thread(filing, thread);
	return moved ? 0 : place_again(filing, message, thread, seq, err);
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
	if (index_touch_thread(filing->write, thread, seq, now, err) < 0 ||
	    join_threads(filing, component, thread, seq, err) < 0)
		return -1;
	for (guint i = 0; i < component->messages->len; i++)
		if (place_message(
			    filing,
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

int filing_place_all(struct filing *filing, int64_t seq, struct err *err)
{
	const GPtrArray *components = threading_components(filing->threading);
	const GArray *strays = threading_strays(filing->threading);

	for (guint i = 0; i < strays->len; i++)
		if (index_drop_msgid(filing->write,
				     g_array_index(strays, int64_t, i),
				     err) < 0)
			return -1;
	for (guint i = 0; i < components->len; i++)
		if (place_component(filing, g_ptr_array_index(components, i),
				    seq, err) < 0)
			return -1;
	return filing_place_moved(filing, seq, err);
}
