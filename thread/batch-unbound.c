/* SPDX-License-Identifier: ISC */
/* What comes from a server and is here already: no UID stands for it yet, or
 * the one that did is gone. */
#include "batch-meet.h"
#include "batch-parts.h"

/* It left another folder of the server's for this one, and here it is where it
 * was: it follows. */
static int follow(struct batch *batch, struct state_copy *copy, int64_t folder,
		  struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_imap_folder left = { 0 };
	struct state_imap_uid gone = { 0 };
	int found = state_imap_gone_of(state, copy->serial, &gone, err);

	if (found > 0)
		found = state_imap_folder_get(state, gone.folder, &left, err);
	if (found <= 0 || left.folder != copy->folder || copy->folder == folder)
		return found < 0 ? -1 : 0;
	batch_touch_folder(batch, copy->folder, copy->is_new);
	batch_touch_folder(batch, folder, copy->is_new);
	copy->folder = folder;
	if (batch_choose_free(batch, copy, err) < 0 ||
	    state_copy_put(state, copy, err) < 0)
		return -1;
	return batch_touch_shown(batch, copy->message, err);
}

int batch_meet_unbound(struct batch *batch, struct meeting *meeting,
		       const struct arrival *arrival, struct state_copy *like,
		       struct err *err)
{
	struct state_imap_folder there;
	struct state_copy copy;
	int found = state_imap_folder_get(batch_state(batch),
					  arrival->imap_folder, &there, err);

	there.folder = like->folder;
	if (found > 0)
		found = meeting_unbound(meeting, &there, like->message,
					arrival->made, &copy, err);
	if (found <= 0)
		return found;
	like->serial = copy.serial;
	return follow(batch, &copy, like->folder, err) < 0 ? -1 : 1;
}
