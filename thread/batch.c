/* SPDX-License-Identifier: ISC */
/* One batch: messages gathered under the lock, then the commit protocol
 * (design section 2). Both databases have a transaction open from the start;
 * the pack grows beside them; nothing is visible before state.db commits, and
 * all of it can be done again from there. */
#include "defms/batch.h"

#include <errno.h>
#include <string.h>

#include "arrival.h"
#include "batch-meet.h"
#include "batch-parts.h"
#include "defms/crash.h"
#include "defms/name.h"
#include "filing.h"
#include "gc.h"
#include "mailbox-parts.h"
#include "queue-bounce.h"
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
	GHashTable *folders;     /* folder serial -> struct touched */
	GHashTable *by_name;     /* folder name -> serial */
	struct meeting *meeting; /* owned */
	GArray *added;           /* owned: int64_t, messages that are new */
	int64_t last_message, last_copy;
	bool relaxed;
	bool done; /* all of it */
	gint64 started;
	uint64_t bytes;
	size_t count;
	struct err unfinished; /* code 0: nothing is */
};

struct touched {
	bool new_too, cur_too;
};

/* What is known of the mailbox is as of now: look again what others did. */
static int open_writing(struct batch *batch, bool relaxed, struct err *err)
{
	if ((!writing_is_settled(batch->mailbox) &&
	     mailbox_replay(batch->mailbox, err) < 0) ||
	    writing_take(batch->mailbox, relaxed, &batch->writing, err) < 0)
		return -1;
	batch->reader = batch->writing->reader;
	if (state_begin(batch_state(batch), true, err) < 0)
		return -1;
	return filing_begin(&batch->writing->seats, batch_state(batch),
			    &batch->filing, err);
}

static int need_pack(struct batch *batch, struct err *err)
{
	return batch->pack ? 0
			   : pack_begin(mailbox_store(batch->mailbox),
					&batch->pack, err);
}

static int begin(struct mailbox *mailbox, bool relaxed, struct batch **batch_r,
		 struct err *err)
{
	AUTO(batch) struct batch *batch = g_new0(struct batch, 1);

	batch->mailbox = mailbox;
	batch->relaxed = relaxed;
	batch->added = g_array_new(FALSE, FALSE, sizeof(int64_t));
	batch->strands =
		g_hash_table_new(batch_strand_hash, batch_strand_equal);
	batch->in_order = g_ptr_array_new_with_free_func(batch_strand_free);
	batch->folders = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					       g_free, g_free);
	batch->by_name =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	batch->started = g_get_monotonic_time();
	if (mailbox_lock(mailbox, err) < 0)
		return -1;
	if (open_writing(batch, relaxed, err) < 0)
		return -1;
	batch->meeting = meeting_new(batch->reader);
	*batch_r = take(batch);
	return 0;
}

int batch_begin(struct mailbox *mailbox, struct batch **batch_r,
		struct err *err)
{
	return begin(mailbox, false, batch_r, err);
}

int batch_begin_relaxed(struct mailbox *mailbox, struct batch **batch_r,
			struct err *err)
{
	return begin(mailbox, true, batch_r, err);
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	filing_free(batch->filing);
	pack_free(batch->pack);
	if (batch->writing)
		state_rollback(batch_state(batch));
	if (batch->done)
		writing_keep(batch->mailbox, batch->writing);
	else
		writing_free(batch->writing);
	g_hash_table_unref(batch->strands);
	g_ptr_array_unref(batch->in_order);
	g_hash_table_unref(batch->folders);
	g_hash_table_unref(batch->by_name);
	meeting_free(batch->meeting);
	g_array_unref(batch->added);
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

int batch_find_folder(struct batch *batch, const char *name, int64_t *serial_r,
		      struct err *err)
{
	const int64_t *known = g_hash_table_lookup(batch->by_name, name);
	struct state_folder folder;

