/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "batch-parts.h"
#include "state-circles.h"

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

/* One strand that it stands in. */
static int note_in(struct batch *batch, int64_t message, int64_t serial,
		   bool read_from, struct err *err)
{
	const struct message_id *added;
	struct batch_strand *strand;
	struct state_strand wanted;
	struct message_id id;
	int found = state_strand_get(batch_state(batch), serial, &wanted, err);

	if (found == 0)
		return err_set(err, ENOENT, "no such message");
	if (found < 0 || batch_strand_of(batch, &wanted, &strand, err) < 0)
		return -1;
	added = batch_strand_id(strand, message);
	if (added)
		id = *added;
	else
		found = read_from ? id_from_index(batch, message, &id, err) : 0;
	if (found > 0)
		(void)g_array_append_val(strand->sent, id);
	return found < 0 ? -1 : 0;
}

int batch_note_sent(struct batch *batch, int64_t message, struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(array) GArray *strands = NULL;
	struct state_message row;
	int found = state_message_get(state, message, &row, err);

	if (found == 0)
		return err_set(err, ENOENT, "no such message");
	if (found < 0 || note_in(batch, message, row.strand, true, err) < 0 ||
	    state_standing_of(state, message, &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		int64_t strand = g_array_index(strands, int64_t, i);

		if (strand != row.strand &&
		    note_in(batch, message, strand, false, err) < 0)
			return -1;
	}
	return 0;
}
