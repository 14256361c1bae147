/* SPDX-License-Identifier: ISC */
#include "batch-imap.h"

#include "change-part.h"
#include "defms/state-imap.h"

/* Is it where the server had it until now? 1/0/-1 */
static int is_left_behind(struct state *state, const struct state_copy *copy,
			  struct err *err)
{
	struct state_imap_folder left = { 0 };
	struct state_imap_uid gone = { 0 };
	int found = state_imap_gone_of(state, copy->serial, &gone, err);

	if (found > 0)
		found = state_imap_folder_get(state, gone.folder, &left, err);
	return found > 0 ? left.folder == copy->folder : found;
}

int imap_follow(struct state *state, struct folders *folders,
		struct state_copy *copy, int64_t folder, bool *moved_r,
		struct err *err)
{
	int left =
		copy->folder == folder ? 0 : is_left_behind(state, copy, err);

	*moved_r = left > 0;
	if (left <= 0)
		return left < 0 ? -1 : 1;
	folders_touch(folders, copy->folder, copy->is_new);
	folders_touch(folders, folder, copy->is_new);
	copy->folder = folder;
	if (change_put_renamed(state, copy, err) < 0)
		return -1;
	return 1;
}