	if (!known) {
		if (state_folder_find(batch_state(batch), name, true, &folder,
				      err) < 0)
			return -1;
		known = g_memdup2(&folder.serial, sizeof(folder.serial));
		(void)g_hash_table_insert(batch->by_name, g_strdup(name),
					  (gpointer)(uintptr_t)known);
	}
	*serial_r = *known;
	return 0;
}

void batch_touch_folder(struct batch *batch, int64_t folder, bool is_new)
{
	struct touched *touched = g_hash_table_lookup(batch->folders, &folder);

	if (!touched) {
		touched = g_new0(struct touched, 1);
		(void)g_hash_table_insert(batch->folders,
					  g_memdup2(&folder, sizeof(folder)),
					  touched);
	}
	touched->new_too |= is_new;
	touched->cur_too |= !is_new;
}

int batch_choose_free(struct batch *batch, struct state_copy *copy,
		      struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(str) char *name = name_copy(copy);
	struct state_copy other;
	int found = state_copy_called(state, copy->folder, copy->is_new, name,
				      &other, err);

	if (found > 0 && other.serial != copy->serial)
		copy->base[0] = '\0';
	return found < 0 ? -1 : 0;
}

/* -- copies ---------------------------------------------------------------- */

/* The date and first sender, also of a message that was not parsed again. */
static void read_envelope(const struct arrival_made *made, int64_t *date_r,
			  size_t *sender_r)
{
	AUTO(mime) struct mime *parsed = NULL;
	const struct mime *mime = made->mime;
	const struct address *sender = NULL;

	if (!mime)
		mime = parsed =
			mime_parse(made->content->data, made->content->len);
	if (mime->senders->len > 0)
		sender = g_ptr_array_index(mime->senders, 0);
	*date_r = mime->date_zone == MIME_NO_DATE ? 0 : mime->date;
	*sender_r = sender && sender->mail[0] ? strlen(sender->mail)
					      : strlen("MAILER-DAEMON");
}

/* A base name that is taken in the folder is made from the serial instead. What
 * somebody puts here by hand has the very name that he gives it, unless there
 * is a file of that name. */
static int choose_base(struct batch *batch, const struct arrival *arrival,
		       struct state_copy *copy, struct err *err)
{
	AUTO(str) char *name = NULL;
	struct state_copy other;
	int found;

	if (!arrival->base || strlen(arrival->base) >= sizeof(copy->base))
		return 0;
	(void)g_strlcpy(copy->base, arrival->base, sizeof(copy->base));
	copy->has_suffix = arrival->suffix != NULL;
	if (arrival->suffix)
		(void)g_strlcpy(copy->suffix, arrival->suffix,
				sizeof(copy->suffix));
	name = name_copy(copy);
	if (arrival->by_hand)
		found = state_copy_called(batch_state(batch), copy->folder,
					  copy->is_new, name, &other, err);
	else
		found = state_copy_named(batch_state(batch), copy->folder,
					 copy->base, &other, err);
	if (found > 0) {
		copy->base[0] = copy->suffix[0] = '\0';
		copy->has_suffix = false;
	}
	return found < 0 ? -1 : 0;
}

static int add_copy(struct batch *batch, struct arrival *arrival,
		    int64_t message, int64_t folder, GHashTable *seen,
		    struct err *err)
{
	struct arrival_made *made = arrival->made;
	const GByteArray *trace;
	struct state_copy copy = {
		.serial = arrival->serial,
		.message = message,
		.folder = folder,
		.is_new = arrival->is_new,
		.crlf = made->crlf,
		.flags = arrival->flags,
		.received = arrival->received,
		.raw_size = made->raw_size,
		.header_size = made->header_size,
		.look = made->look,
	};
	size_t sender;
	int64_t date;

	read_envelope(made, &date, &sender);
	copy.mbox_size = made->mbox_base + sender;
	if (copy.received == 0)
		copy.received =
			date > 0 ? date : g_get_real_time() / G_USEC_PER_SEC;
	arrival_pack_trace(made, reader_sealer(batch->reader));
	trace = made->packed_trace;
	if (choose_base(batch, arrival, &copy, err) < 0 ||
	    state_copy_add(batch_state(batch), &copy,
			   trace ? trace->data : NULL, trace ? trace->len : 0,
			   err) < 0)
		return -1;
	batch_touch_folder(batch, folder, copy.is_new);
	batch->last_message = message;
	batch->last_copy = copy.serial;
	(void)g_hash_table_add(seen,
			       g_memdup2(&copy.serial, sizeof(copy.serial)));
	return 0;
}

/* -- messages -------------------------------------------------------------- */

int batch_strand_of(struct batch *batch, const struct state_strand *wanted,
		    struct batch_strand **strand_r, struct err *err)
{
	struct batch_strand *strand =
		g_hash_table_lookup(batch->strands, &wanted->id);

	if (need_pack(batch, err) < 0)
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

static int pack_message(struct batch *batch, const struct arrival_made *made,
			struct strand_entry *entry_r, struct err *err)
{
	AUTO(array)
	GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct object_id));

	entry_r->id = made->id;
	for (guint i = 0; i < made->packed->len; i++) {
		const struct packed *packed =
			&g_array_index(made->packed, struct packed, i);

		if (pack_add(batch->pack, packed, err) < 0)
			return -1;
		(void)g_array_append_val(pieces, packed->id);
	}
	entry_r->pieces = pieces->len > 1;
	entry_r->object = g_array_index(pieces, struct object_id, 0);
	if (!entry_r->pieces)
		return 0;
	return strand_pieces_write(
		(const struct object_id *)(const void *)pieces->data,
		pieces->len, batch->pack, &entry_r->object, err);
}

