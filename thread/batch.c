/* SPDX-License-Identifier: ISC */
/* One batch: messages gathered under the lock, then the commit protocol
 * (design section 2). Both databases have a transaction open from the start;
 * the pack grows beside them; nothing is visible before state.db commits, and
 * all of it can be done again from there. */
#include "defms/batch.h"

#include <errno.h>

#include "batch-inside.h"
#include "batch-mute.h"
#include "batch-parts.h"
#include "defms/crash.h"
#include "defms/state-batch.h"
#include "defms/state-chains.h"
#include "gc.h"
#include "mailbox-parts.h"

enum { PATIENCE = 250 * 1000 }; /* microseconds, when somebody waits */

/* What is known of the mailbox is as of now: look again what others did. */
static int open_writing(struct batch *batch, bool relaxed, struct err *err)
{
	if (writing_begin(batch->mailbox, relaxed, &batch->writing, err) < 0)
		return -1;
	batch->reader = batch->writing->reader;
	return filing_begin(&batch->writing->seats, batch_state(batch),
			    &batch->filing, err);
}

static int need_pack(struct batch *batch, struct err *err)
{
	return batch->pack ? 0
			   : pack_begin(mailbox_store(batch->mailbox),
					&batch->pack, err);
}

static struct batch *batch_new(struct mailbox *mailbox, bool relaxed)
{
	struct batch *batch = g_new0(struct batch, 1);

	batch->mailbox = mailbox;
	batch->relaxed = relaxed;
	batch->came = g_array_new(FALSE, FALSE, sizeof(int64_t));
	batch->moves = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	batch->forks = g_array_new(FALSE, FALSE, sizeof(struct ref_fork));
	batch->strands =
		g_hash_table_new(batch_strand_hash, batch_strand_equal);
	batch->in_order = g_ptr_array_new_with_free_func(batch_strand_free);
	batch->started = g_get_monotonic_time();
	return batch;
}

/* The lock is held, and given back with the batch. */
static int begin(struct mailbox *mailbox, bool relaxed, struct batch **batch_r,
		 struct err *err)
{
	AUTO(batch) struct batch *batch = batch_new(mailbox, relaxed);

	if (open_writing(batch, relaxed, err) < 0)
		return -1;
	batch->folders = folders_new(batch_state(batch));
	batch->meeting = meeting_new(batch->reader);
	batch->routes = routes_new(batch->reader);
	*batch_r = take(batch);
	return 0;
}

int batch_begin(struct mailbox *mailbox, struct batch **batch_r,
		struct err *err)
{
	if (mailbox_lock(mailbox, err) < 0)
		return -1;
	return begin(mailbox, false, batch_r, err);
}

int batch_begin_relaxed(struct mailbox *mailbox, struct batch **batch_r,
			struct err *err)
{
	if (mailbox_lock(mailbox, err) < 0)
		return -1;
	return begin(mailbox, true, batch_r, err);
}

int batch_try_relaxed(struct mailbox *mailbox, struct batch **batch_r,
		      struct err *err)
{
	int held = mailbox_try_lock(mailbox, err);

	if (held <= 0)
		return held;
	return begin(mailbox, true, batch_r, err) < 0 ? -1 : 1;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	filing_free(batch->filing);
	pack_free(batch->pack);
	if (batch->writing)
		state_rollback(batch_state(batch));
	if (batch->writing && !batch->broken)
		writing_keep(batch->mailbox, batch->writing);
	else
		writing_free(batch->writing);
	g_hash_table_unref(batch->strands);
	g_ptr_array_unref(batch->in_order);
	folders_free(batch->folders);
	meeting_free(batch->meeting);
	routes_free(batch->routes);
	g_array_unref(batch->came);
	g_array_unref(batch->moves);
	g_array_unref(batch->forks);
	mailbox_unlock(batch->mailbox);
	g_free(batch);
}

struct state *batch_state(struct batch *batch)
{
	return reader_state(batch->reader);
}

struct reader *batch_reader(struct batch *batch)
{
	return batch->reader;
}

struct filing *batch_filing(struct batch *batch)
{
	return batch->filing;
}

void batch_touch_thread(struct batch *batch, int64_t thread)
{
	filing_touch(batch->filing, thread);
}

void batch_touch_flags(struct batch *batch, int64_t thread)
{
	filing_touch_flags(batch->filing, thread);
}

int batch_touch_message(struct batch *batch, int64_t message, struct err *err)
{
	int64_t thread;
	int found = filing_place_before(batch->filing, message, &thread, err);

	if (found > 0)
		filing_touch_flags(batch->filing, thread);
	return found < 0 ? -1 : 0;
}

struct index *batch_index(struct batch *batch, struct err *err)
{
	return reader_index(batch->reader, err);
}

int64_t batch_last_message(const struct batch *batch)
{
	return batch->last_message;
}

