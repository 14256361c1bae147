/* SPDX-License-Identifier: ISC */
/* Copies: files whose names tell their flags. */
#include <string.h>

#include "render.h"
#include "watch-parts.h"

/* A copy, and where it stands. */
struct place {
	struct state_copy copy;
	int64_t thread; /* 0: in its folder */
	bool inbox;
};

static int find_folder(struct work *work, struct place *place, int64_t folder,
		       struct err *err)
{
	struct state_folder row;
	int found = state_folder_get(work->state, folder, &row, err);

	place->copy.folder = folder;
	place->inbox = found > 0 && strcmp(row.name, "INBOX") == 0;
	return found;
}

static int find_copy(struct work *work, int64_t serial, struct place *place,
		     struct err *err)
{
	int found = state_copy_get(work->state, serial, &place->copy, err);

	place->thread = 0;
	return found > 0 ? find_folder(work, place, place->copy.folder, err)
			 : found;
}

static struct node dir_of(const struct place *place, bool is_new)
{
	if (place->thread != 0)
		return node_make(is_new ? NODE_THREAD_NEW : NODE_THREAD_CUR,
				 place->thread, 0);
	return node_make(is_new ? NODE_FOLDER_NEW : NODE_FOLDER_CUR,
			 place->inbox ? 0 : place->copy.folder, 0);
}

/* The name it has with `face`, or `own`. */
static void drop_face(struct watch *watch, const struct place *place,
		      uint8_t face, const char *own)
{
	struct state_copy copy = place->copy;
	AUTO(str) char *name = NULL;

	copy.flags = face & 0x3f;
	copy.is_new = face & SHOWN_NEW;
	copy.has_suffix = false;
	name = own ? g_strdup(own) : render_copy(&copy, place->thread != 0);
	if (name)
		mount_drop_name(watch->mount, dir_of(place, copy.is_new), name);
}

/* One that was shown as it is, and where it is, stays. What is taken may be
 * newer than what this round sees, and so is dropped once more in the next. */
static void look_at_face(struct watch *watch, struct shown *shown,
			 const struct place *place, bool stays)
{
	bool in_thread = place->thread != 0;
	const struct shown_as as = { place->copy.serial, in_thread,
				     place->copy.folder };
	AUTO(str) char *own = in_thread ? NULL : render_own(&place->copy);
	AUTO(str) char *was_own = NULL;
	uint8_t was = shown_take_copy(shown, as, &was_own);
	uint8_t is = shown_face(place->copy.flags, place->copy.is_new);
	bool same = was == is && g_strcmp0(was_own, own) == 0;

	if (same && stays) {
		shown_copy(shown, as, was, own, shown_round(shown));
		return;
	}
	/* Who sees that the old name is gone can use the new one. */
	drop_face(watch, place, is, own);
	if (was == SHOWN_NEVER)
		return;
	if (!same)
		drop_face(watch, place, was, was_own);
	shown_old(shown, as, was, was_own);
}

static int look_at_copy(struct watch *watch, struct work *work, int64_t serial,
			int64_t thread, bool stays, struct err *err)
{
	struct place place;
	int found = find_copy(work, serial, &place, err);

	if (found <= 0)
		return found;
	look_at_face(watch, work->fs->shown, &place, stays);
	place.thread = thread;
	if (thread != 0)
		look_at_face(watch, work->fs->shown, &place, stays);
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

/* 1/0/-1 */
static int drop_gone(struct watch *watch, struct work *work,
		     struct place *place, struct err *err)
{
	int found = find_folder(work, place, place->copy.folder, err);

	if (found > 0)
		look_at_face(watch, work->fs->shown, place, false);
	if (found >= 0)
		found = index_place_of(work->index, place->copy.message,
				       &place->thread, err);
	if (found > 0)
		look_at_face(watch, work->fs->shown, place, false);
	return found;
}

int watch_gone_copies(struct watch *watch, struct work *work, struct err *err)
{
	int more = 1;

	while (more > 0 && !g_atomic_int_get(&watch->stop)) {
		struct place place = { 0 };

		more = state_copy_gone(work->state, &watch->last_gone,
				       &place.copy, err);
		if (more > 0 && drop_gone(watch, work, &place, err) < 0)
			return -1;
	}
	return more;
}

/* What `as` says was called so, where it was and where it is. 1/0/-1 */
static int drop_old(struct watch *watch, struct work *work, struct shown_as as,
		    uint8_t face, const char *own, struct err *err)
{
	struct place place;
	int found = find_copy(work, as.copy, &place, err);

	if (found > 0 && as.in_thread)
		found = index_place_of(work->index, place.copy.message,
				       &place.thread, err);
	if (found <= 0)
		return found;
	drop_face(watch, &place, face, own);
	if (as.in_thread || as.folder == place.copy.folder)
		return 1;
	found = find_folder(work, &place, as.folder, err);
	if (found > 0)
		drop_face(watch, &place, face, own);
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
