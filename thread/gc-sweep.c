/* SPDX-License-Identifier: ISC */
/* After something was erased: which packs hold what nothing reaches any more,
 * and one new pack for what else is in them. A pack is worth it if there is
 * content among that (what was erased; sealed or not, it is to go), or if it is
 * a quarter of the pack. The old packs go as joined ones do. */
#include "gc-parts.h"

#include <string.h>

#include "defms/state-batch.h"
#include "defms/state-chains.h"
#include "pack-file.h"

enum { SHARE = 4 };

/* NULL is left where it cannot be told. */
static int find_reached(struct mailbox *mailbox, struct state *state,
			GHashTable **reached_r, struct err *err)
{
	AUTO(array)
	GArray *tips = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	AUTO(array) GArray *strands = NULL;
	struct err why;

	if (state_strand_list(state, &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		const struct state_strand *strand =
			&g_array_index(strands, struct state_strand, i);
		AUTO(array) GArray *chains = NULL;

		if (state_tip_list(state, strand, &chains, err) < 0)
			return -1;
		for (guint j = 0; j < chains->len; j++)
			(void)g_array_append_val(
				tips,
				g_array_index(chains, struct state_chain, j)
					.tip);
	}
	if (store_reach(mailbox_store(mailbox), tips, reached_r, &why) < 0 &&
	    !err_is_damage(&why))
		return err_set(err, why.code, "%s", why.text);
	return 0;
}

/* Is the pack to be written anew? 1/0/-1; -1 also if it is damaged. */
static int is_worth_it(struct store *store, const char *name,
		       GHashTable *reached, struct err *err)
{
	AUTO(pack_file) struct pack_file *file = NULL;
	struct pack_waste waste;

	if (pack_file_open(store, name, &file, err) < 0 ||
	    pack_file_waste(file, reached, &waste, err) < 0)
		return -1;
	if (!waste.content && waste.bytes < waste.of / SHARE)
		return 0;
	return pack_file_verify(file, err) < 0 ? -1 : 1;
}

static int list_packs(struct mailbox *mailbox, struct state *state,
		      GHashTable *reached, GPtrArray *names, bool *damaged,
		      struct err *err)
{
	AUTO(array) GArray *rows = NULL;

	if (state_pack_list(state, &rows, err) < 0)
		return -1;
	for (guint i = 0; i < rows->len; i++) {
		const struct state_pack *row =
			&g_array_index(rows, struct state_pack, i);
		struct err why;
		int worth;

		if (row->joined != 0)
			continue;
		worth = is_worth_it(mailbox_store(mailbox), row->name, reached,
				    &why);
		if (worth < 0 && !err_is_damage(&why))
			return err_set(err, why.code, "%s", why.text);
		*damaged |= worth < 0;
		if (worth > 0)
			g_ptr_array_add(names, g_strdup(row->name));
	}
	return 0;
}

int gc_sweep(struct mailbox *mailbox, struct state *state,
	     struct gc_report *report, struct err *err)
{
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	AUTO(table) GHashTable *reached = NULL;
	struct gc_join join = { .names = names };
	int64_t erased;

	if (state_get(state, STATE_ERASED, &erased, err) < 0)
		return -1;
	if (erased == 0)
		return 0;
	if (find_reached(mailbox, state, &reached, err) < 0)
		return -1;
	if (!reached) {
		report->unswept = true;
		return 0;
	}
	join.reached = reached;
	if (list_packs(mailbox, state, reached, names, &report->unswept, err) <
	    0)
		return -1;
	/* What is damaged is swept once it is mended. */
	join.swept = !report->unswept;
	if (gc_join(mailbox, state, &join, err) < 0)
		return -1;
	report->swept = names->len;
	return 0;
}
