/* SPDX-License-Identifier: ISC */
/* A decision is a line in the `links` of a strand of mine, a row of state.db
 * beside it, and a note to the batch which threads are to be looked at anew
 * (filing-links.c). What a line names outlives directories: a thread goes by
 * its root, the first msgid that counts in its earliest-dated message.
 *
 * `join` lines of one strand name all the roots that are one, its own among
 * them: a strand founded for a decision alone says nowhere else whose it is.
 *
 * Deciding otherwise takes back: a split drops the joins and the move of its
 * message, a move the one before. A split stays when its thread is joined
 * again; the join ties the two roots. */
#include "defms/links.h"

#include <errno.h>
#include <string.h>

#include "index-write.h"
#include "link-set.h"
#include "links-parts.h"

/* -- threads --------------------------------------------------------------- */

/* The thread it is part of by now. ENOENT. */
static int resolve(struct index *index, int64_t *thread, struct err *err)
{
	struct index_thread row;
	int found = index_thread_get(index, *thread, &row, err);

	if (found == 0)
		return err_set(err, ENOENT, "no such thread");
	if (found > 0 && row.joined != 0)
		*thread = row.joined;
	return found < 0 ? -1 : 0;
}

static bool is_earlier(const struct index_home *home,
		       const struct index_home *other)
{
	if (home->has_date != other->has_date)
		return home->has_date;
	return home->date < other->date;
}

static const struct index_home *earliest(const GArray *homes)
{
	const struct index_home *first =
		&g_array_index(homes, struct index_home, 0);

	for (guint i = 1; i < homes->len; i++) {
		const struct index_home *home =
			&g_array_index(homes, struct index_home, i);

		if (is_earlier(home, first))
			first = home;
	}
	return first;
}

/* Its own msgid; without one its hash. Caller frees. */
char *links_own_root(const struct index_home *home)
{
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(&home->hash, hex);
	return g_strdup(home->msgid[0] ? home->msgid : hex);
}

/* The first msgid that counts in a message: none before one that is split. */
static int counted_root(struct index *index, const struct index_home *home,
			char **root_r, struct err *err)
{
	g_auto(GStrv) references = g_strsplit(home->references, " ", -1);
	AUTO(str) char *own = links_own_root(home);
	const char *root = own;
	int split = index_split_has(index, index_msgid_key(index, own), err);

	if (split < 0)
		return -1;
	for (guint i = g_strv_length(references); !split && i > 0; i--) {
		if (!references[i - 1][0])
			continue;
		root = references[i - 1];
		split = index_split_has(index, index_msgid_key(index, root),
					err);
		if (split < 0)
			return -1;
	}
	*root_r = g_strdup(root);
	return 0;
}

/* Is `row` the first of the messages that go by `root`, which is none here? */
static int is_first_of(struct index *index, const GArray *homes,
		       const struct index_home *row, const char *root,
		       struct err *err)
{
	for (guint i = 0; i < homes->len; i++) {
		const struct index_home *home =
			&g_array_index(homes, struct index_home, i);
		AUTO(str) char *own = links_own_root(home);
		AUTO(str) char *other = NULL;

		if (strcmp(own, root) == 0)
			return 0;
		if (!is_earlier(home, row))
			continue;
		if (counted_root(index, home, &other, err) < 0)
			return -1;
		if (strcmp(other, root) == 0)
			return 0;
	}
	return 1;
}

int links_drop_joins_of(struct batch *batch, const GArray *homes,
			const struct index_home *row, struct err *err)
{
	struct index *index = reader_index(batch_reader(batch), err);
	AUTO(str) char *root = NULL, *line = NULL;
	int found;

	if (!index || counted_root(index, row, &root, err) < 0)
		return -1;
	line = link_print_join(root);
	found = state_link_has(batch_state(batch), line, err);
	if (found > 0)
		found = is_first_of(index, homes, row, root, err);
	return found > 0 ? links_drop_joins(batch, root, err) : found;
}

/* ENOENT for a thread to which no message belongs. */
static int root_of_thread(struct index *index, int64_t thread, char **root_r,
			  struct err *err)
{
	AUTO(array) GArray *homes = NULL;

	if (index_home_list(index, thread, &homes, err) < 0)
		return -1;
	if (homes->len == 0)
		return err_set(err, ENOENT, "no message belongs to the thread");
	return counted_root(index, earliest(homes), root_r, err);
}

