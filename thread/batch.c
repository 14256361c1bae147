/* SPDX-License-Identifier: ISC */
/* One batch: messages gathered under the lock, then the commit protocol
 * (design section 2). Both databases have a transaction open from the start;
 * the pack grows beside them; nothing is visible before state.db commits, and
 * all of it can be done again from there. */
#include "defms/batch.h"

#include <errno.h>
#include <string.h>

#include "arrival.h"
#include "batch-copy.h"
#include "batch-folders.h"
#include "batch-imap.h"
#include "batch-meet.h"
#include "batch-mute.h"
#include "batch-parts.h"
#include "defms/crash.h"
#include "defms/state-share.h"
#include "filing.h"
#include "gc.h"
#include "learn.h"
#include "mailbox-parts.h"
#include "queue-bounce.h"
#include "routes.h"
#include "writing.h"

enum { PATIENCE = 250 * 1000 }; /* microseconds, when somebody waits */

struct batch {
	struct mailbox *mailbox; /* borrowed; its lock is held */
	struct writing *writing; /* owned; its state has the transaction */
	struct reader *reader;   /* borrowed from it */
	struct pack *pack;       /* owned; NULL until something is added */
	struct filing *filing;   /* owned */
	GHashTable *strands;     /* strand_id -> struct batch_strand */
	GPtrArray *in_order;     /* owned: struct batch_strand */
	struct folders *folders; /* owned */
	struct meeting *meeting; /* owned */
	struct routes *routes;   /* owned */
	GArray *came;            /* owned: int64_t, copies that came in */
	GArray *moves;           /* owned: struct ref_move, of others' chains */
	GArray *forks;           /* owned: struct ref_fork */
	int64_t last_message, last_copy;
	bool relinked; /* lines of other devices of mine came */
	bool relaxed;
	bool broken; /* a commit began, and did not end */
	gint64 started;
	uint64_t bytes;
	size_t count;
	struct err unfinished; /* code 0: nothing is */
};

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

static int add_copy(struct batch *batch, struct arrival *arrival,
		    int64_t message, int64_t folder, GHashTable *seen,
		    struct err *err)
{
	struct state_copy copy = { .message = message, .folder = folder };

	if (copy_file(batch->reader, arrival, &copy, err) < 0)
		return -1;
	folders_touch(batch->folders, folder, copy.is_new);
	batch->last_message = message;
	batch->last_copy = copy.serial;
	if (seen)
		(void)g_hash_table_add(
			seen, g_memdup2(&copy.serial, sizeof(copy.serial)));
	return 0;
}

/* -- messages -------------------------------------------------------------- */

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

/* A message that is not here yet: into the pack, its strands and the index. */
static int add_message(struct batch *batch, struct arrival *arrival,
		       int64_t folder, GHashTable *seen, struct err *err)
{
	struct arrival_made *made = arrival->made;
	const struct state_strand *read_from = &made->strand;
	AUTO(array) GArray *shared = NULL;
	struct index_entry entry = { 0 };
	struct batch_strand *strand;

	if (routes_find(batch->routes, arrival, &shared, err) < 0 ||
	    (shared->len == 0 && arrival->goes_out &&
	     share_auto(batch, made, shared, err) < 0))
		return -1;
	if (shared->len > 0)
		read_from = &g_array_index(shared, struct state_strand,
					   shared->len - 1);
	if (batch_strand_of(batch, read_from, &strand, err) < 0 ||
	    state_message_add(batch_state(batch), &made->hash,
			      strand->state.serial, &entry.serial, err) < 0 ||
	    batch_stand(batch, made, shared, &entry, err) < 0 ||
	    add_copy(batch, arrival, entry.serial, folder, seen, err) < 0)
		return -1;
	(void)g_array_append_val(batch->came, batch->last_copy);
	if (queue_bounce(batch, made->mime, err) < 0 ||
	    learn_message(batch, made, err) < 0)
		return -1;
	batch->count++;
	batch->bytes += made->content->len;
	return filing_add(batch->filing, take(arrival->made), &entry, err);
}

int batch_file(struct batch *batch, struct arrival *arrival,
	       const struct state_strand *strand,
	       const struct strand_entry *stored, struct err *err)
{
	struct index_entry entry = {
		.strand = strand->serial,
		.object = stored->object,
		.pieces = stored->pieces,
	};
	int64_t folder;

	if (folders_find(batch->folders, arrival->folder, &folder, err) < 0 ||
	    state_message_add(batch_state(batch), &arrival->made->hash,
			      strand->serial, &entry.serial, err) < 0 ||
	    add_copy(batch, arrival, entry.serial, folder, NULL, err) < 0)
		return -1;
	(void)g_array_append_val(batch->came, batch->last_copy);
	batch->count++;
	batch->bytes += arrival->made->content->len;
	return filing_add(batch->filing, take(arrival->made), &entry, err);
}

