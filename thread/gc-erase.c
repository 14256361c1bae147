/* SPDX-License-Identifier: ISC */
/* Erasing what was removed long ago: batches like any other (batch.c), in which
 * each strand that loses messages begins its chain anew without them. Then
 * nothing reaches what they were; gc-sweep.c takes it out of the packs.
 *
 *	strand	a commit without a parent, of a tree without them
 *	state	copies and traces gone, the row without a strand, what the
 *		owner decided about them dropped, threads anchored at another
 *	index	rows gone, their threads looked at anew
 *
 * A batch that dies before its commit point erased nothing; after it, the next
 * writer finishes it. */
#include "gc-parts.h"

#include "batch-parts.h"
#include "defms/crash.h"
#include "defms/state-threads.h"
#include "links-parts.h"

struct erasing {
	struct batch *batch; /* borrowed, as is the next */
	struct index *index; /* as it was before the batch */
	GHashTable *erased;  /* owned: int64_t *, messages of this batch */
	struct gc_report *report;
};

/* -- anchors --------------------------------------------------------------- */

/* One that may be a thread's anchor. */
struct heir {
	int64_t serial, date;
	bool shown;
};

static bool is_better(const struct heir *heir, const struct heir *best)
{
	if (best->serial == 0 || heir->shown != best->shown)
		return best->serial == 0 || heir->shown;
	return heir->date < best->date;
}

/* Of those that stay in the thread the earliest; one that is shown, if there
 * is one. Serial 0: none. */
static int find_heir(struct erasing *erasing, int64_t thread, struct heir *best,
		     struct err *err)
{
	AUTO(array) GArray *homes = NULL;

	if (index_home_list(erasing->index, thread, &homes, err) < 0)
		return -1;
	for (guint i = 0; i < homes->len; i++) {
		const struct index_home *home =
			&g_array_index(homes, struct index_home, i);
		struct heir heir = {
			.serial = home->serial,
			.date = home->has_date ? home->date : INT64_MAX,
		};
		struct state_message row = { 0 };

		if (g_hash_table_contains(erasing->erased, &home->serial))
			continue;
		if (state_message_get(batch_state(erasing->batch), home->serial,
				      &row, err) < 0)
			return -1;
		heir.shown = row.removed == 0;
		if (is_better(&heir, best))
			*best = heir;
	}
	return 0;
}

/* A thread whose anchor is erased keeps its name for what stays. */
static int pass_on(struct erasing *erasing, int64_t message, struct err *err)
{
	struct state *state = batch_state(erasing->batch);
	struct heir heir = { 0 };
	int64_t thread = 0, home;
	int found = state_thread_anchored(state, message, 0, &thread, err);

	if (found > 0)
		found = index_home_of(erasing->index, message, &home, err);
	if (found <= 0)
		return found;
	if (find_heir(erasing, home, &heir, err) < 0)
		return -1;
	while (found > 0 && heir.serial != 0) {
		if (state_thread_anchor(state, thread, heir.serial, err) < 0)
			return -1;
		found = state_thread_anchored(state, message, thread, &thread,
					      err);
	}
	return MIN(found, 0);
}

static int pass_on_all(struct erasing *erasing, struct err *err)
{
	GHashTableIter it;
	gpointer message;

	g_hash_table_iter_init(&it, erasing->erased);
	while (g_hash_table_iter_next(&it, &message, NULL))
		if (pass_on(erasing, *(int64_t *)message, err) < 0)
			return -1;
	return 0;
}

/* -- strands --------------------------------------------------------------- */

/* What state.db and the index say of it. */
static int erase_message(struct erasing *erasing,
			 const struct state_message *row, struct err *err)
{
	struct batch *batch = erasing->batch;

	if (links_drop_moves(batch, &row->hash, err) < 0 ||
	    links_drop_split(batch, &row->hash, err) < 0 ||
	    filing_erase(batch_filing(batch), row->serial, err) < 0 ||
	    state_erase(batch_state(batch), row->serial, err) < 0)
		return -1;
	(void)g_hash_table_add(erasing->erased,
			       g_memdup2(&row->serial, sizeof(row->serial)));
	return 0;
}

