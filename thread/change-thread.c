/* SPDX-License-Identifier: ISC */
/* Threads and folders, changed by hand. */
#include "change-part.h"

#include <errno.h>
#include <string.h>

#include "defms/name.h"
#include "defms/state-threads.h"

#define INBOX "INBOX"

/* -- threads --------------------------------------------------------------- */

int change_thread_flags(struct batch *batch, int64_t serial, unsigned set,
			unsigned clear, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_thread thread;
	int found = state_thread_get(state, serial, &thread, err);
	unsigned flags;

	if (found <= 0)
		return found;
	flags = (thread.flags & ~clear) | set;
	if (flags == thread.flags)
		return 0;
	batch_touch_flags(batch, serial);
	return state_thread_flags(state, serial, flags, err) < 0 ? -1 : 1;
}

int change_thread_seen(struct batch *batch, int64_t thread, bool seen,
		       struct err *err)
{
	struct index *index = batch_index(batch, err);
	AUTO(array) GArray *messages = NULL;
	int changed = 0;

	if (!index || index_places(index, thread, -1, &messages, err) < 0)
		return -1;
	for (guint i = 0; i < messages->len; i++) {
		int result = change_message_flags(
			batch, g_array_index(messages, int64_t, i),
			seen ? FLAG_SEEN : 0, seen ? 0 : FLAG_SEEN, err);

		if (result < 0)
			return -1;
		changed |= result;
	}
	return changed;
}

/* -- folders --------------------------------------------------------------- */

static int touch(struct batch *batch, int64_t folder, struct err *err)
{
	return state_folder_touch(batch_state(batch), folder, true, true,
				  g_get_real_time() * 1000, err);
}

/* INBOX is there, whether or not anything came into it yet. */
static int is_free(struct batch *batch, const char *name, struct err *err)
{
	struct state_folder folder;
	int found = 1;

	if (strcmp(name, INBOX) != 0)
		found = state_folder_find(batch_state(batch), name, false,
					  &folder, err);
	if (found > 0)
		return err_set(err, EEXIST, "%s: there is such a folder", name);
	return found;
}

/* 1/0/-1; EBUSY for INBOX. */
static int get_folder(struct batch *batch, int64_t serial,
		      struct state_folder *folder, struct err *err)
{
	int found = state_folder_get(batch_state(batch), serial, folder, err);

	if (serial == 0 || (found > 0 && strcmp(folder->name, INBOX) == 0))
		return err_set(err, EBUSY, "INBOX stays");
	return found;
}

int change_folder_make(struct batch *batch, const char *name, int64_t *serial_r,
		       struct err *err)
{
	struct state_folder folder;

	if (is_free(batch, name, err) < 0 ||
	    state_folder_find(batch_state(batch), name, true, &folder, err) <
		    0 ||
	    touch(batch, folder.serial, err) < 0)
		return -1;
	*serial_r = folder.serial;
	return 1;
}

/* Copies of removed messages that are kept in it, INBOX keeps on. */
int change_folder_remove(struct batch *batch, int64_t serial, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_folder folder, inbox;
	int found = get_folder(batch, serial, &folder, err);
	int used;

	if (found <= 0)
		return found;
	used = state_folder_used(state, serial, err);
	if (used != 0)
		return used < 0 ? -1
				: err_set(err, ENOTEMPTY,
					  "%s: messages stand in it",
					  folder.name);
	if (state_folder_find(state, INBOX, true, &inbox, err) < 0 ||
	    state_folder_delete(state, serial, inbox.serial, err) < 0)
		return -1;
	return 1;
}

int change_folder_rename(struct batch *batch, int64_t serial, const char *name,
			 struct err *err)
{
	struct state_folder folder;
	int found = get_folder(batch, serial, &folder, err);

	if (found <= 0)
		return found;
	if (strcmp(folder.name, name) == 0)
		return 0;
	if (is_free(batch, name, err) < 0 ||
	    state_folder_rename(batch_state(batch), serial, name, err) < 0 ||
	    touch(batch, serial, err) < 0)
		return -1;
	return 1;
}
