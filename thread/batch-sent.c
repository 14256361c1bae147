/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "batch-parts.h"

/* The id, in its strand, of a message that was here before the batch. */
static int id_from_index(struct batch *batch, int64_t message,
			 struct message_id *id_r, struct err *err)
{
	struct index *index = reader_index(batch_reader(batch), err);
	struct index_message row = { 0 };
	int found;

	if (!index)
		return -1;
	found = index_message_get(index, message, &row, err);
	if (found > 0)
		*id_r = row.id;
	if (found > 0)
		index_message_release(&row);
	return found;
}

int batch_note_sent(struct batch *batch, int64_t message, struct err *err)
{
	struct state *state = batch_state(batch);
	const struct message_id *added;
	struct batch_strand *strand;
	struct state_strand wanted;
	struct state_message row;
	struct message_id id;
	int found = state_message_get(state, message, &row, err);

	if (found > 0)
		found = state_strand_get(state, row.strand, &wanted, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ENOENT, "no such message");
	if (batch_strand_of(batch, &wanted, &strand, err) < 0)
		return -1;
	added = batch_strand_id(strand, message);
	if (added)
		id = *added;
	else
		found = id_from_index(batch, message, &id, err);
	if (found > 0)
		(void)g_array_append_val(strand->sent, id);
	return found < 0 ? -1 : 0;
}
