/* SPDX-License-Identifier: ISC */
/* The queue. An entry, its message, the copy in Sent and the mark on what it
 * answers are one batch: all of it happened or nothing.
 *
 *	state		who moves it on
 *	waiting		the bridge (sending.c); a person holds or drops it
 *	held		a person releases or drops it
 *	failed, doubt	a person drops it or has it tried again
 *	sent, dropped	nobody: rows that keep `source` from coming again
 */
#include "defms/queue.h"

#include <errno.h>

#include "defms/change.h"
#include "defms/crash.h"
#include "state-queue.h"

static const char sent_folder[] = "Sent";

const char *queue_state_name(enum queue_state state)
{
	switch (state) {
	case QUEUE_WAITING:
		return "waiting";
	case QUEUE_HELD:
		return "held";
	case QUEUE_FAILED:
		return "failed";
	case QUEUE_DOUBT:
		return "doubt";
	case QUEUE_SENT:
		return "sent";
	case QUEUE_DROPPED:
		return "dropped";
	}
	return "unknown";
}

/* -- adding ---------------------------------------------------------------- */

/* The message and its copy in Sent. */
static int file_message(struct batch *batch, struct reader *reader,
			const struct composed *composed, struct err *err)
{
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	enum batch_result result;

	arrival->raw = g_byte_array_sized_new(composed->message->len);
	(void)g_byte_array_append(arrival->raw, composed->message->data,
				  composed->message->len);
	arrival->folder = g_strdup(sent_folder);
	arrival->received = g_get_real_time() / G_USEC_PER_SEC;
	arrival->flags = FLAG_SEEN;
	arrival->by_hand = true;
	arrival->goes_out = true;
	if (arrival_prepare(arrival, reader, err) < 0)
		return -1;
	return batch_add(batch, arrival, seen, &result, err);
}

static struct queue_entry *new_entry(const struct composed *composed,
				     int64_t message, int64_t due)
{
	struct queue_entry *entry = g_new0(struct queue_entry, 1);

	entry->message = message;
	entry->state = QUEUE_WAITING;
	entry->created = g_get_real_time() / G_USEC_PER_SEC;
	entry->due = due;
	entry->sender = g_strdup(composed->sender);
	entry->reason = g_strdup("");
	entry->recipients =
		g_ptr_array_new_with_free_func(queue_recipient_free);
	for (guint i = 0; i < composed->recipients->len; i++)
		g_ptr_array_add(
			entry->recipients,
			queue_recipient_new(
				g_ptr_array_index(composed->recipients, i),
				QUEUE_WAITING, ""));
	return entry;
}

/* All messages that are called `msgid`. */
static int mark_answered(struct batch *batch, struct index *index,
			 const char *msgid, struct err *err)
{
	int64_t message = 0;
	int more;

	while ((more = index_message_of_msgid(index, msgid, message, &message,
					      err)) > 0)
		if (change_message_flags(batch, message, FLAG_ANSWERED, 0,
					 err) < 0)
			return -1;
	return more;
}

static int mark_all_answered(struct batch *batch, struct reader *reader,
			     const struct composed *composed, struct err *err)
{
	AUTO(mime)
	struct mime *mime =
		mime_parse(composed->message->data, composed->message->len);
	struct index *index = reader_index(reader, err);

	if (!index)
		return -1;
	for (guint i = 0; i < mime->in_reply_to->len; i++)
		if (mark_answered(batch, index,
				  g_ptr_array_index(mime->in_reply_to, i),
				  err) < 0)
			return -1;
	return 0;
}

int queue_add(struct batch *batch, struct reader *reader,
	      const struct composed *composed,
	      const struct queue_source *source, int64_t due, int64_t *id_r,
	      struct err *err)
{
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct state *state = batch_state(batch);
	int known = source ? queue_known(state, source, id_r, err) : 0;
	int64_t message;

	if (known != 0)
		return known < 0 ? -1 : 0;
	if (file_message(batch, reader, composed, err) < 0)
		return -1;
	message = batch_last_message(batch);
	entry = new_entry(composed, message, due);
	crash_point("queue: filed, before its entry");
	if (state_queue_add(state, entry, batch_last_copy(batch), source, err) <
		    0 ||
	    batch_note_sent(batch, message, err) < 0 ||
	    mark_all_answered(batch, reader, composed, err) < 0)
		return -1;
	crash_point("queue: its entry is there, before the batch ends");
	*id_r = entry->id;
	return 1;
}

/* -- dropping -------------------------------------------------------------- */

/* Did it reach anybody, as far as one knows? */
static bool reached_somebody(const struct queue_entry *entry)
{
	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (recipient->state == QUEUE_SENT ||
		    recipient->state == QUEUE_DOUBT)
			return true;
	}
	return entry->state == QUEUE_DOUBT;
}

int queue_drop(struct batch *batch, int64_t id, struct err *err)
{
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct state *state = batch_state(batch);
	int found = queue_get(state, id, &entry, err);
	int64_t copy;

	if (found <= 0 || entry->state == QUEUE_SENT)
		return found < 0 ? -1 : 0;
	if (reached_somebody(entry))
		return state_queue_end(state, id, QUEUE_SENT, err) < 0 ? -1 : 1;
	if (state_queue_copy(state, id, &copy, err) < 0 ||
	    state_queue_end(state, id, QUEUE_DROPPED, err) < 0 ||
	    change_copy_remove(batch, copy, err) < 0)
		return -1;
	crash_point("queue: dropped, before the batch ends");
	return 1;
}
