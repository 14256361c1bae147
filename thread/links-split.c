/* SPDX-License-Identifier: ISC */
/* A part of a thread leaves it. Which part, and which of both keeps the name,
 * is asked of the threading before the batch does it. */
#include <errno.h>
#include <string.h>

#include "defms/state-threads.h"
#include "index-write.h"
#include "link-set.h"
#include "links-parts.h"
#include "threading.h"

/* The message `row` of `home`, to which `homes` belong. */
struct leaving {
	int64_t home;
	const GArray *homes;          /* struct index_home; borrowed */
	const struct index_home *row; /* one of them */
	bool only_joined; /* a join is taken back, and that is all */
};

/* What becomes of a thread's messages, asked before it happens. */
struct outlook {
	struct threading *threading;            /* owned */
	const struct threading_component *part; /* that of the message */
	const struct threading_component *rest; /* the one that was there
						 * longest; NULL: none */
};

static int outlook_key(struct outlook *outlook, struct index *index,
		       const char *msgid, int64_t *key_r, struct err *err)
{
	int split = 0;

	*key_r = index_msgid_key(index, msgid);
	if (threading_has(outlook->threading, *key_r))
		return 0;
	threading_add_key(outlook->threading, *key_r, 0);
	split = index_split_has(index, *key_r, err);
	if (split > 0)
		threading_split(outlook->threading, *key_r);
	return split < 0 ? -1 : 0;
}

static int outlook_add(struct outlook *outlook, struct index *index,
		       const struct index_home *home, bool begins,
		       struct err *err)
{
	AUTO(array) GArray *keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_auto(GStrv) references = g_strsplit(home->references, " ", -1);
	AUTO(str) char *own = links_own_root(home);
	struct threading_message message = {
		.serial = home->serial,
		.date = home->has_date ? home->date : INT64_MAX,
		.hash = &home->hash,
	};
	int64_t key;

	for (char **at = references; *at; at++) {
		if (!(*at)[0])
			continue;
		if (outlook_key(outlook, index, *at, &key, err) < 0)
			return -1;
		(void)g_array_append_val(keys, key);
	}
	if (outlook_key(outlook, index, own, &key, err) < 0)
		return -1;
	(void)g_array_append_val(keys, key);
	if (begins)
		threading_split(outlook->threading, key);
	threading_add(outlook->threading, &message,
		      (const int64_t *)(const void *)keys->data, keys->len);
	return 0;
}

static int outlook_joins(struct outlook *outlook, struct state *state,
			 struct index *index, struct err *err)
{
	AUTO(link_set) struct link_set *set = NULL;

	if (link_set_load(state, &set, err) < 0)
		return -1;
	for (guint i = 0; i < set->joins->len; i++) {
		const GPtrArray *roots = g_ptr_array_index(set->joins, i);
		int64_t first = 0, key;

		for (guint j = 0; j < roots->len; j++) {
			if (outlook_key(outlook, index,
					g_ptr_array_index(roots, j), &key,
					err) < 0)
				return -1;
			if (j == 0)
				first = key;
			else
				threading_join(outlook->threading, first, key);
		}
	}
	return 0;
}

static bool holds(const struct threading_component *component, int64_t message)
{
	for (guint i = 0; i < component->messages->len; i++)
		if (g_array_index(component->messages, int64_t, i) == message)
			return true;
	return false;
}

/* The part with the thread's anchor is where it goes on; if that is in the part
 * which leaves, the first of the others. */
static void outlook_see(struct outlook *outlook, int64_t message,
			int64_t anchor)
{
	const GPtrArray *all = threading_components(outlook->threading);

	for (guint i = 0; i < all->len; i++) {
		const struct threading_component *component =
			g_ptr_array_index(all, i);

		if (holds(component, message))
			outlook->part = component;
		else if (!outlook->rest || holds(component, anchor))
			outlook->rest = component;
	}
}

/* The oldest thread but `home` that is anchored in it: 1/0/-1. */
static int find_anchored(struct state *state,
			 const struct threading_component *component,
			 int64_t home, int64_t *thread_r, struct err *err)
{
	*thread_r = 0;
	for (guint i = 0; i < component->messages->len; i++) {
		int64_t message =
			g_array_index(component->messages, int64_t, i);
		int64_t thread = 0;
		int found;

		while ((found = state_thread_anchored(state, message, thread,
						      &thread, err)) > 0)
			if (thread != home &&
			    (*thread_r == 0 || thread < *thread_r))
				*thread_r = thread;
		if (found < 0)
			return -1;
	}
	return *thread_r != 0;
}

