/* SPDX-License-Identifier: ISC */
/* The owner's decisions, obeyed in a batch. Threads that one of them may
 * loosen (those it was made about; that of a msgid whose message, decided
 * about before it was here, has come now) are parted: all that belongs to them
 * goes through the threading again, as if it came. A thread keeps its name for
 * the component of its anchor.
 *
 * Nothing of this is done where nothing was ever decided. What it costs grows
 * with those threads, and with the decisions, not with the mailbox. */
#include "filing-parts.h"
#include "index-write.h"

#include <errno.h>
#include <string.h>

static void add_number(GHashTable *set, int64_t number)
{
	(void)g_hash_table_add(set, g_memdup2(&number, sizeof(number)));
}

void filing_part(struct filing *filing, int64_t thread)
{
	add_number(filing->parted, thread);
	filing_touch(filing, thread);
}

int filing_erase(struct filing *filing, int64_t message, struct err *err)
{
	int64_t home, place;
	int found = index_home_of(filing->read, message, &home, err);

	if (found > 0)
		found = index_place_of(filing->read, message, &place, err);
	if (found <= 0)
		return found;
	add_number(filing->erased, message);
	filing_part(filing, home);
	filing_recount_thread(filing, place);
	return 0;
}

void filing_replace(struct filing *filing, int64_t message)
{
	add_number(filing->replaced, message);
}

void filing_relinked(struct filing *filing, int64_t strand)
{
	add_number(filing->relinked, strand);
}

void filing_relink_all(struct filing *filing)
{
	filing->relink_all = true;
}

int filing_forget(struct filing *filing, const char *root, struct err *err)
{
	int64_t key;

	return filing_learn_key(filing, root, &key, err);
}

void filing_recount_thread(struct filing *filing, int64_t thread)
{
	filing_touch(filing, thread);
	add_number(filing->dated, thread);
}

/* -- before ---------------------------------------------------------------- */

static int forget_erased(struct filing *filing, struct err *err)
{
	GHashTableIter it;
	gpointer message;

	if (g_hash_table_size(filing->erased) == 0)
		return 0;
	g_hash_table_iter_init(&it, filing->erased);
	while (g_hash_table_iter_next(&it, &message, NULL))
		if (index_forget(filing->write, *(int64_t *)message, err) < 0)
			return -1;
	return index_forget_mentions(filing->write, err);
}

/* Does a line say that the message begins a thread? */
static int is_split(struct filing *filing, const struct message_id *hash,
		    struct err *err)
{
	AUTO(str) char *line = link_print_split(hash);

	return state_link_has(filing->state, line, err);
}

/* The root a message is moved to, of several the greatest. Caller frees. */
static int find_move(struct filing *filing, const struct message_id *hash,
		     char **root_r, struct err *err)
{
	AUTO(str) char *start = link_print_move(hash, "");
	AUTO(array) GArray *strands = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;
	struct link link;

	if (state_link_strands(filing->state, start, &strands, &lines, err) < 0)
		return -1;
	for (guint i = lines->len; i > 0; i--)
		if (link_parse(g_ptr_array_index(lines, i - 1), &link)) {
			*root_r = g_strdup(link.root);
			return 1;
		}
	return 0;
}

/* Of messages that came: what was decided about them before. */
static int obey_arrivals(struct filing *filing, struct err *err)
{
	GHashTableIter it;
	gpointer serial, data;

	g_hash_table_iter_init(&it, filing->births);
	while (g_hash_table_iter_next(&it, &serial, &data)) {
		const struct birth *birth = data;
		int64_t thread;
		int found = is_split(filing, &birth->hash, err);

		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		found = index_msgid_thread(filing->read, birth->key, &thread,
					   err);
		if (found < 0 ||
		    index_split_put(filing->write, *(int64_t *)serial,
				    birth->key, err) < 0)
			return -1;
		if (found > 0)
			add_number(filing->parted, thread);
	}
	return 0;
}

/* Add a message of a thread that is parted. */
static int add_again(struct filing *filing, const struct index_home *home,
		     struct err *err)
{
	const struct birth *birth;
	int split;

	if (g_hash_table_contains(filing->erased, &home->serial))
		return filing_thread_erased(filing, home, err);
	split = is_split(filing, &home->hash, err);
	if (split < 0 || filing_thread_again(filing, home, err) < 0)
		return -1;
	birth = g_hash_table_lookup(filing->births, &home->serial);
	if (split)
		return index_split_put(filing->write, home->serial, birth->key,
				       err);
	return index_split_drop(filing->write, home->serial, err);
}