/* Their ids in their strand, which the index knows: 1; 0 if it lacks one. */
static int list_ids(struct erasing *erasing, const struct state_message *rows,
		    guint count, GArray *ids, struct err *err)
{
	for (guint i = 0; i < count; i++) {
		struct index_message message = { 0 };
		int found = index_message_get(erasing->index, rows[i].serial,
					      &message, err);

		if (found <= 0)
			return found;
		(void)g_array_append_val(ids, message.id);
		index_message_release(&message);
	}
	return 1;
}

/* What is to leave one strand. A strand that is damaged stays as it is. */
static int erase_strand(struct erasing *erasing,
			const struct state_message *rows, guint count,
			struct err *err)
{
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct message_id));
	struct batch *batch = erasing->batch;
	struct batch_strand *strand;
	struct state_strand wanted;
	int whole = list_ids(erasing, rows, count, ids, err);
	struct err why;

	if (whole < 0 ||
	    state_strand_get(batch_state(batch), rows->strand, &wanted, err) <
		    0 ||
	    batch_strand_of(batch, &wanted, &strand, err) < 0)
		return -1;
	if (whole > 0 &&
	    batch_strand_erase(strand, batch_reader(batch), ids, &why) < 0) {
		if (!err_is_damage(&why))
			return err_set(err, why.code, "%s", why.text);
		whole = 0;
	}
	if (!whole) {
		erasing->report->kept += count;
		return 0;
	}
	for (guint i = 0; i < count; i++)
		if (erase_message(erasing, &rows[i], err) < 0)
			return -1;
	return 0;
}

static guint count_alike(const GArray *rows, guint from)
{
	int64_t strand = g_array_index(rows, struct state_message, from).strand;
	guint to = from;

	while (to < rows->len &&
	       g_array_index(rows, struct state_message, to).strand == strand)
		to++;
	return to - from;
}

/* Strand by strand, as long as nobody waits. */
static int erase_strands(struct erasing *erasing, const GArray *rows,
			 int64_t *after, struct err *err)
{
	guint count;

	for (guint i = 0; i < rows->len; i += count) {
		const struct state_message *first =
			&g_array_index(rows, struct state_message, i);

		count = count_alike(rows, i);
		if (erase_strand(erasing, first, count, err) < 0)
			return -1;
		*after = first->strand;
		if (batch_should_end(erasing->batch))
			break;
	}
	return 0;
}

/* -- batches --------------------------------------------------------------- */

static int commit(struct erasing *erasing, struct err *err)
{
	struct batch *batch = erasing->batch;
	const struct err *why;

	if (g_hash_table_size(erasing->erased) == 0)
		return 0;
	if (pass_on_all(erasing, err) < 0 ||
	    state_erase_names(batch_state(batch), err) < 0 ||
	    state_set(batch_state(batch), STATE_ERASED, 1, err) < 0 ||
	    batch_commit(batch, err) < 0)
		return -1;
	erasing->report->erased += g_hash_table_size(erasing->erased);
	why = batch_unfinished(batch);
	return why ? err_set(err, why->code, "%s", why->text) : 0;
}

/* One batch: 1, 0 if there is nothing to erase in strands after `*after`. */
static int erase_batch(struct mailbox *mailbox, int64_t before, int64_t *after,
		       struct gc_report *report, struct err *err)
{
	AUTO(table)
	GHashTable *erased = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						   g_free, NULL);
	AUTO(batch) struct batch *batch = NULL;
	AUTO(array) GArray *rows = NULL;
	struct erasing erasing = { .erased = erased, .report = report };

	if (batch_begin(mailbox, &batch, err) < 0 ||
	    state_erase_list(batch_state(batch), before, *after, &rows, err) <
		    0)
		return -1;
	if (rows->len == 0)
		return 0;
	erasing.batch = batch;
	erasing.index = batch_index(batch, err);
	if (!erasing.index || erase_strands(&erasing, rows, after, err) < 0 ||
	    commit(&erasing, err) < 0)
		return -1;
	crash_point("gc: a batch of messages erased");
	return 1;
}

int gc_erase(struct mailbox *mailbox, int64_t before, struct gc_report *report,
	     struct err *err)
{
	int64_t after = 0;
	int more;

	while ((more = erase_batch(mailbox, before, &after, report, err)) > 0)
		;
	return more;
}
