/* SPDX-License-Identifier: ISC */
#include "batch-mute.h"

#include <string.h>

#include "change-part.h"
#include "defms/state-threads.h"

/* Out of INBOX: 1 and another folder, 0 if it is not in there, -1. */
static int find_other(struct state *state, struct folders *folders,
		      int64_t folder, int64_t *other_r, struct err *err)
{
	struct state_folder row;
	int found = state_folder_get(state, folder, &row, err);

	if (found <= 0 || strcmp(row.name, "INBOX") != 0)
		return MIN(found, 0);
	return folders_find(folders, "Archive", other_r, err) < 0 ? -1 : 1;
}

static int mute_copy(struct state *state, struct folders *folders,
		     struct state_copy *copy, struct err *err)
{
	if (find_other(state, folders, copy->folder, &copy->folder, err) < 0)
		return -1;
	copy->flags |= FLAG_SEEN;
	copy->is_new = copy->has_suffix = false;
	folders_touch(folders, copy->folder, false);
	if (change_put_renamed(state, copy, err) < 0)
		return -1;
	return state_message_flags(state, copy->message, err);
}

static int is_muted(struct state *state, int64_t serial, struct err *err)
{
	struct state_thread thread;
	int found = state_thread_get(state, serial, &thread, err);

	return found > 0 ? (thread.flags & THREAD_MUTED) != 0 : found;
}

int mute_copies(struct filing *filing, struct state *state,
		struct folders *folders, const GArray *came, struct err *err)
{
	for (guint i = 0; i < came->len; i++) {
		struct state_copy copy;
		int64_t thread;
		int found = state_copy_get(
			state, g_array_index(came, int64_t, i), &copy, err);

		if (found > 0)
			found = filing_place_of(filing, copy.message, &thread,
						err);
		if (found > 0)
			found = is_muted(state, thread, err);
		if (found < 0 ||
		    (found > 0 && mute_copy(state, folders, &copy, err) < 0))
			return -1;
	}
	return 0;
}

int mute_would_move(struct index *index, struct state *state,
		    struct folders *folders, const struct state_copy *copy,
		    int64_t *folder_r, struct err *err)
{
	int64_t thread;
	int found = index_place_of(index, copy->message, &thread, err);

	if (found > 0)
		found = is_muted(state, thread, err);
	if (found <= 0)
		return found;
	return find_other(state, folders, copy->folder, folder_r, err);
}