/* Take a thread apart, and those joined to it. */
static int part_thread(struct filing *filing, int64_t thread, struct err *err)
{
	AUTO(array) GArray *family = NULL;
	AUTO(array) GArray *homes = NULL;

	if (index_family(filing->read, thread, &family, err) < 0 ||
	    index_home_list(filing->read, thread, &homes, err) < 0 ||
	    index_unjoin(filing->write, thread, err) < 0)
		return -1;
	threading_part(filing->threading, thread);
	filing_recount_thread(filing, thread);
	for (guint i = 0; i < family->len; i++)
		filing_recount_thread(filing,
				      g_array_index(family, int64_t, i));
	for (guint i = 0; i < homes->len; i++)
		if (add_again(filing,
			      &g_array_index(homes, struct index_home, i),
			      err) < 0)
			return -1;
	return 0;
}

static int part_threads(struct filing *filing, struct err *err)
{
	GHashTableIter it;
	gpointer data;

	g_hash_table_iter_init(&it, filing->parted);
	while (g_hash_table_iter_next(&it, &data, NULL)) {
		struct index_thread thread;
		int found = index_thread_get(filing->read, *(int64_t *)data,
					     &thread, err);

		if (found < 0)
			return -1;
		/* What was noted may be new, or joined since. */
		if (found > 0 && thread.joined == 0 &&
		    part_thread(filing, thread.serial, err) < 0)
			return -1;
	}
	return 0;
}

static int obey_splits(struct filing *filing, struct err *err)
{
	AUTO(array) GArray *keys = threading_keys(filing->threading, 0);
	AUTO(array) GArray *pairs = NULL;

	if (index_relations(filing->write, INDEX_SPLITS, keys, &pairs, err) < 0)
		return -1;
	for (guint i = 0; i < pairs->len; i++) {
		int64_t key = g_array_index(pairs, struct index_pair, i).key;

		if (threading_has(filing->threading, key))
			threading_split(filing->threading, key);
	}
	return 0;
}

/* The roots that the lines of one strand join; to be kept in the index too if
 * `put`. */
static int join_roots(struct filing *filing, int64_t strand, bool put,
		      struct err *err)
{
	AUTO(ptrs) GPtrArray *lines = NULL;
	int64_t first = 0, key;
	struct link link;

	if (state_link_of(filing->state, strand, &lines, err) < 0)
		return -1;
	for (guint i = 0; i < lines->len; i++) {
		if (!link_parse(g_ptr_array_index(lines, i), &link) ||
		    link.kind != LINK_JOIN)
			continue;
		if (put) {
			key = index_msgid_key(filing->read, link.root);
			if (index_join_put(filing->write, strand, key, err) < 0)
				return -1;
			continue;
		}
		if (filing_learn_key(filing, link.root, &key, err) < 0)
			return -1;
		if (first == 0)
			first = key;
		threading_join(filing->threading, first, key);
	}
	return 0;
}

/* Bring the index up to the lines. */
static int relink(struct filing *filing, struct err *err)
{
	AUTO(array) GArray *strands = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;
	GHashTableIter it;
	gpointer strand;

	if (filing->relink_all) {
		if (state_link_list(filing->state, &strands, &lines, err) < 0)
			return -1;
		for (guint i = 0; i < strands->len; i++)
			filing_relinked(filing,
					g_array_index(strands, int64_t, i));
	}
	g_hash_table_iter_init(&it, filing->relinked);
	while (g_hash_table_iter_next(&it, &strand, NULL))
		if (index_join_drop(filing->write, *(int64_t *)strand, err) <
			    0 ||
		    join_roots(filing, *(int64_t *)strand, true, err) < 0)
			return -1;
	return 0;
}

/* Joins of what is known; what they make known may be joined too. */
static int obey_joins(struct filing *filing, struct err *err)
{
	AUTO(table)
	GHashTable *done = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	AUTO(array) GArray *keys = threading_keys(filing->threading, 0);
	guint known = keys->len;

	while (keys->len > 0) {
		AUTO(array) GArray *pairs = NULL;

		if (index_relations(filing->write, INDEX_JOINS, keys, &pairs,
				    err) < 0)
			return -1;
		for (guint i = 0; i < pairs->len; i++) {
			const struct index_pair *pair =
				&g_array_index(pairs, struct index_pair, i);

			if (!threading_has(filing->threading, pair->key) ||
			    !g_hash_table_add(done,
					      g_memdup2(&pair->about,
							sizeof(pair->about))))
				continue;
			if (join_roots(filing, pair->about, false, err) < 0)
				return -1;
		}
		g_array_unref(keys);
		keys = threading_keys(filing->threading, known);
		known += keys->len;
	}
	return 0;
}

