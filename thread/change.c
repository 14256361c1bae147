/* SPDX-License-Identifier: ISC */
/* Messages and their copies, changed by hand. */
#include "defms/change.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "change-part.h"
#include "defms/name.h"

int change_touch_folder(struct batch *batch, const struct state_copy *copy,
			struct err *err)
{
	return state_folder_touch(batch_state(batch), copy->folder,
				  copy->is_new, !copy->is_new,
				  g_get_real_time() * 1000, err);
}

static int touch(struct batch *batch, const struct state_copy *copy,
		 struct err *err)
{
	if (change_touch_folder(batch, copy, err) < 0)
		return -1;
	return batch_touch_message(batch, copy->message, err);
}

/* Another file of the name that `copy` has now? 1/0/-1. */
static int is_taken(struct state *state, const struct state_copy *copy,
		    struct err *err)
{
	AUTO(str) char *name = name_copy(copy);
	struct state_copy other;
	int found = state_copy_called(state, copy->folder, copy->is_new, name,
				      &other, err);

	return found > 0 ? other.serial != copy->serial : found;
}

int change_put_renamed(struct state *state, struct state_copy *copy,
		       struct err *err)
{
	int taken = is_taken(state, copy, err);

	if (taken < 0)
		return -1;
	if (taken > 0)
		copy->base[0] = '\0';
	return state_copy_put(state, copy, err);
}

/* -- one copy -------------------------------------------------------------- */

static int check_name(const char *name, struct err *err)
{
	if (strlen(name) > NAME_MAX)
		return err_set(err, ENAMETOOLONG, "a name over %d bytes",
			       NAME_MAX);
	if (name[0] == '\0' || name[0] == '.')
		return err_set(err, EINVAL, "\"%s\" is no name of a message",
			       name);
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || *at == '/')
			return err_set(err, EINVAL,
				       "a name with a control character");
	return 0;
}

/* The boxes that it has left and come to. */
static int touch_both(struct batch *batch, const struct state_copy *old,
		      const struct state_copy *new, struct err *err)
{
	int64_t now = g_get_real_time() * 1000;

	if (old->folder == new->folder)
		return state_folder_touch(batch_state(batch), new->folder,
					  old->is_new || new->is_new,
					  !old->is_new || !new->is_new, now,
					  err);
	if (change_touch_folder(batch, old, err) < 0)
		return -1;
	return change_touch_folder(batch, new, err);
}

/* `copy` as it would be there. */
static int put_in_place(struct state *state, const struct change_place *place,
			struct state_copy *copy, struct err *err)
{
	int taken;

	copy->folder = place->folder;
	copy->is_new = place->is_new;
	name_copy_split(place->name, copy);
	taken = place->is_free ? 0 : is_taken(state, copy, err);
	return taken > 0 ? err_set(err, EEXIST, "%s: is there already",
				   place->name)
			 : taken;
}

int change_copy_place(struct batch *batch, int64_t serial,
		      const struct change_place *place,
		      struct state_copy *copy_r, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_copy old, new;
	int found;

	if (check_name(place->name, err) < 0)
		return -1;
	found = state_copy_get(state, serial, &old, err);
	if (found <= 0)
		return found;
	new = old;
	if (put_in_place(state, place, &new, err) < 0 ||
	    state_copy_put(state, &new, err) < 0 ||
	    (new.flags !=
	     old.flags &&state_message_flags(state, old.message, err) < 0) ||
	    touch_both(batch, &old, &new, err) < 0 ||
	    batch_touch_message(batch, new.message, err) < 0)
		return -1;
	*copy_r = new;
	return 1;
}

int change_copy_again(struct batch *batch, int64_t serial,
		      const struct change_place *place,
		      struct state_copy *copy_r, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_message message;
	struct state_copy copy;
	int found;

	if (check_name(place->name, err) < 0)
		return -1;
	found = state_copy_get(state, serial, &copy, err);
	if (found > 0)
		found = state_message_get(state, copy.message, &message, err);
	if (found <= 0 || message.removed != 0)
		return MIN(found, 0);
	copy.serial = 0;
	if (put_in_place(state, place, &copy, err) < 0 ||
	    state_copy_again(state, serial, &copy, err) < 0 ||
	    state_message_flags(state, copy.message, err) < 0 ||
	    touch(batch, &copy, err) < 0)
		return -1;
	*copy_r = copy;
	return 1;
}

/* A made name has the time in it, and names do not change: from then on it is
 * one of its own. */
static void set_received(struct state_copy *copy, int64_t received)
{
	AUTO(str) char *before = name_copy(copy);
	AUTO(str) char *after = NULL;

	copy->received = received;
	after = name_copy(copy);
	if (strcmp(before, after) != 0)
		name_copy_split(before, copy);
}

int change_copy_received(struct batch *batch, int64_t serial, int64_t received,
			 struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_copy copy;
	int found = state_copy_get(state, serial, &copy, err);

	if (found <= 0 || copy.received == received)
		return found;
	set_received(&copy, received);
	if (state_copy_put(state, &copy, err) < 0 ||
	    touch(batch, &copy, err) < 0)
		return -1;
	return 1;
}