int links_join(struct batch *batch, int64_t thread, int64_t other,
	       struct err *err)
{
	struct index *index = reader_index(batch_reader(batch), err);
	AUTO(str) char *younger_root = NULL, *younger_line = NULL;
	AUTO(str) char *elder_root = NULL;
	AUTO(str) char *elder_line = NULL;
	struct batch_strand *strand;
	int64_t elder, younger;
	int added;

	if (!index || resolve(index, &thread, err) < 0 ||
	    resolve(index, &other, err) < 0)
		return -1;
	if (thread == other)
		return 0;
	elder = MIN(thread, other);
	younger = MAX(thread, other);
	if (root_of_thread(index, younger, &younger_root, err) < 0 ||
	    root_of_thread(index, elder, &elder_root, err) < 0 ||
	    links_strand(batch, younger_root, &strand, err) < 0)
		return -1;
	younger_line = link_print_join(younger_root);
	elder_line = link_print_join(elder_root);
	if (links_add(batch, strand, younger_line, err) < 0)
		return -1;
	added = links_add(batch, strand, elder_line, err);
	filing_part(batch_filing(batch), elder);
	filing_part(batch_filing(batch), younger);
	return added;
}

/* -- closing --------------------------------------------------------------- */

int links_close(struct batch *batch, int64_t thread, int64_t strand,
		struct err *err)
{
	struct index *index = reader_index(batch_reader(batch), err);
	struct state *state = batch_state(batch);
	AUTO(str) char *root = NULL, *line = NULL;
	struct batch_strand *lines;
	struct state_strand row;
	int found = index ? state_strand_get(state, strand, &row, err) : -1;

	if (found == 0)
		return err_set(err, ENOENT, "no such strand");
	if (found < 0 || resolve(index, &thread, err) < 0 ||
	    root_of_thread(index, thread, &root, err) < 0)
		return -1;
	line = link_print_closed(&row.id);
	found = state_link_has(state, line, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (links_strand(batch, root, &lines, err) < 0)
		return -1;
	filing_touch(batch_filing(batch), thread);
	return links_add(batch, lines, line, err);
}

/* -- moving ---------------------------------------------------------------- */

/* What the index has of a message, as of one that belongs to a thread. */
int links_find(struct index *index, int64_t message, int64_t *home_r,
	       GArray **homes_r, const struct index_home **row_r,
	       struct err *err)
{
	int found = index_home_of(index, message, home_r, err);

	if (found == 0)
		return err_set(err, ENOENT, "no such message");
	if (found < 0 || index_home_list(index, *home_r, homes_r, err) < 0)
		return -1;
	for (guint i = 0; i < (*homes_r)->len; i++) {
		*row_r = &g_array_index(*homes_r, struct index_home, i);
		if ((*row_r)->serial == message)
			return 0;
	}
	return err_set(err, ENOENT, "no such message");
}

int links_move(struct batch *batch, int64_t message, int64_t thread,
	       struct err *err)
{
	struct index *index = reader_index(batch_reader(batch), err);
	AUTO(array) GArray *homes = NULL;
	AUTO(str) char *target = NULL, *line = NULL;
	AUTO(str) char *root = NULL;
	const struct index_home *row;
	struct batch_strand *strand;
	int64_t home, place;
	int dropped;

	if (!index || resolve(index, &thread, err) < 0 ||
	    links_find(index, message, &home, &homes, &row, err) < 0 ||
	    index_place_of(index, message, &place, err) < 0)
		return -1;
	if (thread == place && thread != home)
		return 0;
	dropped = links_drop_moves(batch, &row->hash, err);
	if (dropped < 0)
		return -1;
	filing_replace(batch_filing(batch), message);
	filing_touch(batch_filing(batch), home);
	filing_touch(batch_filing(batch), place);
	if (thread == home)
		return dropped;
	filing_touch(batch_filing(batch), thread);
	root = index_home_root(row);
	if (root_of_thread(index, thread, &target, err) < 0 ||
	    links_strand(batch, root, &strand, err) < 0)
		return -1;
	line = link_print_move(&row->hash, target);
	return links_add(batch, strand, line, err) < 0 ? -1 : 1;
}
