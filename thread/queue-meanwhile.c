/* SPDX-License-Identifier: ISC */
/* What the queue needs of change.h and batch.h, until those are there: then
 * this file goes. */
#include "defms/batch.h"
#include "defms/change.h"
#include "defms/reader.h"

/* The thread that shows `message` is another now. */
static int touch(struct batch *batch, const struct state_copy *copy,
		 struct err *err)
{
	struct state_message message;
	int64_t thread;
	int found = state_message_get(batch_state(batch), copy->message,
				      &message, err);

	if (found > 0)
		found = state_thread_anchored(batch_state(batch), copy->message,
					      &thread, err);
	if (found > 0)
		batch_touch_thread(batch, thread);
	if (found < 0)
		return -1;
	return state_folder_touch(batch_state(batch), copy->folder, true, true,
				  g_get_real_time() * 1000, err);
}

int change_message_flags(struct batch *batch, int64_t message, unsigned set,
			 unsigned clear, struct err *err)
{
	AUTO(array) GArray *copies = NULL;
	struct state *state = batch_state(batch);

	if (state_copy_list(state, message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++) {
		struct state_copy copy;
		int found = state_copy_get(
			state, g_array_index(copies, int64_t, i), &copy, err);

		if (found < 0 ||
		    (found > 0 &&
		     (state_copy_flags(state, copy.serial,
				       (copy.flags & ~clear) | set, err) < 0 ||
		      state_copy_move(state, copy.serial, false, err) < 0 ||
		      touch(batch, &copy, err) < 0)))
			return -1;
	}
	return state_message_flags(state, message, err) < 0 ? -1 : 1;
}

int change_copy_remove(struct batch *batch, int64_t serial, struct err *err)
{
	AUTO(array) GArray *copies = NULL;
	struct state *state = batch_state(batch);
	struct state_copy copy;
	int found = state_copy_get(state, serial, &copy, err);

	if (found <= 0)
		return found;
	if (state_copy_list(state, copy.message, 0, &copies, err) < 0 ||
	    (copies->len == 1 &&
	     state_message_remove(state, copy.message,
				  g_get_real_time() / G_USEC_PER_SEC,
				  err) < 0) ||
	    touch(batch, &copy, err) < 0)
		return -1;
	return 1;
}

int batch_note_sent(struct batch *batch, int64_t message, struct err *err)
{
	(void)batch;
	(void)message;
	(void)err;
	return 0;
}