/* A message that is not here yet: into the pack, its strand and the index. */
static int add_message(struct batch *batch, struct arrival *arrival,
		       int64_t folder, GHashTable *seen, struct err *err)
{
	struct arrival_made *made = arrival->made;
	struct index_entry entry = { 0 };
	struct batch_strand *strand;
	struct strand_entry stored;

	if (batch_strand_of(batch, &made->strand, &strand, err) < 0 ||
	    pack_message(batch, made, &stored, err) < 0)
		return -1;
	batch_strand_add(strand, &stored, made);
	g_array_unref(take(made->packed));
	if (state_message_add(batch_state(batch), &made->hash,
			      strand->state.serial, &entry.serial, err) < 0 ||
	    add_copy(batch, arrival, entry.serial, folder, seen, err) < 0)
		return -1;
	(void)g_array_append_val(strand->serials, entry.serial);
	(void)g_array_append_val(batch->added, entry.serial);
	if (queue_bounce(batch, made->mime, err) < 0)
		return -1;
	entry.strand = strand->state.serial;
	entry.object = stored.object;
	entry.pieces = stored.pieces;
	batch->count++;
	batch->bytes += made->content->len;
	return filing_add(batch->filing, take(arrival->made), &entry, err);
}

int batch_touch_shown(struct batch *batch, int64_t message, struct err *err)
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

static int meet(struct batch *batch, struct arrival *arrival, int64_t message,
		int64_t folder, GHashTable *seen, struct err *err)
{
	struct state_copy like = { .message = message, .folder = folder };

	if (arrival->imap_folder) {
		int met = batch_meet_unbound(batch, batch->meeting, arrival,
					     &like, err);

		batch->last_copy = like.serial;
		return met;
	}
	if (arrival->by_hand)
		return 0;
	return meeting_look(batch->meeting, &like, arrival->made, seen, err);
}

static int batch_add_known(struct batch *batch, struct arrival *arrival,
			   int64_t message, int64_t folder, GHashTable *seen,
			   struct err *err)
{
	int met = meet(batch, arrival, message, folder, seen, err);

	if (met != 0)
		return met < 0 ? -1 : BATCH_KNOWN;
	if (add_copy(batch, arrival, message, folder, seen, err) < 0 ||
	    batch_touch_shown(batch, message, err) < 0)
		return -1;
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
	    batch_find_folder(batch, arrival->folder, &folder, err) < 0)
		return -1;
	if (found == 0) {
		/* It vanished since the worker looked. */
		if (!arrival->made->mime &&
		    arrival_complete(arrival, batch->reader, err) < 0)
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

static int touch_folders(struct batch *batch, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;
	GHashTableIter it;
	gpointer folder, data;

	g_hash_table_iter_init(&it, batch->folders);
	while (g_hash_table_iter_next(&it, &folder, &data)) {
		const struct touched *touched = data;

		if (state_folder_touch(batch_state(batch), *(int64_t *)folder,
				       touched->new_too, touched->cur_too, now,
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
	return false;
}

static int record(struct batch *batch, const char *pack, int64_t *seq_r,
		  struct err *err)
{
	struct state *state = batch_state(batch);

	if (state_get(state, "seq", seq_r, err) < 0)
		return -1;
	++*seq_r;
	if (state_set(state, "seq", *seq_r, err) < 0 ||
	    state_batch_add(state, *seq_r, err) < 0 ||
	    (is_linked(batch) &&
	     state_set(state, STATE_LINKED, *seq_r, err) < 0) ||
	    filing_note_touched(batch->filing, err) < 0 ||
	    filing_settle(batch->filing, *seq_r, err) < 0 ||
	    batch_mute(batch, batch->added, err) < 0 ||
	    touch_folders(batch, err) < 0)
		return -1;
	return pack ? state_pack_add(state, pack, err) : 0;
}

/* Behind the commit point: refs, the pack's .keep, the index. */
static int follow_up(struct batch *batch, const char *pack, int64_t seq,
		     struct err *err)
{
	struct store *store = mailbox_store(batch->mailbox);
	AUTO(ptrs) GPtrArray *strands = g_ptr_array_new();

	for (guint i = 0; i < batch->in_order->len; i++) {
		struct batch_strand *strand =
			g_ptr_array_index(batch->in_order, i);

		if (batch_strand_changed(strand))
			g_ptr_array_add(strands, &strand->state);
	}
	if (mailbox_move_refs(
		    batch->mailbox, batch_state(batch),
		    (const struct state_strand *const *)strands->pdata,
		    strands->len, err) < 0)
		return -1;
	crash_point("batch: refs moved, before .keep goes");
	if (pack && pack_release(store, pack, err) < 0)
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
	batch->done = true;
	return 0;
}
