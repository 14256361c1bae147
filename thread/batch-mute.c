/* SPDX-License-Identifier: ISC */
/* Mail that comes to a muted thread. */
#include <string.h>

#include "batch-parts.h"

/* A copy of a message that came to a muted thread: seen, and out of INBOX. */
static int mute_copy(struct batch *batch, int64_t serial, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_folder folder;
	struct state_copy copy;
	int found = state_copy_get(state, serial, &copy, err);

	if (found > 0)
		found = state_folder_get(state, copy.folder, &folder, err);
	if (found <= 0)
		return found;
	if (strcmp(folder.name, "INBOX") == 0 &&
	    batch_find_folder(batch, "Archive", &copy.folder, err) < 0)
		return -1;
	copy.flags |= FLAG_SEEN;
	copy.is_new = copy.has_suffix = false;
	batch_touch_folder(batch, copy.folder, false);
	if (batch_choose_free(batch, &copy, err) < 0)
		return -1;
	return state_copy_put(state, &copy, err);
}

static int mute_message(struct batch *batch, int64_t message, struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(array) GArray *copies = NULL;

	if (state_copy_list(state, message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++)
		if (mute_copy(batch, g_array_index(copies, int64_t, i), err) <
		    0)
			return -1;
	return state_message_flags(state, message, err);
}

/* Which thread a message belongs to, the filing knows. */
int batch_mute(struct batch *batch, const GArray *added, struct err *err)
{
	struct state_thread thread;
	int64_t serial;

	for (guint i = 0; i < added->len; i++) {
		int64_t message = g_array_index(added, int64_t, i);
		int found = filing_place_of(batch_filing(batch), message,
					    &serial, err);

		if (found > 0)
			found = state_thread_get(batch_state(batch), serial,
						 &thread, err);
		if (found < 0 || (found > 0 && thread.flags & THREAD_MUTED &&
				  mute_message(batch, message, err) < 0))
			return -1;
	}
	return 0;
}
