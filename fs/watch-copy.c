/* SPDX-License-Identifier: ISC */
/* Copies: files whose names tell their flags. */
#include <string.h>

#include "render.h"
#include "watch-parts.h"

/* A copy, and where it stands. */
struct place {
	struct state_copy copy;
	struct node dir; /* of its folder, by its face */
	bool inbox;
};

static int find_copy(struct work *work, int64_t serial, struct place *place,
		     struct err *err)
{
	struct state_folder folder;
	int found = state_copy_get(work->state, serial, &place->copy, err);

	if (found > 0)
		found = state_folder_get(work->state, place->copy.folder,
					 &folder, err);
	if (found > 0)
		place->inbox = strcmp(folder.name, "INBOX") == 0;
	return found;
}

static void drop_face(struct watch *watch, const struct place *place,
		      int64_t thread, uint8_t face)
{
	struct state_copy copy = place->copy;
	AUTO(str) char *in_folder = NULL, *in_thread = NULL;

	copy.flags = face & 0x3f;
	copy.is_new = face & SHOWN_NEW;
	in_folder = render_copy(&copy, false);
	in_thread = render_copy(&copy, true);
	if (in_folder)
		mount_drop_name(watch->mount,
				node_make(copy.is_new ? NODE_FOLDER_NEW
						      : NODE_FOLDER_CUR,
					  place->inbox ? 0 : copy.folder, 0),
				in_folder);
	if (thread != 0)
		mount_drop_name(watch->mount,
				node_make(copy.is_new ? NODE_THREAD_NEW
						      : NODE_THREAD_CUR,
					  thread, 0),
				in_thread);
}

/* One that was shown as it is, and where it is, stays. */
static int look_at_copy(struct watch *watch, struct work *work, int64_t serial,
			int64_t thread, bool stays, struct err *err)
{
	uint8_t was = shown_take_copy(work->fs->shown, serial), is;
	struct place place;
	int found = find_copy(work, serial, &place, err);

	if (found <= 0)
		return found;
	is = shown_face(place.copy.flags, place.copy.is_new);
	if (was == is && stays) {
		shown_copy(work->fs->shown, serial, was,
			   shown_round(work->fs->shown));
		return 0;
	}
	if (was != SHOWN_NEVER && was != is)
		drop_face(watch, &place, thread, was);
	drop_face(watch, &place, thread, is);
	return 0;
}

int watch_copies(struct watch *watch, struct work *work, int64_t message,
		 int64_t thread, bool is_new, struct err *err)
{
	AUTO(array) GArray *copies = NULL;
	struct state_message state;
	int found = state_message_get(work->state, message, &state, err);

	if (found <= 0)
		return found;
	if (state_copy_list(work->state, message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++)
		if (look_at_copy(watch, work, g_array_index(copies, int64_t, i),
				 thread, !is_new && state.removed == 0,
				 err) < 0)
			return -1;
	return 0;
}

int watch_old_copies(struct watch *watch, struct work *work, struct err *err)
{
	int64_t serial;
	uint8_t face;

	while (shown_take_old(work->fs->shown, &serial, &face)) {
		struct index_message message = { 0 };
		struct place place;
		int found = find_copy(work, serial, &place, err);

		if (found > 0)
			found = index_message_get(
				work->index, place.copy.message, &message, err);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		drop_face(watch, &place, message.thread, face);
		index_message_release(&message);
	}
	return 0;
}