/* The thread that the part is from now on: one anchored in it, or a new one. */
static int name_part(struct batch *batch, const struct outlook *outlook,
		     const struct leaving *leaving, int64_t *thread_r,
		     struct err *err)
{
	const struct index_home *row = leaving->row;
	struct state *state = batch_state(batch);
	AUTO(str) char *own = links_own_root(row);
	struct filing_birth birth = { row->serial, row->date, row->subject,
				      own };
	int found = find_anchored(state, outlook->part, leaving->home, thread_r,
				  err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	return filing_found_thread(state, &birth, thread_r, err);
}

/* The thread `home` stays with what does not leave, but where that was joined
 * to it and has a name of its own. */
static int leave(struct batch *batch, struct outlook *outlook,
		 const struct leaving *leaving, int64_t *thread_r,
		 struct err *err)
{
	struct state *state = batch_state(batch);
	int64_t home = leaving->home;
	struct state_thread thread;
	int64_t other;
	int found = state_thread_get(state, home, &thread, err);

	if (found <= 0)
		return found < 0 ? -1 : err_set(err, ENOENT, "no such thread");
	outlook_see(outlook, leaving->row->serial, thread.anchor);
	*thread_r = home;
	if (!outlook->rest)
		return 0;
	if (holds(outlook->part, thread.anchor)) {
		found = find_anchored(state, outlook->rest, home, &other, err);
		if (found != 0)
			return found;
		if (state_thread_anchor(state, home, outlook->rest->first,
					err) < 0)
			return -1;
	}
	return name_part(batch, outlook, leaving, thread_r, err) < 0 ? -1 : 1;
}

/* Does a split loosen anything? Its thread then. */
static int look_out(struct batch *batch, const struct leaving *leaving,
		    int64_t *thread_r, struct err *err)
{
	struct index *index = reader_index(batch_reader(batch), err);
	struct outlook outlook = { .threading = threading_new() };
	int result = index ? 0 : -1;

	for (guint i = 0; result == 0 && i < leaving->homes->len; i++) {
		const struct index_home *other =
			&g_array_index(leaving->homes, struct index_home, i);

		result = outlook_add(
			&outlook, index, other,
			other == leaving->row && !leaving->only_joined, err);
	}
	if (result == 0)
		result =
			outlook_joins(&outlook, batch_state(batch), index, err);
	if (result == 0)
		result = leave(batch, &outlook, leaving, thread_r, err);
	threading_free(outlook.threading);
	return result;
}

/* Its line; 1 added, 0 it is there, -1. */
static int add_split(struct batch *batch, const struct index_home *row,
		     struct err *err)
{
	AUTO(str) char *line = link_print_split(&row->hash);
	AUTO(str) char *root = index_home_root(row);
	struct batch_strand *strand;

	if (links_strand(batch, root, &strand, err) < 0)
		return -1;
	return links_add(batch, strand, line, err);
}

/* What was decided about it otherwise: 1 if anything was. */
static int take_back(struct batch *batch, struct leaving *leaving,
		     struct err *err)
{
	AUTO(str) char *own = links_own_root(leaving->row);
	int moved = links_drop_moves(batch, &leaving->row->hash, err);
	int joined = links_drop_joins(batch, own, err);

	if (moved < 0 || joined < 0)
		return -1;
	if (joined == 0) {
		joined = links_drop_joins_of(batch, leaving->homes,
					     leaving->row, err);
		leaving->only_joined = joined > 0;
	}
	return joined < 0 ? -1 : moved || joined;
}

static int split(struct batch *batch, struct leaving *leaving,
		 int64_t *thread_r, struct err *err)
{
	int dropped = take_back(batch, leaving, err);
	int loosens, added;

	if (dropped < 0)
		return -1;
	loosens = look_out(batch, leaving, thread_r, err);
	if (loosens < 0)
		return -1;
	filing_part(batch_filing(batch), leaving->home);
	if (!leaving->only_joined && (leaving->row->references[0] || loosens)) {
		added = add_split(batch, leaving->row, err);
		if (added != 0)
			return added;
	}
	if (!dropped)
		*thread_r = 0;
	return dropped;
}

int links_split(struct batch *batch, int64_t message, int64_t *thread_r,
		struct err *err)
{
	struct index *index = reader_index(batch_reader(batch), err);
	AUTO(array) GArray *homes = NULL;
	struct leaving leaving = { 0 };
	int64_t place;

	*thread_r = 0;
	if (!index ||
	    links_find(index, message, &leaving.home, &homes, &leaving.row,
		       err) < 0 ||
	    index_place_of(index, message, &place, err) < 0)
		return -1;
	leaving.homes = homes;
	filing_touch(batch_filing(batch), place);
	return split(batch, &leaving, thread_r, err);
}
