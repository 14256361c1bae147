/* SPDX-License-Identifier: ISC */
/* States of files. */
#include "files-turn.h"

#include "files-parts.h"

#include <unistd.h>

/* To a message: its name goes, and its bytes unless it has others. */
static void become_message(struct files *files, struct item *item)
{
	struct name *name =
		item->names->len > 0
			? g_ptr_array_index(item->names, item->names->len - 1)
			: NULL;

	files_set_state(files, item, FILE_MESSAGE);
	if (!name)
		return;
	files_add_note(files, name->place->dir, name->text, item->number);
	if (item->names->len == 1)
		files_let_go(files, item);
	files_drop_name(files, name);
}

bool files_turn(struct files *files, const struct file *from,
		enum file_state to)
{
	AUTO(str) char *path = NULL;
	struct ledger_id id;
	struct item *item;
	bool turned, noted = false;

	(void)pthread_mutex_lock(&files->change);
	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, from->number);
	turned = item && item->state == from->state && item->writing == 0 &&
		 item->changed <= from->changed;
	if (turned && to == FILE_MESSAGE) {
		if (item->names->len > 0)
			path = files_path(g_ptr_array_index(
				item->names, item->names->len - 1));
		noted = files_unnote(item, &id);
		become_message(files, item);
	} else if (turned) {
		files_set_state(files, item, to);
	}
	(void)pthread_mutex_unlock(&files->lock);
	if (path)
		(void)unlinkat(files->root, path, 0);
	if (noted)
		(void)ledger_drop_mail(files->ledger, &id);
	(void)pthread_mutex_unlock(&files->change);
	return turned;
}

void files_set_copy(struct files *files, uint32_t number, int64_t copy)
{
	struct item *item;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item && item->copy == 0)
		item->copy = copy;
	(void)pthread_mutex_unlock(&files->lock);
}
