/* SPDX-License-Identifier: ISC */
/* Refs against state.db: this device's chains, those of others, and forks. */
#include <string.h>

#include "check-parts.h"
#include "defms/ref.h"
#include "defms/state-batch.h"
#include "defms/state-chains.h"

/* A ref as state.db has it. */
struct wanted {
	struct ref_move ref;
	bool pending; /* it is still to be moved */
};

static int compare(gconstpointer a, gconstpointer b)
{
	const struct ref_move *x = a, *y = b;
	int order = memcmp(&x->strand, &y->strand, sizeof(x->strand));

	return order ? order
		     : memcmp(&x->device, &y->device, sizeof(x->device));
}

/* Strands by their serials. */
static GHashTable *index_strands(const GArray *strands)
{
	GHashTable *table = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < strands->len; i++) {
		struct state_strand *strand =
			&g_array_index(strands, struct state_strand, i);

		(void)g_hash_table_insert(table, &strand->serial, strand);
	}
	return table;
}

static GHashTable *pending_strands(const GArray *moves)
{
	GHashTable *table = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < moves->len; i++)
		(void)g_hash_table_add(
			table,
			&g_array_index(moves, struct state_strand, i).serial);
	return table;
}

static int add_own(struct state *state, const struct device_id *device,
		   const GArray *strands, GArray *wanted, struct err *err)
{
	AUTO(table) GHashTable *pending = NULL;
	AUTO(array) GArray *moves = NULL;

	if (state_move_list(state, &moves, err) < 0)
		return -1;
	pending = pending_strands(moves);
	for (guint i = 0; i < strands->len; i++) {
		const struct state_strand *strand =
			&g_array_index(strands, struct state_strand, i);
		struct wanted want = {
			{ strand->id, *device, strand->tip },
			g_hash_table_contains(pending, &strand->serial),
		};

		if (!object_id_is_null(&strand->tip))
			(void)g_array_append_val(wanted, want);
	}
	return 0;
}

static int add_others(struct state *state, GHashTable *strands, GArray *wanted,
		      struct err *err)
{
	AUTO(array) GArray *chains = NULL;
	AUTO(array) GArray *moves = NULL;
	guint move = 0;

	if (state_chain_list(state, 0, &chains, err) < 0 ||
	    state_chain_moves(state, &moves, err) < 0)
		return -1;
	for (guint i = 0; i < chains->len; i++) {
		const struct state_chain *chain =
			&g_array_index(chains, struct state_chain, i);
		const struct state_strand *strand =
			g_hash_table_lookup(strands, &chain->strand);
		struct wanted want = { .pending = false };

		/* Both are in the same order. */
		if (move < moves->len) {
			const struct state_chain *next =
				&g_array_index(moves, struct state_chain, move);

			want.pending = next->strand == chain->strand &&
				       memcmp(&next->device, &chain->device,
					      sizeof(next->device)) == 0;
			move += want.pending;
		}
		if (!strand)
			continue;
		want.ref = (struct ref_move){ strand->id, chain->device,
					      chain->tip };
		(void)g_array_append_val(wanted, want);
	}
	return 0;
}

static char *name_of(const struct ref_move *ref)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];

	strand_id_print(&ref->strand, strand);
	device_id_print(&ref->device, device);
	return g_strdup_printf("%s/%s", strand, device);
}

static void compare_refs(const struct device_id *own, const GArray *wanted,
			 const GArray *refs, struct findings *findings)
{
	guint at = 0;

	for (guint i = 0; i < wanted->len || at < refs->len;) {
		const struct wanted *want =
			i < wanted->len
				? &g_array_index(wanted, struct wanted, i)
				: NULL;
		const struct ref_move *ref =
			at < refs->len
				? &g_array_index(refs, struct ref_move, at)
				: NULL;
		int order = !want ? 1 : !ref ? -1 : compare(&want->ref, ref);
		AUTO(str)
		char *name = name_of(order <= 0 ? &want->ref : ref);

		i += order <= 0;
		at += order >= 0;
		if (order > 0)
			finding(findings, CURE_BY_HAND,
				"ref refs/threads/%s: %s", name,
				memcmp(&ref->device, own, sizeof(*own)) == 0
					? "state.db does not know its strand"
					: "state.db does not know its chain");
		else if (!want->pending &&
			 (order < 0 ||
			  !object_id_equal(&ref->tip, &want->ref.tip)))
			finding(findings, CURE_REFS, "ref refs/threads/%s: %s",
				name,
				order < 0 ? "is missing"
					  : "is not what state.db says");
	}
}

static int check_forks(struct store *store, struct state *state,
		       GHashTable *strands, struct findings *findings,
		       struct err *err)
{
	AUTO(array) GArray *forks = NULL;

	if (state_fork_list(state, 0, &forks, err) < 0)
		return -1;
	for (guint i = 0; i < forks->len; i++) {
		const struct state_fork *fork =
			&g_array_index(forks, struct state_fork, i);
		const struct state_strand *strand =
			g_hash_table_lookup(strands, &fork->chain.strand);
		AUTO(str) char *name = NULL;
		struct ref_fork ref = { .number = (uint32_t)fork->number };

		if (!strand)
			continue;
		ref.at = (struct ref_move){ strand->id, fork->chain.device,
					    fork->chain.tip };
		name = name_of(&ref.at);
		if (store_has_fork(store, &ref, NULL) <= 0)
			finding(findings, CURE_REFS,
				"ref refs/forks/%s/%u: is not what state.db "
				"says",
				name, ref.number);
	}
	return 0;
}

/* Refs (struct ref_move, sorted) against what state.db says, but for those that
 * are still to be moved. */
static int check_known(struct mailbox *mailbox, struct state *state,
		       const GArray *refs, struct findings *findings,
		       struct err *err)
{
	const struct identity *identity = mailbox_identity(mailbox);
	struct device_id own = identity_device(identity);
	const char *text = identity_card(identity);
	AUTO(array)
	GArray *wanted = g_array_new(FALSE, FALSE, sizeof(struct wanted));
	AUTO(table) GHashTable *by_serial = NULL;
	AUTO(array) GArray *strands = NULL;
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, NULL) < 0 ||
	    !card_has_device(card, &own))
		finding(findings, CURE_BY_HAND,
			"identity: this device is not in the card: see 'defms "
			"init --device'");
	if (state_strand_list(state, &strands, err) < 0)
		return -1;
	by_serial = index_strands(strands);
	if (add_own(state, &own, strands, wanted, err) < 0 ||
	    add_others(state, by_serial, wanted, err) < 0)
		return -1;
	g_array_sort(wanted, compare);
	compare_refs(&own, wanted, refs, findings);
	return check_forks(mailbox_store(mailbox), state, by_serial, findings,
			   err);
}

void check_refs(struct mailbox *mailbox, struct state *state,
		struct findings *findings)
{
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	AUTO(array) GArray *refs = NULL;
	struct err err;

	if (store_scan_refs(mailbox_store(mailbox), &refs, problems, &err) <
	    0) {
		finding(findings, CURE_NONE, "refs: %s", err.text);
		return;
	}
	for (guint i = 0; i < problems->len; i++) {
		const char *problem = g_ptr_array_index(problems, i);

		finding(findings,
			g_str_has_suffix(problem, "not the name of a chain") &&
					!g_str_has_prefix(problem,
							  "packed-refs")
				? CURE_BY_HAND
				: CURE_REFS,
			"%s", problem);
	}
	if (check_known(mailbox, state, refs, findings, &err) < 0)
		finding(findings, CURE_NONE, "refs: %s", err.text);
}