int64_t batch_last_copy(const struct batch *batch)
{
	return batch->last_copy;
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

uint64_t batch_bytes(const struct batch *batch)
{
	return batch->bytes;
}

bool batch_should_end(const struct batch *batch)
{
	return g_get_monotonic_time() - batch->started > PATIENCE &&
	       mailbox_wanted(batch->mailbox);
}

/* -- what it writes to ---------------------------------------------------- */

int batch_need_pack(struct batch *batch, struct pack **pack_r, struct err *err)
{
	if (need_pack(batch, err) < 0)
		return -1;
	*pack_r = batch->pack;
	return 0;
}

void batch_move_ref(struct batch *batch, const struct ref_move *move)
{
	(void)g_array_append_val(batch->moves, *move);
}

void batch_relink(struct batch *batch, int64_t strand)
{
	batch->relinked = true;
	filing_relinked(batch->filing, strand);
}

void batch_put_fork(struct batch *batch, const struct ref_fork *fork)
{
	(void)g_array_append_val(batch->forks, *fork);
}

/* With two machines that write with one key, each would take the other's
 * commits for forgeries. */
static int check_alone(struct batch *batch, struct err *err)
{
	int64_t twice;

	if (state_get(batch_state(batch), STATE_TWICE, &twice, err) < 0)
		return -1;
	if (twice == 0)
		return 0;
	return err_set(err, EPERM,
		       "another machine writes with the key of this device: "
		       "run `defms restore` here");
}

int batch_strand_of(struct batch *batch, const struct state_strand *wanted,
		    struct batch_strand **strand_r, struct err *err)
{
	struct batch_strand *strand =
		g_hash_table_lookup(batch->strands, &wanted->id);

	if (mailbox_may_write(batch->mailbox, err) < 0 ||
	    need_pack(batch, err) < 0)
		return -1;
	if (!strand && check_alone(batch, err) < 0)
		return -1;
	if (!strand) {
		strand = batch_strand_open(batch_state(batch), wanted, err);
		if (!strand)
			return -1;
		g_ptr_array_add(batch->in_order, strand);
		(void)g_hash_table_insert(batch->strands, &strand->state.id,
					  strand);
	}
	*strand_r = strand;
	return 0;
}

struct routes *batch_routes(struct batch *batch)
{
	return batch->routes;
}

struct pack *batch_pack(struct batch *batch)
{
	return batch->pack;
}

/* -- commit ---------------------------------------------------------------- */

static int write_strands(struct batch *batch, struct err *err)
{
	for (guint i = 0; i < batch->in_order->len; i++) {
		struct batch_strand *strand =
			g_ptr_array_index(batch->in_order, i);

		if (batch_strand_changed(strand) &&
		    batch_strand_write(strand, batch->reader, batch->pack,
				       err) < 0)
			return -1;
	}
	return 0;
}

/* Did the owner decide anything? */
static bool is_linked(const struct batch *batch)
{
	for (guint i = 0; i < batch->in_order->len; i++) {
		const struct batch_strand *strand =
			g_ptr_array_index(batch->in_order, i);

		if (strand->linked)
			return true;
	}
	return batch->relinked;
}

static int record(struct batch *batch, const char *pack, int64_t *seq_r,
		  struct err *err)
{
	struct state *state = batch_state(batch);

	if (state_get(state, "seq", seq_r, err) < 0)
		return -1;
	++*seq_r;
	if (state_run_on(state, *seq_r, mailbox_run(batch->mailbox), err) < 0 ||
	    (is_linked(batch) &&
	     state_set(state, STATE_LINKED, *seq_r, err) < 0) ||
	    filing_note_touched(batch->filing, *seq_r, err) < 0 ||
	    filing_settle(batch->filing, *seq_r, err) < 0 ||
	    mute_copies(batch->filing, state, batch->folders, batch->came,
			err) < 0 ||
	    folders_settle(batch->folders, err) < 0)
		return -1;
	return pack ? state_pack_add(state, pack, err) : 0;
}

/* Behind the commit point: refs, the pack's .keep, the index. */
static int follow_up(struct batch *batch, const char *pack, int64_t seq,
		     struct err *err)
{
	struct device_id device =
		identity_device(mailbox_identity(batch->mailbox));

	for (guint i = 0; i < batch->in_order->len; i++) {
		struct batch_strand *strand =
			g_ptr_array_index(batch->in_order, i);
		struct ref_move move = { strand->state.id, device,
					 strand->state.tip };

		if (batch_strand_changed(strand))
			batch_move_ref(batch, &move);
	}
	if (mailbox_move_refs(batch->mailbox, batch_state(batch), batch->moves,
			      batch->forks, err) < 0)
		return -1;
	crash_point("batch: refs moved, before .keep goes");
	if (pack && pack_release(mailbox_store(batch->mailbox), pack, err) < 0)
		return -1;
	crash_point("batch: before the index");
	return filing_end(batch->filing, seq, err);
}

const struct err *batch_unfinished(const struct batch *batch)
{
	return batch->unfinished.code ? &batch->unfinished : NULL;
}

int batch_commit(struct batch *batch, struct err *err)
{
	AUTO(str) char *pack = NULL;
	int64_t seq;

	/* Should this fail halfway, the next batch looks what is left of it. */
	mailbox_set_replayed(batch->mailbox, 0);
	batch->broken = true;
	if (write_strands(batch, err) < 0 ||
	    (batch->pack && pack_finish(batch->pack, &pack, err) < 0) ||
	    record(batch, pack, &seq, err) < 0)
		return -1;
	crash_point("batch: before the commit point");
	if (state_commit(batch_state(batch), err) < 0)
		return -1;
	crash_point("batch: after the commit point, before refs");
	if (batch->relaxed && batch->in_order->len > 0 &&
	    mailbox_sync(batch->mailbox, &batch->unfinished) < 0)
		return 0;
	if (follow_up(batch, pack, seq, &batch->unfinished) < 0)
		return 0;
	crash_point("batch: done");
	mailbox_set_replayed(batch->mailbox, seq);
	if (pack)
		mailbox_gc_step(batch->mailbox, batch_state(batch));
	batch->broken = false;
	return 0;
}
