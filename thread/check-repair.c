/* SPDX-License-Identifier: ISC */
/* What check can mend: all that is known from elsewhere. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "check-parts.h"
#include "defms/ref.h"
#include "defms/state-batch.h"
#include "defms/state-chains.h"
#include "mailbox-parts.h"
#include "pack-file.h"
#include "state-check.h"

static int mend_modes(struct mailbox *mailbox, struct err *err)
{
	AUTO(str)
	char *path = g_build_filename(mailbox_home(mailbox), "identity", NULL);

	if (chmod(mailbox_home(mailbox), 0700) < 0 || chmod(path, 0600) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

static int open_state(struct mailbox *mailbox, struct state **state_r,
		      struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);

	return state_open(path, state_r, err);
}

static int mend_idx(struct mailbox *mailbox, struct err *err)
{
	struct store *store = mailbox_store(mailbox);
	AUTO(state) struct state *state = NULL;
	AUTO(array) GArray *packs = NULL;
	int result = 0;

	if (open_state(mailbox, &state, err) < 0 ||
	    state_pack_list(state, &packs, err) < 0)
		return -1;
	for (guint i = 0; i < packs->len; i++) {
		const struct state_pack *pack =
			&g_array_index(packs, struct state_pack, i);
		AUTO(pack_file) struct pack_file *file = NULL;

		if (pack->joined == 0 &&
		    pack_has_file(store, pack->name, ".pack", NULL) &&
		    pack_file_open(store, pack->name, &file, NULL) < 0 &&
		    pack_reindex(store, pack->name, err) < 0)
			result = -1;
	}
	return result;
}

static void add_ref(GArray *refs, const struct strand_id *strand,
		    const struct device_id *device, const struct object_id *tip)
{
	struct ref_move ref = { *strand, *device, *tip };

	if (!object_id_is_null(tip))
		(void)g_array_append_val(refs, ref);
}

/* Of one strand: this device's ref, those of others, and forks. */
static int add_refs(struct state *state, const struct state_strand *strand,
		    GArray *refs, GArray *forks, struct err *err)
{
	AUTO(array) GArray *chains = NULL;
	AUTO(array) GArray *rows = NULL;

	if (state_chain_list(state, strand->serial, &chains, err) < 0 ||
	    state_fork_list(state, strand->serial, &rows, err) < 0)
		return -1;
	for (guint i = 0; i < chains->len; i++) {
		const struct state_chain *chain =
			&g_array_index(chains, struct state_chain, i);

		add_ref(refs, &strand->id, &chain->device, &chain->tip);
	}
	for (guint i = 0; i < rows->len; i++) {
		const struct state_fork *row =
			&g_array_index(rows, struct state_fork, i);
		struct ref_fork fork = { { strand->id, row->chain.device,
					   row->chain.tip },
					 (uint32_t)row->number };

		(void)g_array_append_val(forks, fork);
	}
	return 0;
}

/* Under the lock: the refs that state.db has. Before them those that are there,
 * of which it does not know. */
static int mend_refs(struct mailbox *mailbox, struct err *err)
{
	struct store *store = mailbox_store(mailbox);
	struct device_id own = identity_device(mailbox_identity(mailbox));
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	AUTO(array)
	GArray *forks = g_array_new(FALSE, FALSE, sizeof(struct ref_fork));
	AUTO(array) GArray *refs = NULL;
	AUTO(array) GArray *strands = NULL;
	AUTO(state) struct state *state = NULL;

	if (open_state(mailbox, &state, err) < 0 ||
	    state_strand_list(state, &strands, err) < 0 ||
	    store_scan_refs(store, &refs, problems, err) < 0)
		return -1;
	for (guint i = refs->len; i > 0; i--)
		if (memcmp(&g_array_index(refs, struct ref_move, i - 1).device,
			   &own, sizeof(own)) == 0)
			(void)g_array_remove_index(refs, i - 1);
	for (guint i = 0; i < strands->len; i++) {
		const struct state_strand *strand =
			&g_array_index(strands, struct state_strand, i);

		add_ref(refs, &strand->id, &own, &strand->tip);
		if (add_refs(state, strand, refs, forks, err) < 0)
			return -1;
	}
	if (store_rewrite_refs(store, refs, err) < 0)
		return -1;
	return store_put_forks(
		store, (const struct ref_fork *)(const void *)forks->data,
		forks->len, err);
}

static int mend_flags(struct mailbox *mailbox, struct err *err)
{
	AUTO(state) struct state *state = NULL;

	if (open_state(mailbox, &state, err) < 0)
		return -1;
	return state_check_mend_flags(state, err);
}

static void tell(GPtrArray *lines, const char *what, int result,
		 const struct err *err)
{
	g_ptr_array_add(lines, result < 0
				       ? g_strdup_printf("not repaired: "
							 "%s: %s",
							 what, err->text)
				       : g_strdup_printf("repaired: %s", what));
}

static const struct mender {
	enum check_cure cure;
	const char *what;
	int (*mend)(struct mailbox *mailbox, struct err *err);
} menders[] = {
	{ CURE_MODES, "modes", mend_modes },
	{ CURE_IDX, "idx files", mend_idx },
	{ CURE_REFS, "refs", mend_refs },
	{ CURE_FLAGS, "flags", mend_flags },
};

static void repair_locked(struct mailbox *mailbox, unsigned cures,
			  GPtrArray *lines)
{
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(menders); i++) {
		bool has_parts =
			mailbox_store(mailbox) && mailbox_identity(mailbox);

		if ((cures & menders[i].cure) &&
		    (has_parts || menders[i].cure == CURE_MODES))
			tell(lines, menders[i].what,
			     menders[i].mend(mailbox, &err), &err);
	}
}

void check_repair(struct mailbox *mailbox, unsigned cures, GPtrArray *lines)
{
	struct mailbox_reindexed done;
	struct err err;

	if (mailbox_lock(mailbox, &err) < 0) {
		tell(lines, "anything", -1, &err);
		return;
	}
	repair_locked(mailbox, cures, lines);
	mailbox_unlock(mailbox);
	if ((cures & CURE_INDEX) && mailbox_store(mailbox) &&
	    mailbox_identity(mailbox)) {
		mailbox_set_replayed(mailbox, 0);
		tell(lines, "index", mailbox_reindex(mailbox, &done, &err),
		     &err);
	}
}
