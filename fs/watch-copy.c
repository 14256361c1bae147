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

static void drop_in_folder(struct watch *watch, const struct place *place,
			   const struct state_copy *copy, const char *own)
{
	enum node_kind kind = copy->is_new ? NODE_FOLDER_NEW : NODE_FOLDER_CUR;
	AUTO(str) char *name = own ? g_strdup(own) : render_copy(copy, false);

	if (name)
		mount_drop_name(
			watch->mount,
			node_make(kind, place->inbox ? 0 : copy->folder, 0),
			name);
}

static void drop_in_thread(struct watch *watch, const struct state_copy *copy,
			   int64_t thread)
{
	enum node_kind kind = copy->is_new ? NODE_THREAD_NEW : NODE_THREAD_CUR;
	AUTO(str) char *name = render_copy(copy, true);

	mount_drop_name(watch->mount, node_make(kind, thread, 0), name);
}

/* The name it has with `face`, or `own`, or in `thread` if that is not 0. */
static void drop_face(struct watch *watch, const struct place *place,
		      int64_t thread, uint8_t face, const char *own)
{
	struct state_copy copy = place->copy;

	copy.flags = face & 0x3f;
	copy.is_new = face & SHOWN_NEW;
	copy.has_suffix = false;
	if (thread != 0)
		drop_in_thread(watch, &copy, thread);
	else
		drop_in_folder(watch, place, &copy, own);
}

/* One that was shown as it is, and where it is, stays. */
static void look_at_face(struct watch *watch, struct shown *shown,
			 const struct place *place, int64_t thread, bool stays)
{
	const struct shown_as as = { place->copy.serial, thread != 0 };
	AUTO(str) char *own = thread ? NULL : render_own(&place->copy);
	AUTO(str) char *was_own = NULL;
	uint8_t was = shown_take_copy(shown, as, &was_own);
	uint8_t is = shown_face(place->copy.flags, place->copy.is_new);
	bool same = was == is && g_strcmp0(was_own, own) == 0;

	if (same && stays) {
		shown_copy(shown, as, was, own, shown_round(shown));
		return;
	}
	/* Who sees that the old name is gone can use the new one. */
	drop_face(watch, place, thread, is, own);
	if (was != SHOWN_NEVER && !same)
		drop_face(watch, place, thread, was, was_own);
}

static int look_at_copy(struct watch *watch, struct work *work, int64_t serial,
			int64_t thread, bool stays, struct err *err)
{
	struct place place;
	int found = find_copy(work, serial, &place, err);

	if (found <= 0)
		return found;
	look_at_face(watch, work->fs->shown, &place, 0, stays);
	if (thread != 0)
		look_at_face(watch, work->fs->shown, &place, thread, stays);
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

/* What `as` says was called so. 1/0/-1 */
static int drop_old(struct watch *watch, struct work *work, struct shown_as as,
		    uint8_t face, const char *own, struct err *err)
{
	struct place place;
	int64_t thread = 0;
	int found = find_copy(work, as.copy, &place, err);

	if (found > 0 && as.in_thread)
		found = index_place_of(work->index, place.copy.message, &thread,
				       err);
	if (found > 0)
		drop_face(watch, &place, thread, face, own);
	return found;
}

int watch_old_copies(struct watch *watch, struct work *work, struct err *err)
{
	for (;;) {
		AUTO(str) char *own = NULL;
		struct shown_as as;
		uint8_t face;

		if (!shown_take_old(work->fs->shown, &as, &face, &own))
			return 0;
		if (drop_old(watch, work, as, face, own, err) < 0)
			return -1;
	}
}