/* The row of the last copy is kept, for when the message is brought back. */
int change_copy_remove(struct batch *batch, int64_t serial, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_message message;
	struct state_copy copy;
	int found = state_copy_get(state, serial, &copy, err), others;

	if (found > 0)
		found = state_message_get(state, copy.message, &message, err);
	if (found <= 0 || message.removed)
		return found < 0 ? -1 : 0;
	others = state_copy_other(state, copy.message, serial, err);
	if (others < 0)
		return -1;
	if (others == 0)
		return change_message_remove(batch, copy.message, true, err);
	if (state_copy_delete(state, serial, err) < 0 ||
	    state_message_flags(state, copy.message, err) < 0 ||
	    touch(batch, &copy, err) < 0)
		return -1;
	return 1;
}

/* -- all copies of a message ----------------------------------------------- */

/* What is to become of each of them. */
struct wish {
	unsigned set, clear;
	bool place; /* to new/ or cur/, as `is_new` says */
	bool is_new;
};

static int change_copy(struct batch *batch, int64_t serial,
		       const struct wish *wish, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_copy old, new;
	int found = state_copy_get(state, serial, &old, err);

	if (found <= 0)
		return found;
	new = old;
	new.flags = (old.flags & ~wish->clear) | wish->set;
	if (wish->place)
		new.is_new = wish->is_new;
	else if (new.flags != old.flags)
		new.is_new = false;
	if (new.flags == old.flags &&new.is_new == old.is_new)
		return 0;
	new.has_suffix = false;
	if (change_put_renamed(state, &new, err) < 0 ||
	    change_touch_folder(batch, &old, err) < 0 ||
	    change_touch_folder(batch, &new, err) < 0)
		return -1;
	return 1;
}

int change_copy_flags(struct batch *batch, int64_t serial, unsigned flags,
		      struct err *err)
{
	struct wish wish = { .set = flags, .clear = ~flags };
	int changed = change_copy(batch, serial, &wish, err);
	struct state_copy copy;

	if (changed <= 0)
		return changed;
	if (state_copy_get(batch_state(batch), serial, &copy, err) < 0 ||
	    state_message_flags(batch_state(batch), copy.message, err) < 0 ||
	    batch_touch_message(batch, copy.message, err) < 0)
		return -1;
	return 1;
}

static int change_copies(struct batch *batch, int64_t message,
			 const struct wish *wish, struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(array) GArray *copies = NULL;
	int changed = 0;

	if (state_copy_list(state, message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++) {
		int result = change_copy(
			batch, g_array_index(copies, int64_t, i), wish, err);

		if (result < 0)
			return -1;
		changed |= result;
	}
	if (changed && (state_message_flags(state, message, err) < 0 ||
			batch_touch_message(batch, message, err) < 0))
		return -1;
	return changed;
}

int change_message_flags(struct batch *batch, int64_t message, unsigned set,
			 unsigned clear, struct err *err)
{
	return change_copies(batch, message,
			     &(struct wish){ .set = set, .clear = clear }, err);
}

int change_message_new(struct batch *batch, int64_t message, bool is_new,
		       struct err *err)
{
	struct wish wish = { .place = true, .is_new = is_new };

	if (is_new)
		wish.clear = ~0U;
	return change_copies(batch, message, &wish, err);
}

/* Its thread shows one message less, or more. */
static int touch_thread(struct batch *batch, int64_t message, struct err *err)
{
	struct index *index = batch_index(batch, err);
	int64_t thread;
	int found = index ? index_place_of(index, message, &thread, err) : -1;

	if (found > 0)
		batch_touch_thread(batch, thread);
	return found < 0 ? -1 : 0;
}

int change_message_place(struct batch *batch, int64_t message, unsigned flags,
			 bool is_new, struct err *err)
{
	const struct wish wish = {
		.set = flags,
		.clear = ~0U,
		.place = true,
		.is_new = is_new,
	};

	return change_copies(batch, message, &wish, err);
}

/* One that comes back must not have a name that another has got meanwhile: to
 * be asked while it is still removed itself, and so not found. */
static int show_copies(struct batch *batch, int64_t message, struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(array) GArray *copies = NULL;

	if (state_copy_list(state, message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++) {
		struct state_copy copy;
		int found = state_copy_get(
			state, g_array_index(copies, int64_t, i), &copy, err);

		if (found < 0 ||
		    (found > 0 && (change_put_renamed(state, &copy, err) < 0 ||
				   change_touch_folder(batch, &copy, err) < 0)))
			return -1;
	}
	return 0;
}

int change_message_remove(struct batch *batch, int64_t serial, bool remove,
			  struct err *err)
{
	struct state *state = batch_state(batch);
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	struct state_message message;
	int found = state_message_get(state, serial, &message, err);

	/* One that is erased (strand 0) has nothing to bring back. */
	if (found <= 0 || remove == (message.removed != 0) ||
	    message.strand == 0)
		return found < 0 ? -1 : 0;
	if ((remove && state_message_remove(state, serial, now, err) < 0) ||
	    show_copies(batch, serial, err) < 0 ||
	    (!remove && state_message_remove(state, serial, 0, err) < 0) ||
	    touch_thread(batch, serial, err) < 0)
		return -1;
	return 1;
}
