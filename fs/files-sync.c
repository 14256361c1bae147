/* SPDX-License-Identifier: ISC */
/* What is synced is durable by itself or, while it is delivered, by its record
 * in the ledger: a small file in tmp/ that this mount has made, until it is
 * changed. Where it stands then does not matter, for it is told by its inode.
 */
#include "files-parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "defms/crash.h"
#include "site.h"

/* A directory that was made is needed to find what is in it. */
static int sync_root(struct files *files, struct err *err)
{
	unsigned made, sure;

	(void)pthread_mutex_lock(&files->lock);
	made = files->made;
	sure = files->made_sure;
	(void)pthread_mutex_unlock(&files->lock);
	if (made == sure)
		return 0;
	if (fsync(files->root) < 0)
		return err_sys(err, "files");
	(void)pthread_mutex_lock(&files->lock);
	files->made_sure = MAX(files->made_sure, made);
	(void)pthread_mutex_unlock(&files->lock);
	return 0;
}

/* -- by itself ------------------------------------------------------------- */

static int sync_handle(struct files *files, uint32_t number, struct err *err)
{
	struct handle *handle;
	int result;

	if (files_take_handle(files, number, &handle, err) < 0)
		return -1;
	result = fsync(handle->fd) == 0 ? 0 : err_sys(err, "file");
	files_put_handle(files, handle);
	return result < 0 ? -1 : sync_root(files, err);
}

/* 1 it has a record, 0, -1 */
static int get_noted(struct files *files, uint32_t number,
		     struct ledger_id *id_r)
{
	const struct item *item;
	bool noted;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	noted = item && item->noted;
	if (noted)
		*id_r = item->id;
	(void)pthread_mutex_unlock(&files->lock);
	return noted;
}

static void set_noted(struct files *files, uint32_t number, bool noted)
{
	struct item *item;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item) {
		item->noted = noted;
		item->fresh = false;
	}
	(void)pthread_mutex_unlock(&files->lock);
}

static int sync_itself(struct files *files, uint32_t number, struct err *err)
{
	struct ledger_id id;

	if (sync_handle(files, number, err) < 0)
		return -1;
	if (get_noted(files, number, &id) && !ledger_drop(files->ledger, &id))
		return 0; /* its record says the same still */
	set_noted(files, number, false);
	return 0;
}

bool files_unnote(struct item *item, struct ledger_id *id_r)
{
	bool noted = item->noted && item->names->len <= 1;

	if (noted) {
		*id_r = item->id;
		item->noted = false;
	}
	item->fresh = item->fresh && !noted;
	return noted;
}

/* -- by the ledger --------------------------------------------------------- */

/* What it is like, before it is read. */
struct before {
	char key[FILES_KEY], name[256];
	int64_t changed;
	size_t size;
};

static bool is_in_tmp(const struct place *place)
{
	return place->dir.kind == NODE_FOLDER_TMP ||
	       place->dir.kind == NODE_THREAD_TMP;
}

/* Is it one for the ledger? `lock` is held. */
static bool is_for_ledger(const struct item *item, struct before *before)
{
	const struct name *name;

	if (!item || !item->fresh || item->noted || item->writing > 0 ||
	    item->names->len != 1 || !S_ISREG(item->mode) ||
	    item->host.st_size > LEDGER_DATA)
		return false;
	name = g_ptr_array_index(item->names, 0);
	if (!is_in_tmp(name->place))
		return false;
	(void)g_strlcpy(before->key, name->place->key, sizeof(before->key));
	(void)g_strlcpy(before->name, name->text, sizeof(before->name));
	before->changed = item->changed;
	before->size = (size_t)item->host.st_size;
	return true;
}

/* 1 noted, 0 it cannot be, -1 */
static int put(struct files *files, uint32_t number,
	       const struct before *before, struct ledger_id *id_r,
	       struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct ledger_file file = { .key = before->key, .name = before->name };
	struct handle *handle;
	int known;

	if (files_take_handle(files, number, &handle, err) < 0)
		return -1;
	known = ledger_id(handle->fd, &file.id, err);
	files_put_handle(files, handle);
	if (known <= 0 ||
	    files_read(files, number, 0, before->size, data, err) < 0)
		return MIN(known, 0);
	file.data = data->data;
	file.size = data->len;
	*id_r = file.id;
	return ledger_put(files->ledger, &file);
}

/* Nothing was written, and no name changed, while it was read? */
static bool keep_note(struct files *files, uint32_t number,
		      const struct before *before, const struct ledger_id *id)
{
	struct item *item;
	bool kept;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	kept = item && item->writing == 0 && item->changed == before->changed &&
	       item->names->len == 1;
	if (kept) {
		item->id = *id;
		item->noted = true;
	}
	if (item)
		item->fresh = false;
	(void)pthread_mutex_unlock(&files->lock);
	return kept;
}

/* 1 durable, 0 not, -1 */
static int sync_by_ledger(struct files *files, uint32_t number, struct err *err)
{
	struct before before;
	struct ledger_id id;
	bool may;
	int noted;

	(void)pthread_mutex_lock(&files->lock);
	may = is_for_ledger(files_item(files, number), &before);
	(void)pthread_mutex_unlock(&files->lock);
	noted = may ? put(files, number, &before, &id, err) : 0;
	if (noted <= 0)
		return noted;
	if (!keep_note(files, number, &before, &id)) {
		(void)ledger_drop(files->ledger, &id);
		return 0;
	}
	crash_point("ledger: noted, before it is synced");
	return ledger_sync(files->ledger, err) == 0;
}