/* Its thread has a new version. */
static int touch_shown(struct batch *batch, int64_t message, struct err *err)
{
	struct index *index = reader_index(batch->reader, err);
	struct index_message row = { 0 };
	int found;

	if (!index)
		return -1;
	found = index_message_get(index, message, &row, err);
	if (found > 0) {
		batch_touch_thread(batch, row.thread);
		index_message_release(&row);
	}
	return found < 0 ? -1 : 0;
}

/* Is it a copy that is here already, of a message of a server's? */
static int meet_unbound(struct batch *batch, const struct arrival *arrival,
			const struct state_copy *like, struct err *err)
{
	struct state_copy copy;
	bool moved = false;
	int found = meeting_unbound(batch->meeting, arrival, like, &copy, err);

	if (found > 0)
		found = imap_follow(batch_state(batch), batch->folders, &copy,
				    like->folder, &moved, err);
	if (found > 0 && moved && touch_shown(batch, copy.message, err) < 0)
		return -1;
	if (found > 0)
		batch->last_copy = copy.serial;
	return found;
}

/* Was this copy met before? Where it would be moved to counts, too. */
static int meet_known(struct batch *batch, const struct arrival *arrival,
		      struct state_copy *like, GHashTable *seen,
		      struct err *err)
{
	struct index *index = reader_index(batch->reader, err);
	int met, moved;

	if (arrival->imap_folder)
		return meet_unbound(batch, arrival, like, err);
	if (arrival->by_hand)
		return 0;
	met = meeting_look(batch->meeting, like, arrival->made, seen, err);
	if (met != 0)
		return met;
	moved = index ? mute_would_move(index, batch_state(batch),
					batch->folders, like, &like->folder,
					err)
		      : -1;
	if (moved <= 0)
		return moved;
	return meeting_look(batch->meeting, like, arrival->made, seen, err);
}

/* Another copy of a message. What somebody puts into cur/ by hand stays there
 * also in a muted thread. */
static int batch_add_known(struct batch *batch, struct arrival *arrival,
			   int64_t message, int64_t folder, GHashTable *seen,
			   struct err *err)
{
	struct state_copy like = { .message = message, .folder = folder };
	int met = meet_known(batch, arrival, &like, seen, err);

	if (met != 0)
		return met < 0 ? -1 : BATCH_KNOWN;
	if (add_copy(batch, arrival, message, folder, seen, err) < 0 ||
	    touch_shown(batch, message, err) < 0)
		return -1;
	if (!arrival->by_hand || arrival->is_new)
		(void)g_array_append_val(batch->came, batch->last_copy);
	return BATCH_COPY;
}

/* A message that was removed is put here again by hand: it has just the copy
 * that comes now. */
static int revive(struct batch *batch, int64_t message, struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(array) GArray *copies = NULL;

	if (state_copy_list(state, message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++)
		if (state_copy_delete(state, g_array_index(copies, int64_t, i),
				      err) < 0)
			return -1;
	if (state_message_flags(state, message, err) < 0)
		return -1;
	return state_message_remove(state, message, 0, err);
}

/* Somebody added the message after the worker looked, or this batch did. */
static int look_again(struct batch *batch, struct arrival *arrival,
		      struct state_message *message_r, struct err *err)
{
	return state_message_find(batch_state(batch), &arrival->made->hash,
				  message_r, err);
}

int batch_add(struct batch *batch, struct arrival *arrival, GHashTable *seen,
	      enum batch_result *result_r, struct err *err)
{
	struct state_message message = { 0 };
	int64_t folder;
	int found = look_again(batch, arrival, &message, err);
	int result;

	batch->last_message = message.serial;
	batch->last_copy = 0;
	if (found > 0 && message.removed && !arrival->by_hand &&
	    !arrival->imap_folder) {
		*result_r = BATCH_KNOWN;
		return 0;
	}
	if (found > 0 && message.removed &&
	    revive(batch, message.serial, err) < 0)
		return -1;
	if (found < 0 ||
	    folders_find(batch->folders, arrival->folder, &folder, err) < 0)
		return -1;
	/* Of one that was erased only the row is here. */
	if (found == 0 || message.strand == 0) {
		/* It vanished since the worker looked. */
		if (!arrival->made->mime &&
		    arrival_complete(arrival, batch->reader, err) < 0)
			return -1;
		if (arrival_renew(arrival, batch->reader, err) < 0)
			return -1;
		*result_r = BATCH_NEW;
		return add_message(batch, arrival, folder, seen, err);
	}
	result = batch_add_known(batch, arrival, message.serial, folder, seen,
				 err);
	if (result < 0)
		return -1;
	*result_r = (enum batch_result)result;
	return 0;
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