int filing_obey(struct filing *filing, struct err *err)
{
	int any = state_link_any(filing->state, err);

	if (any < 0)
		return -1;
	filing->linked = any || filing->relink_all ||
			 g_hash_table_size(filing->replaced) > 0 ||
			 g_hash_table_size(filing->relinked) > 0 ||
			 g_hash_table_size(filing->parted) > 0;
	if (!filing->linked)
		return 0;
	if (relink(filing, err) < 0 || forget_erased(filing, err) < 0 ||
	    obey_arrivals(filing, err) < 0 || part_threads(filing, err) < 0 ||
	    obey_joins(filing, err) < 0)
		return -1;
	return obey_splits(filing, err);
}

/* -- moved messages -------------------------------------------------------- */

int filing_obey_message(struct filing *filing, int64_t message,
			const struct birth *birth, int64_t home,
			struct err *err)
{
	AUTO(str) char *root = NULL;
	int found = 0;

	if (filing->linked)
		found = find_move(filing, &birth->hash, &root, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return birth->is_here
			       ? index_moved_drop(filing->write, message, err)
			       : 0;
	add_number(filing->replaced, message);
	return index_moved_put(filing->write, message, home,
			       index_msgid_key(filing->read, root), err) < 0
		       ? -1
		       : 1;
}

/* Show a message in `thread`. */
static int show_in(struct filing *filing, int64_t message, int64_t thread,
		   int64_t seq, struct err *err)
{
	int64_t place;
	int found = index_place_of(filing->write, message, &place, err);

	if (found <= 0 || thread == place)
		return MIN(found, 0);
	filing_recount_thread(filing, place);
	filing_recount_thread(filing, thread);
	return index_place_again(filing->write, message, thread, seq, err);
}

/* A decision about a message of a thread that is not parted. */
static int obey_again(struct filing *filing, int64_t message, int64_t seq,
		      struct err *err)
{
	AUTO(str) char *root = NULL;
	struct state_message row;
	int64_t home;
	int found = state_message_get(filing->state, message, &row, err);

	if (found > 0)
		found = index_home_of(filing->write, message, &home, err);
	if (found <= 0)
		return found;
	found = find_move(filing, &row.hash, &root, err);
	if (found < 0)
		return -1;
	if (found > 0)
		return index_moved_put(filing->write, message, home,
				       index_msgid_key(filing->read, root),
				       err);
	if (show_in(filing, message, home, seq, err) < 0)
		return -1;
	return index_moved_drop(filing->write, message, err);
}

/* A moved message goes where its msgid is; home, if that is nowhere. */
static int place_moved(struct filing *filing, int64_t message, int64_t seq,
		       struct err *err)
{
	int64_t thread, root, target;
	int found =
		index_moved_get(filing->write, message, &thread, &root, err);

	if (found <= 0)
		return found;
	found = index_msgid_thread(filing->write, root, &target, err);
	if (found < 0)
		return -1;
	return show_in(filing, message, found ? target : thread, seq, err);
}

/* Messages that are moved to where a msgid belongs that was looked at. */
static int add_followers(struct filing *filing, struct err *err)
{
	AUTO(array) GArray *keys = threading_keys(filing->threading, 0);
	AUTO(array) GArray *pairs = NULL;

	if (index_relations(filing->write, INDEX_MOVED, keys, &pairs, err) < 0)
		return -1;
	for (guint i = 0; i < pairs->len; i++) {
		const struct index_pair *pair =
			&g_array_index(pairs, struct index_pair, i);

		if (threading_has(filing->threading, pair->key))
			add_number(filing->replaced, pair->about);
	}
	return 0;
}

int filing_place_moved(struct filing *filing, int64_t seq, struct err *err)
{
	GHashTableIter it;
	gpointer message;

	if (!filing->linked)
		return 0;
	g_hash_table_iter_init(&it, filing->replaced);
	while (g_hash_table_iter_next(&it, &message, NULL))
		if (!g_hash_table_contains(filing->births, message) &&
		    obey_again(filing, *(int64_t *)message, seq, err) < 0)
			return -1;
	if (add_followers(filing, err) < 0)
		return -1;
	g_hash_table_iter_init(&it, filing->replaced);
	while (g_hash_table_iter_next(&it, &message, NULL))
		if (place_moved(filing, *(int64_t *)message, seq, err) < 0)
			return -1;
	return 0;
}
