/* SPDX-License-Identifier: ISC */
/* Files that are no mail, or no mail yet, and the directories that hold nothing
 * else: drafts/ and outbox/. A file that has become a message is still known to
 * the kernel by its number, and is served from the copy. */
#include <errno.h>
#include <string.h>

#include "render.h"
#include "view.h"

/* 1/0/-1 */
static int message_entry(struct work *work, const struct file *file,
			 struct entry *entry, struct err *err)
{
	return node_entry(work, node_make(NODE_COPY, file->copy, 0), entry,
			  err);
}

void view_file_entry(const struct file *file, struct entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->node = node_make(NODE_FILE, file->number, 0);
	entry->st = file->st;
	/* A copy knows seconds: its time does not change when it is one. */
	if (file->copy != 0)
		entry->st.st_mtim.tv_nsec = 0;
}

static int file_entry(struct work *work, struct node node, struct entry *entry,
		      struct err *err)
{
	struct file file;
	int found;

	if (!files_get(work->fs->files, node.serial, &file))
		return 0;
	if (file.state == FILE_MESSAGE) {
		found = message_entry(work, &file, entry, err);
		entry->node = node;
		if (found != 0 || !file.name[0])
			return found;
	}
	view_file_entry(&file, entry);
	return 1;
}

static int file_read(struct work *work, struct node node, uint64_t offset,
		     size_t size, GByteArray *out, struct err *err)
{
	struct file file;

	if (!files_get(work->fs->files, node.serial, &file))
		return err_set(err, ESTALE, "file is gone");
	if (file.state == FILE_MESSAGE && !file.name[0])
		return node_read(work, node_make(NODE_COPY, file.copy, 0),
				 offset, size, out, err);
	return files_read(work->fs->files, node.serial, offset, size, out, err);
}

static int file_link(struct work *work, struct node node, GString *target,
		     struct err *err)
{
	return files_readlink(work->fs->files, node.serial, target, err) < 0
		       ? -1
		       : 1;
}

const struct node_ops view_file = {
	.entry = file_entry,
	.read = file_read,
	.link = file_link,
};

/* -- among other entries --------------------------------------------------- */

int view_files_lookup(struct work *work, struct node dir, const char *name,
		      struct entry *entry)
{
	struct file file;

	if (!files_find(work->fs->files, dir, name, &file))
		return 0;
	view_file_entry(&file, entry);
	return 1;
}

int64_t view_files_time(struct work *work, struct node dir, int64_t time)
{
	return MAX(time, files_time(work->fs->files, dir));
}

static uint64_t offset_of(const struct file *file, bool by_copy)
{
	if (by_copy && file->copy != 0)
		return OFFSET_SERIAL + (uint64_t)file->copy;
	return OFFSET_FILES + (uint64_t)file->at;
}

static gint by_offset(gconstpointer a, gconstpointer b, gpointer by_copy)
{
	const struct file *left = a, *right = b;
	uint64_t before = offset_of(left, by_copy != NULL);
	uint64_t after = offset_of(right, by_copy != NULL);

	return (before > after) - (before < after);
}

void view_files_open(struct work *work, struct node dir, bool by_copy,
		     struct view_files *files)
{
	files->all = files_list(work->fs->files, dir);
	files->by_copy = by_copy;
	files->next = 0;
	if (files->all)
		g_array_sort_with_data(files->all, by_offset,
				       by_copy ? files : NULL);
}

bool view_files_add(struct work *work, struct view_files *files,
		    uint64_t before, struct listing *listing)
{
	(void)work;
	while (files->all && files->next < files->all->len) {
		const struct file *file =
			&g_array_index(files->all, struct file, files->next);
		uint64_t offset = offset_of(file, files->by_copy);
		struct entry entry;

		if (offset > before)
			return true;
		view_file_entry(file, &entry);
		if (offset > listing->after &&
		    !listing->add(listing, file->name, &entry, offset))
			return false;
		files->next++;
	}
	return true;
}

bool view_files_at(const struct view_files *files, uint64_t offset)
{
	return files->next > 0 &&
	       offset_of(
		       &g_array_index(files->all, struct file, files->next - 1),
		       files->by_copy) == offset;
}

/* -- drafts/ and outbox/ --------------------------------------------------- */

static int files_entry(struct work *work, struct node node, struct entry *entry,
		       struct err *err)
{
	const struct index_thread *thread;
	int64_t time = work->fs->started;
	int found = 1;

	if (node.kind == NODE_THREAD_DRAFTS ||
	    node.kind == NODE_THREAD_OUTBOX) {
		found = work_thread(work, node.serial, &thread, err);
		time = found > 0 ? view_thread_time(thread) : 0;
	}
	if (found > 0)
		entry_dir(work, node, 2, view_files_time(work, node, time),
			  entry);
	return found;
}

static int files_lookup(struct work *work, struct node dir, const char *name,
			struct entry *entry, struct err *err)
{
	(void)err;
	return view_files_lookup(work, dir, name, entry);
}

static int list_files(struct work *work, struct node dir,
		      struct listing *listing, struct err *err)
{
	AUTO(view_files) struct view_files files;

	(void)err;
	view_files_open(work, dir, false, &files);
	(void)view_files_add(work, &files, UINT64_MAX, listing);
	return 0;
}

const struct node_ops view_files = {
	.entry = files_entry,
	.lookup = files_lookup,
	.list = list_files,
};
