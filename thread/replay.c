/* SPDX-License-Identifier: ISC */
/* What a writer does first under the lock: finish what a dead one left. The
 * commit point is state.db; behind it come refs, then the index. */
#include <errno.h>
#include <string.h>

#include "defms/crash.h"
#include "defms/ref.h"
#include "defms/state-batch.h"
#include "defms/state-chains.h"
#include "mailbox-parts.h"
#include "store-pack.h"

enum { MOVES_KEPT = 256 }; /* loose refs moved before one sync for all */

int mailbox_clear_moves(struct state *state, struct err *err)
{
	if (state_begin(state, true, err) < 0)
		return -1;
	if (state_move_clear(state, err) < 0) {
		state_rollback(state);
		return -1;
	}
	return state_commit(state, err);
}

/* Refs that were moved are forgotten once they are on disk for sure. */
static int settle_moves(struct mailbox *mailbox, struct state *state,
			size_t moved, bool durable, struct err *err)
{
	int64_t pending;

	if (state_move_count(state, &pending, err) < 0)
		return -1;
	if (pending == 0)
		return 0;
	durable = durable && pending <= (int64_t)moved;
	if (!durable && pending < MOVES_KEPT)
		return 0;
	crash_point("refs: moved, before they are durable");
	if (!durable && store_sync(mailbox_store(mailbox), err) < 0)
		return -1;
	crash_point("refs: durable, before the list is cleared");
	return mailbox_clear_moves(state, err);
}

int mailbox_move_refs(struct mailbox *mailbox, struct state *state,
		      const GArray *moves, const GArray *forks, struct err *err)
{
	struct store *store = mailbox_store(mailbox);
	bool durable = true;

	if (moves->len == 0 && forks->len == 0)
		return 0;
	if (moves->len > 0 &&
	    store_move_refs(store,
			    (const struct ref_move *)(const void *)moves->data,
			    moves->len, &durable, err) < 0)
		return -1;
	if (forks->len > 0) {
		crash_point("refs: before forks");
		durable = false;
		if (store_put_forks(
			    store,
			    (const struct ref_fork *)(const void *)forks->data,
			    forks->len, err) < 0)
			return -1;
	}
	return settle_moves(mailbox, state, moves->len, durable, err);
}

/* Those of other devices. */
static int list_chains(struct state *state, GArray *moves, GArray *forks,
		       struct err *err)
{
	AUTO(array) GArray *chains = NULL;
	AUTO(array) GArray *noted = NULL;
	struct state_strand strand;

	if (state_chain_moves(state, &chains, err) < 0 ||
	    state_fork_moves(state, &noted, err) < 0)
		return -1;
	for (guint i = 0; i < chains->len + noted->len; i++) {
		struct ref_fork fork = { 0 };
		const struct state_chain *chain;

		if (i < chains->len) {
			chain = &g_array_index(chains, struct state_chain, i);
		} else {
			const struct state_fork *row = &g_array_index(
				noted, struct state_fork, i - chains->len);

			chain = &row->chain;
			fork.number = (uint32_t)row->number;
		}
		if (state_strand_get(state, chain->strand, &strand, err) < 0)
			return -1;
		fork.at = (struct ref_move){ strand.id, chain->device,
					     chain->tip };
		if (i < chains->len)
			(void)g_array_append_val(moves, fork.at);
		else
			(void)g_array_append_val(forks, fork);
	}
	return 0;
}

/* Move the refs of the whole to-do list. */
static int replay_moves(struct mailbox *mailbox, struct state *state,
			struct err *err)
{
	struct device_id device = identity_device(mailbox_identity(mailbox));
	AUTO(array)
	GArray *moves = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	AUTO(array)
	GArray *forks = g_array_new(FALSE, FALSE, sizeof(struct ref_fork));
	AUTO(array) GArray *strands = NULL;

	if (state_move_list(state, &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		const struct state_strand *strand =
			&g_array_index(strands, struct state_strand, i);
		struct ref_move move = { strand->id, device, strand->tip };

		(void)g_array_append_val(moves, move);
	}
	if (list_chains(state, moves, forks, err) < 0)
		return -1;
	return mailbox_move_refs(mailbox, state, moves, forks, err);
}

/* A pack that has a .keep: committed (the .keep goes), or garbage. */
static int settle_pack(struct mailbox *mailbox, struct state *state,
		       const char *name, struct err *err)
{
	struct store *store = mailbox_store(mailbox);
	int committed;

	if (!g_str_has_prefix(name, "pack-"))
		return pack_remove(store, name, err);
	committed = state_pack_has(state, name, err);
	if (committed < 0)
		return -1;
	return committed ? pack_release(store, name, err)
			 : pack_remove(store, name, err);
}

static int settle_packs(struct mailbox *mailbox, struct state *state,
			struct err *err)
{
	AUTO(ptrs) GPtrArray *names = NULL;

	if (pack_list_kept(mailbox_store(mailbox), &names, err) < 0)
		return -1;
	for (guint i = 0; i < names->len; i++)
		if (settle_pack(mailbox, state, g_ptr_array_index(names, i),
				err) < 0)
			return -1;
	return 0;
}

int mailbox_replay(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);
	AUTO(state) struct state *state = NULL;
	int64_t seq;

	if (state_open(path, &state, err) < 0 ||
	    state_get(state, "seq", &seq, err) < 0)
		return -1;
	if (seq != 0 && seq == mailbox_replayed(mailbox))
		return 0;
	if (settle_packs(mailbox, state, err) < 0 ||
	    replay_moves(mailbox, state, err) < 0 ||
	    mailbox_catch_up(mailbox, err) < 0)
		return -1;
	mailbox_set_replayed(mailbox, seq);
	return 0;
}
