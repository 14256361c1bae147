/* SPDX-License-Identifier: ISC */
/* What arrived, into a batch: a message that is new, another copy of one that
 * is here, or nothing, if that copy was met before. */
#include "batch-copy.h"
#include "batch-imap.h"
#include "batch-inside.h"
#include "batch-mute.h"
#include "batch-parts.h"
#include "index-write.h"
#include "learn.h"
#include "queue-bounce.h"

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
