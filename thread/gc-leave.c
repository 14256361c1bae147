/* SPDX-License-Identifier: ISC */
/* What stands in a shared strand leaves the strand of mine that it came from:
 * batches like those of gc-erase.c, but nothing is lost, as the message is read
 * from where it is shared: it is opened there before it goes. */
#include <errno.h>

#include "batch-parts.h"
#include "defms/crash.h"
#include "gc-parts.h"
#include "state-circles.h"

/* Forgive damage: 0 instead of -1. */
static int pass_over(const struct err *why, struct err *err)
{
	return err_is_damage(why) ? 0
				  : err_set(err, why->code, "%s", why->text);
}

/* What is to become of an entry. */
enum fate { FATE_STAY, FATE_LEAVE, FATE_LATER };

/* Is the message whole where it is shared? */
static int judge_shared(struct batch *batch,
			const struct state_message *message, enum fate *fate_r,
			struct err *err)
{
	struct index *index = batch_index(batch, err);
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	struct index_message row = { 0 };
	struct err why;
	int found =
		index ? state_standing_has(batch_state(batch), message->serial,
					   message->strand, err)
		      : -1;

	*fate_r = FATE_LATER;
	if (found > 0)
		found = index_message_get(index, message->serial, &row, err);
	if (found > 0 &&
	    reader_content(batch_reader(batch), &row, content, &why) < 0)
		found = pass_over(&why, err);
	if (found > 0)
		*fate_r = FATE_LEAVE;
	index_message_release(&row);
	return found < 0 ? -1 : 0;
}

static int judge(struct batch *batch, int64_t strand,
		 const struct strand_entry *entry, enum fate *fate_r,
		 struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	struct state_message message;
	struct message_id hash;
	struct err why;
	int found;

	*fate_r = FATE_LATER;
	if (reader_entry(batch_reader(batch), strand, entry, content, &why) < 0)
		return pass_over(&why, err);
	hash = message_id_of(NULL, content->data, content->len);
	found = state_message_find(batch_state(batch), &hash, &message, err);
	if (found > 0 && message.strand != strand)
		return judge_shared(batch, &message, fate_r, err);
	*fate_r = FATE_STAY;
	return found < 0 ? -1 : 0;
}

/* The ids that go; `*later_r`: one should, but is damaged there. */
static int list_leaving(struct batch *batch, struct batch_strand *strand,
			GArray *ids, bool *later_r, struct err *err)
{
	struct store *store =
		mailbox_store(reader_mailbox(batch_reader(batch)));
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	const GArray *entries;

	if (batch_strand_tip(strand, store, &tree, err) < 0)
		return -1;
	entries = strand_tree_entries(tree);
	for (guint i = 0; i < entries->len; i++) {
		const struct strand_entry *entry =
			&g_array_index(entries, struct strand_entry, i);
		enum fate fate;

		if (judge(batch, strand->state.serial, entry, &fate, err) < 0)
			return -1;
		if (fate == FATE_LEAVE)
			(void)g_array_append_val(ids, entry->id);
		*later_r |= fate == FATE_LATER;
	}
	return 0;
}

/* A strand that is damaged stays as it is. */
static int leave_strand(struct batch *batch, int64_t serial, size_t *count,
			struct err *err)
{
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct message_id));
	struct batch_strand *strand;
	struct state_strand wanted;
	bool later = false;
	struct err why;
	int found = state_strand_get(batch_state(batch), serial, &wanted, err);

	if (found < 0 ||
	    (found > 0 && batch_strand_of(batch, &wanted, &strand, err) < 0))
		return -1;
	if (found > 0 && wanted.kind == STRAND_MINE &&
	    (list_leaving(batch, strand, ids, &later, &why) < 0 ||
	     (ids->len > 0 &&
	      batch_strand_erase(strand, batch_reader(batch), ids, &why) < 0)))
		return pass_over(&why, err);
	*count += ids->len;
	return later ? 0 : state_leaving_drop(batch_state(batch), serial, err);
}

/* One batch of the strands after `*after`: 1 there may be more, 0, -1. */
static int leave_batch(struct mailbox *mailbox, int64_t *after,
		       struct gc_report *report, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	AUTO(array) GArray *strands = NULL;
	const struct err *why;
	size_t count = 0;
	bool any = false;

	if (batch_begin(mailbox, &batch, err) < 0 ||
	    state_leaving_list(batch_state(batch), &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len && !batch_should_end(batch); i++) {
		int64_t strand = g_array_index(strands, int64_t, i);

		if (strand <= *after)
			continue;
		any = true;
		*after = strand;
		if (leave_strand(batch, strand, &count, err) < 0)
			return -1;
	}
	if (!any)
		return 0;
	if ((count > 0 &&
	     state_set(batch_state(batch), STATE_ERASED, 1, err) < 0) ||
	    batch_commit(batch, err) < 0)
		return -1;
	report->left += count;
	why = batch_unfinished(batch);
	crash_point("gc: a batch of messages left mine");
	return why ? err_set(err, why->code, "%s", why->text) : 1;
}

int gc_leave(struct mailbox *mailbox, struct gc_report *report, struct err *err)
{
	int64_t after = 0;
	int more;

	while ((more = leave_batch(mailbox, &after, report, err)) > 0)
		;
	return more;
}
