/* SPDX-License-Identifier: ISC */
/* A message into the strands it stands in. It is sealed once for each of them,
 * under that strand's key: its id there is another. */
#include "batch-parts.h"
#include "index-write.h"
#include "state-circles.h"

static int pack_message(struct pack *pack, const struct arrival_made *made,
			struct strand_entry *entry_r, struct err *err)
{
	AUTO(array)
	GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct object_id));

	entry_r->id = made->id;
	for (guint i = 0; i < made->packed->len; i++) {
		const struct packed *packed =
			&g_array_index(made->packed, struct packed, i);

		if (pack_add(pack, packed, err) < 0)
			return -1;
		(void)g_array_append_val(pieces, packed->id);
	}
	entry_r->pieces = pieces->len > 1;
	entry_r->object = g_array_index(pieces, struct object_id, 0);
	if (!entry_r->pieces)
		return 0;
	return strand_pieces_write(
		(const struct object_id *)(const void *)pieces->data,
		pieces->len, pack, &entry_r->object, err);
}

/* The strand that `made` is sealed for. */
static int stand_in(struct batch *batch, struct arrival_made *made,
		    struct index_entry *entry, struct err *err)
{
	struct batch_strand *strand;
	struct strand_entry stored;

	if (batch_strand_of(batch, &made->strand, &strand, err) < 0 ||
	    pack_message(batch_pack(batch), made, &stored, err) < 0)
		return -1;
	g_array_unref(take(made->packed));
	batch_strand_add(strand, &stored, entry->serial, made);
	entry->strand = strand->state.serial;
	entry->id = stored.id;
	entry->object = stored.object;
	entry->pieces = stored.pieces;
	if (strand->state.kind != STRAND_SHARED)
		return 0;
	return state_standing_add(batch_state(batch), entry->serial,
				  entry->strand, err);
}

int batch_stand(struct batch *batch, struct arrival_made *made,
		const GArray *shared, struct index_entry *entry,
		struct err *err)
{
	if (shared->len == 0 && stand_in(batch, made, entry, err) < 0)
		return -1;
	for (guint i = 0; i < shared->len; i++)
		if (arrival_seal(made, batch_reader(batch),
				 &g_array_index(shared, struct state_strand, i),
				 err) < 0 ||
		    stand_in(batch, made, entry, err) < 0)
			return -1;
	return 0;
}
