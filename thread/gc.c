/* SPDX-License-Identifier: ISC */
/* Joining packs. A batch leaves one pack; once there are many small ones, they
 * become one. Which ones: sorted by size, the smallest so that each of those
 * that stay is at least twice what is below it (git-repack(1), --geometric).
 * So a byte is copied a logarithmic number of times, and the big pack rarely.
 *
 *	the new pack is durable, .keep beside it	else garbage
 *	state.db: it is needed, the old are joined	the commit point
 *	its .keep goes; the old ones stay for an hour	for readers
 *	their files go, then their rows
 *
 * Whoever holds the lock may be killed after each of these. */
#include "defms/io.h"
#include "defms/ref.h"
#include "gc-parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/state-batch.h"
#include "mailbox-parts.h"
#include "pack-file.h"
#include "store-pack.h"

enum {
	PACKS_MAX = 50,
	HOUR = 3600,
	/* Of those that were joined; with more they stay for a shorter time, as
	 * each is mapped by who reads, and what can be is limited. */
	JOINED_MAX = 20000,
	TEN_MINUTES = 600,
	/* Of those that go with a batch, which waits for each: so many that
	 * fewer are left each time, no more. */
	DROPS = 20,
	FACTOR = 2,
	NUMBER_BITS = 16, /* of an index's number that count reindexings */
};
static const uint64_t small_max = 8 << 20;

struct sized {
	char name[64];
	uint64_t size;
};

static int by_size(gconstpointer a, gconstpointer b)
{
	const struct sized *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The packs that are needed, up to `most` bytes, smallest first. */
static int list_packs(struct mailbox *mailbox, struct state *state,
		      uint64_t most, GArray **packs_r, struct err *err)
{
	AUTO(array)
	GArray *packs = g_array_new(FALSE, FALSE, sizeof(struct sized));
	AUTO(array) GArray *rows = NULL;

	if (state_pack_list(state, &rows, err) < 0)
		return -1;
	for (guint i = 0; i < rows->len; i++) {
		const struct state_pack *row =
			&g_array_index(rows, struct state_pack, i);
		struct sized pack;

		if (row->joined != 0 ||
		    !pack_has_file(mailbox_store(mailbox), row->name, ".pack",
				   &pack.size) ||
		    pack.size > most)
			continue;
		memcpy(pack.name, row->name, sizeof(pack.name));
		(void)g_array_append_val(packs, pack);
	}
	g_array_sort(packs, by_size);
	*packs_r = take(packs);
	return 0;
}

static uint64_t size_at(const GArray *packs, guint i)
{
	return g_array_index(packs, struct sized, i).size;
}

/* How many of them, from the smallest on, are to be joined: 0, or 2 and more.
 */
static guint choose(const GArray *packs)
{
	uint64_t total = 0;
	guint split = 0;

	for (guint i = 1; i < packs->len; i++)
		if (size_at(packs, i) < FACTOR * size_at(packs, i - 1))
			split = i + 1;
	for (guint i = 0; i < split; i++)
		total += size_at(packs, i);
	while (split > 0 && split < packs->len &&
	       size_at(packs, split) < FACTOR * total)
		total += size_at(packs, split++);
	return split;
}

/* The first `count` of `packs` that are whole: copying damage would spread it.
 */
static GPtrArray *whole_ones(struct store *store, const GArray *packs,
			     guint count, size_t *skipped)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < count; i++) {
		const struct sized *pack =
			&g_array_index(packs, struct sized, i);
		AUTO(pack_file) struct pack_file *file = NULL;

		if (pack_file_open(store, pack->name, &file, NULL) < 0 ||
		    pack_file_verify(file, NULL) < 0)
			++*skipped;
		else
			g_ptr_array_add(names, g_strdup(pack->name));
	}
	return names;
}

/* In one transaction: `name` (NULL: nothing) holds what they held. */
static int record(struct state *state, const struct gc_join *join,
		  const char *name, struct err *err)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	for (guint i = 0; i < join->names->len; i++)
		if (state_pack_join(state, g_ptr_array_index(join->names, i),
				    now, err) < 0)
			return -1;
	if (join->swept && state_set(state, STATE_ERASED, 0, err) < 0)
		return -1;
	/* Last: it may be one of them, if they held nothing else. */
	return name ? state_pack_add(state, name, err) : 0;
}

int gc_join(struct mailbox *mailbox, struct state *state,
	    const struct gc_join *join, struct err *err)
{
	struct store *store = mailbox_store(mailbox);
	AUTO(str) char *name = NULL;

	if (pack_join(store, join->names, join->reached, &name, err) < 0)
		return -1;
	crash_point("gc: packs joined, before the commit point");
	if (state_begin(state, true, err) < 0)
		return -1;
	if (record(state, join, name, err) < 0) {
		state_rollback(state);
		return -1;
	}
	if (state_commit(state, err) < 0)
		return -1;
	crash_point("gc: after the commit point, before .keep goes");
	if (name && pack_release(store, name, err) < 0)
		return -1;
	crash_point("gc: .keep gone");
	return store_refresh(store, err);
}

/* Join of the packs up to `most` bytes, if there are at least `least`. */
static int join_packs(struct mailbox *mailbox, struct state *state,
		      uint64_t most, guint least, struct gc_report *report,
		      struct err *err)
{
	AUTO(array) GArray *packs = NULL;
	AUTO(ptrs) GPtrArray *names = NULL;
	struct gc_join join = { 0 };

