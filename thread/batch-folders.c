/* SPDX-License-Identifier: ISC */
#include "batch-folders.h"
#include "defms/state-copies.h"

struct folders {
	struct state *state; /* borrowed */
	GHashTable *by_name; /* owned: name -> serial */
	GHashTable *touched; /* owned: serial -> struct touched */
};

struct touched {
	bool new_too, cur_too;
};

struct folders *folders_new(struct state *state)
{
	struct folders *folders = g_new0(struct folders, 1);

	folders->state = state;
	folders->by_name =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	folders->touched = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, g_free);
	return folders;
}

void folders_free(struct folders *folders)
{
	if (!folders)
		return;
	g_hash_table_unref(folders->by_name);
	g_hash_table_unref(folders->touched);
	g_free(folders);
}

int folders_find(struct folders *folders, const char *name, int64_t *serial_r,
		 struct err *err)
{
	const int64_t *known = g_hash_table_lookup(folders->by_name, name);
	struct state_folder folder;

	if (!known) {
		if (state_folder_find(folders->state, name, true, &folder,
				      err) < 0)
			return -1;
		known = g_memdup2(&folder.serial, sizeof(folder.serial));
		(void)g_hash_table_insert(folders->by_name, g_strdup(name),
					  (gpointer)(uintptr_t)known);
	}
	*serial_r = *known;
	return 0;
}

void folders_touch(struct folders *folders, int64_t folder, bool is_new)
{
	struct touched *touched =
		g_hash_table_lookup(folders->touched, &folder);

	if (!touched) {
		touched = g_new0(struct touched, 1);
		(void)g_hash_table_insert(folders->touched,
					  g_memdup2(&folder, sizeof(folder)),
					  touched);
	}
	touched->new_too |= is_new;
	touched->cur_too |= !is_new;
}

int folders_settle(struct folders *folders, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;
	GHashTableIter it;
	gpointer folder, data;

	g_hash_table_iter_init(&it, folders->touched);
	while (g_hash_table_iter_next(&it, &folder, &data)) {
		const struct touched *touched = data;

		if (state_folder_touch(folders->state, *(int64_t *)folder,
				       touched->new_too, touched->cur_too, now,
				       err) < 0)
			return -1;
	}
	return 0;
}
