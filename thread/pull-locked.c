/* SPDX-License-Identifier: ISC */
#include "pull-locked.h"

#include "defms/key.h"
#include "mailbox-parts.h"

struct pull_locked {
	int64_t generations;
	GMutex lock;     /* over what follows */
	GHashTable *ids; /* owned: struct object_id, that were added */
};

struct pull_locked *pull_locked_new(const struct mailbox *mailbox)
{
	struct pull_locked *locked = g_new0(struct pull_locked, 1);

	locked->generations =
		(int64_t)identity_generation(mailbox_identity(mailbox)) + 1;
	g_mutex_init(&locked->lock);
	locked->ids = g_hash_table_new_full(object_id_hash, object_id_equal,
					    g_free, NULL);
	return locked;
}

void pull_locked_free(struct pull_locked *locked)
{
	if (!locked)
		return;
	g_mutex_clear(&locked->lock);
	g_hash_table_unref(locked->ids);
	g_free(locked);
}

int pull_locked_has(struct pull_locked *locked, struct state *state,
		    const struct object_id *keys, struct err *err)
{
	bool has;

	g_mutex_lock(&locked->lock);
	has = g_hash_table_contains(locked->ids, keys);
	g_mutex_unlock(&locked->lock);
	return has ? 1
		   : state_locked_get(state, keys, locked->generations, err);
}

void pull_locked_add(struct pull_locked *locked, const struct object_id *keys)
{
	g_mutex_lock(&locked->lock);
	(void)g_hash_table_add(locked->ids, g_memdup2(keys, sizeof(*keys)));
	g_mutex_unlock(&locked->lock);
}

static int put_all(const struct pull_locked *locked, struct state *state)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	GHashTableIter it;
	gpointer keys;

	g_hash_table_iter_init(&it, locked->ids);
	while (g_hash_table_iter_next(&it, &keys, NULL))
		if (state_locked_put(state, keys, locked->generations, now,
				     NULL) < 0)
			return -1;
	return state_locked_trim(state, NULL);
}

void pull_locked_keep(struct pull_locked *locked, struct mailbox *mailbox,
		      struct state *state)
{
	if (g_hash_table_size(locked->ids) == 0 ||
	    mailbox_lock(mailbox, NULL) < 0)
		return;
	if (state_begin(state, true, NULL) == 0 &&
	    (put_all(locked, state) < 0 || state_commit(state, NULL) < 0))
		state_rollback(state);
	mailbox_unlock(mailbox);
}