	if (list_packs(mailbox, state, most, &packs, err) < 0)
		return -1;
	if (packs->len < least)
		return 0;
	names = whole_ones(mailbox_store(mailbox), packs, choose(packs),
			   &report->skipped);
	if (names->len < 2)
		return 0;
	join.names = names;
	if (gc_join(mailbox, state, &join, err) < 0)
		return -1;
	report->joined = names->len;
	return 0;
}

/* Files first, so that no row is forgotten while one of them is there. */
static int drop_pack(struct mailbox *mailbox, struct state *state,
		     const char *name, struct err *err)
{
	crash_point("gc: before a joined pack goes");
	if (pack_remove(mailbox_store(mailbox), name, err) < 0)
		return -1;
	crash_point("gc: a joined pack is gone, before its row");
	if (state_begin(state, true, err) < 0)
		return -1;
	if (state_pack_drop(state, name, err) < 0) {
		state_rollback(state);
		return -1;
	}
	return state_commit(state, err);
}

/* For how long joined packs are kept, if `age` is what is wanted. */
static int64_t keep_for(const GArray *rows, int64_t age)
{
	guint joined = 0;

	for (guint i = 0; i < rows->len; i++)
		joined += g_array_index(rows, struct state_pack, i).joined != 0;
	return joined > JOINED_MAX ? MIN(age, TEN_MINUTES) : age;
}

/* Remove packs that were joined `age` seconds ago or before, up to `most`. */
static int drop_packs(struct mailbox *mailbox, struct state *state, int64_t age,
		      size_t most, struct gc_report *report, struct err *err)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	AUTO(array) GArray *rows = NULL;

	if (state_pack_list(state, &rows, err) < 0)
		return -1;
	age = keep_for(rows, age);
	for (guint i = 0; i < rows->len && report->dropped < most; i++) {
		const struct state_pack *row =
			&g_array_index(rows, struct state_pack, i);

		if (row->joined == 0 || row->joined > now - age)
			continue;
		if (drop_pack(mailbox, state, row->name, err) < 0)
			return -1;
		report->dropped++;
	}
	return 0;
}

void mailbox_gc_step(struct mailbox *mailbox, struct state *state)
{
	struct gc_report report = { 0 };
	int64_t count;

	if (state_pack_count(state, &count, NULL) < 0)
		return;
	if (count > PACKS_MAX)
		(void)join_packs(mailbox, state, small_max, PACKS_MAX + 1,
				 &report, NULL);
	(void)drop_packs(mailbox, state, HOUR, DROPS, &report, NULL);
}

/* The number in "index-<n>.db" and in the names of SQLite's files beside it. */
static bool parse_index_name(const char *name, int64_t *number_r)
{
	char *end;

	if (!g_str_has_prefix(name, "index-") ||
	    !g_ascii_isdigit(name[strlen("index-")]))
		return false;
	*number_r = g_ascii_strtoll(name + strlen("index-"), &end, 10);
	return g_str_has_prefix(end, ".db");
}

/* The upper bits of an index's number are drawn for this mailbox: others with
 * the same are its dead ones. */
static int drop_indexes(struct mailbox *mailbox, struct state *state,
			struct gc_report *report, struct err *err)
{
	AUTO(dir) DIR *dir = opendir(mailbox_cache(mailbox));
	const struct dirent *entry;
	int more;
	int64_t used, number;

	if (!dir)
		return err_sys(err, "%s", mailbox_cache(mailbox));
	if (state_get(state, "index", &used, err) < 0)
		return -1;
	while ((more = io_next_entry(dir, mailbox_cache(mailbox), &entry,
				     err)) > 0) {
		AUTO(str)
		char *path = g_build_filename(mailbox_cache(mailbox),
					      entry->d_name, NULL);

		if (!parse_index_name(entry->d_name, &number) ||
		    number == used ||
		    number >> NUMBER_BITS != used >> NUMBER_BITS)
			continue;
		if (unlink(path) == 0 && g_str_has_suffix(path, ".db"))
			report->indexes++;
	}
	return more;
}

static int pack_refs(struct mailbox *mailbox, struct state *state,
		     struct err *err)
{
	struct store *store = mailbox_store(mailbox);

	crash_point("gc: before refs are packed");
	if (store_pack_refs(store, err) < 0 || store_sync(store, err) < 0)
		return -1;
	crash_point("gc: refs packed, before the list is cleared");
	return mailbox_clear_moves(state, err);
}

static int collect(struct mailbox *mailbox, bool now, struct gc_report *report,
		   struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);
	AUTO(state) struct state *state = NULL;

	/* Another process may have written since this one looked. */
	mailbox_set_replayed(mailbox, 0);
	if (mailbox_replay(mailbox, err) < 0 ||
	    state_open(path, &state, err) < 0 ||
	    pack_refs(mailbox, state, err) < 0 ||
	    gc_sweep(mailbox, state, report, err) < 0 ||
	    join_packs(mailbox, state, UINT64_MAX, 2, report, err) < 0 ||
	    drop_packs(mailbox, state, now ? 0 : HOUR, SIZE_MAX, report, err) <
		    0)
		return -1;
	return drop_indexes(mailbox, state, report, err);
}

int mailbox_gc(struct mailbox *mailbox, bool now, int64_t before,
	       struct gc_report *report_r, struct err *err)
{
	int result;

	memset(report_r, 0, sizeof(*report_r));
	if (gc_erase(mailbox, before, report_r, err) < 0 ||
	    gc_leave(mailbox, report_r, err) < 0 ||
	    mailbox_lock(mailbox, err) < 0)
		return -1;
	result = collect(mailbox, now, report_r, err);
	mailbox_unlock(mailbox);
	return result;
}