/* -- room in the ledger ---------------------------------------------------- */

static GArray *all_noted(struct files *files)
{
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GHashTableIter it;
	gpointer data;

	(void)pthread_mutex_lock(&files->lock);
	g_hash_table_iter_init(&it, files->items);
	while (g_hash_table_iter_next(&it, NULL, &data)) {
		const struct item *item = data;

		if (item->noted)
			(void)g_array_append_val(numbers, item->number);
	}
	(void)pthread_mutex_unlock(&files->lock);
	return numbers;
}

/* That what became mail has no name any more. */
static int sync_boxes(struct files *files, struct err *err)
{
	AUTO(array)
	GArray *dirs = g_array_new(FALSE, FALSE, sizeof(struct node));
	GHashTableIter it;
	gpointer data;

	(void)pthread_mutex_lock(&files->lock);
	g_hash_table_iter_init(&it, files->places);
	while (g_hash_table_iter_next(&it, NULL, &data)) {
		const struct place *place = data;

		if (site_is_box(place->dir))
			(void)g_array_append_val(dirs, place->dir);
	}
	(void)pthread_mutex_unlock(&files->lock);
	for (guint i = 0; i < dirs->len; i++)
		if (files_sync_dir(files, g_array_index(dirs, struct node, i),
				   err) < 0)
			return -1;
	return 0;
}

/* Those that keep a half from being written anew. */
static int settle_old(struct files *files, struct err *err)
{
	guint mail = ledger_old_mail(files->ledger);
	AUTO(array) GArray *numbers = all_noted(files);
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct ledger_id));
	AUTO(array)
	GArray *done = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	int turned;

	if (mail > 0 && sync_boxes(files, err) < 0)
		return -1;
	for (guint i = 0; i < numbers->len; i++) {
		uint32_t number = g_array_index(numbers, uint32_t, i);
		struct ledger_id id;

		if (!get_noted(files, number, &id) ||
		    !ledger_is_old(files->ledger, &id) ||
		    sync_handle(files, number, err) < 0)
			continue;
		(void)g_array_append_val(ids, id);
		(void)g_array_append_val(done, number);
	}
	turned = ledger_turn(files->ledger, ids, mail, err);
	for (guint i = 0; turned > 0 && i < done->len; i++)
		set_noted(files, g_array_index(done, uint32_t, i), false);
	return MIN(turned, 0);
}

static int drop_surely(struct files *files, uint32_t number,
		       struct ledger_id *id, struct err *err)
{
	if (ledger_drop(files->ledger, id))
		return 0;
	if (ledger_is_full(files->ledger) && settle_old(files, err) < 0)
		return -1;
	if (!get_noted(files, number, id) || ledger_drop(files->ledger, id))
		return 0;
	return err_set(err, EIO, "files: the ledger cannot be written to");
}

int files_settle(struct files *files, uint32_t number, struct err *err)
{
	struct ledger_id id;

	if (!get_noted(files, number, &id))
		return 0;
	if (sync_handle(files, number, err) < 0)
		return -1;
	/* Or it would become again what it was. */
	if (drop_surely(files, number, &id, err) < 0)
		return -1;
	if (ledger_sync(files->ledger, err) < 0)
		return -1;
	set_noted(files, number, false);
	return 0;
}

/* By one at a time; the others sync their files themselves meanwhile. */
static void make_room(struct files *files)
{
	struct err err;
	bool mine;

	(void)pthread_mutex_lock(&files->lock);
	mine = !files->settling;
	files->settling = true;
	(void)pthread_mutex_unlock(&files->lock);
	if (!mine)
		return;
	(void)settle_old(files, &err);
	(void)pthread_mutex_lock(&files->lock);
	files->settling = false;
	(void)pthread_mutex_unlock(&files->lock);
}

void files_settle_all(struct files *files)
{
	AUTO(array) GArray *numbers = all_noted(files);
	struct err err;

	for (guint i = 0; i < numbers->len; i++)
		if (sync_handle(files, g_array_index(numbers, uint32_t, i),
				&err) < 0)
			return;
	if (ledger_is_used(files->ledger) && sync_boxes(files, &err) == 0)
		(void)ledger_end(files->ledger, &err);
}

/* -- what is asked for ----------------------------------------------------- */

int files_sync(struct files *files, uint32_t number, struct err *err)
{
	int done = sync_by_ledger(files, number, err);

	if (done > 0)
		return 0;
	if (sync_itself(files, number, err) < 0)
		return -1;
	if (ledger_is_full(files->ledger))
		make_room(files);
	return 0;
}

int files_sync_dir(struct files *files, struct node dir, struct err *err)
{
	AUTO(fd) int fd = files_dir_fd(files, dir);

	if (fd < 0 && errno == ENOENT)
		return 0; /* it never held any */
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, "files");
	/* A name that is gone does not come back. */
	if (ledger_sync_dropped(files->ledger, err) < 0)
		return -1;
	return sync_root(files, err);
}
