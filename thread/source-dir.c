/* SPDX-License-Identifier: ISC */
/* Directories of mail: Maildirs with their Maildir++ folders, and others. */
#include "defms/io.h"
#include "source-parts.h"

#include <errno.h>
#include <string.h>

#include "defms/name.h"

enum { NEST_MAX = 32 /* directories in directories */ };

struct visit {
	uint64_t device, inode;
};

static guint visit_hash(gconstpointer key)
{
	const struct visit *visit = key;

	return (guint)(visit->device * 31 + visit->inode);
}

static gboolean visit_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct visit)) == 0;
}

GHashTable *visited_new(void)
{
	return g_hash_table_new_full(visit_hash, visit_equal, g_free, NULL);
}

/* Is this directory met for the first time? */
static bool visit(struct source *source, const struct stat *st)
{
	struct visit key = { st->st_dev, st->st_ino };

	return g_hash_table_add(source->visited, g_memdup2(&key, sizeof(key)));
}

static bool is_directory(const char *path, const char *name)
{
	AUTO(str) char *full = g_build_filename(path, name, NULL);
	struct stat st;

	return stat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_maildir(const char *path)
{
	return is_directory(path, "cur") && is_directory(path, "new");
}

static int by_path(gconstpointer a, gconstpointer b)
{
	const struct task *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* What is found comes next, before what was waiting. */
static void push_front(struct source *source, GPtrArray *tasks)
{
	for (guint i = tasks->len; i > 0; i--)
		g_queue_push_head(&source->tasks,
				  g_ptr_array_index(tasks, i - 1));
}

/* The folder of a Maildir++ subdirectory ".a.b" below `base`. */
static char *subfolder(const char *base, const char *name)
{
	AUTO(str)
	char *joined = base && strcmp(base, "INBOX") != 0
			       ? g_strconcat(base, "/", name + 1, NULL)
			       : g_strdup(name + 1);
	char *folder;

	return name_folder(joined, &folder, NULL) < 0 ? NULL : folder;
}

/* Put behind its messages that the directory `self` has been read. */
static void add_end(struct source *source, const struct task *self,
		    const struct stat *st, GPtrArray *tasks)
{
	struct task *task = task_new(self->path, self->folder);

	task->end = seen_new(source, self->path, self->folder, st);
	if (!task->end) {
		task_free(task);
		return;
	}
	/* What else is read meanwhile counts for it too: no harm is done. */
	seen_begin(source, task->end);
	g_ptr_array_add(tasks, task);
}

/* The files of cur or new, and behind them that this is all. Skipped whole if
 * its mtime is what it was. */
static int list_messages(struct source *source, const struct task *parent,
			 const char *name, GPtrArray *tasks, struct err *err)
{
	AUTO(str) char *path = g_build_filename(parent->path, name, NULL);
	AUTO(dir) DIR *dir = opendir(path);
	struct task self = { .path = path, .folder = parent->folder };
	const struct dirent *entry;
	int more;
	int64_t settled;
	struct stat st;
	int known;

	if (!dir || stat(path, &st) < 0)
		return err_sys(err, "%s", path);
	if (!visit(source, &st))
		return 0;
	known = seen_is_known(source, &self, &st, err);
	if (known < 0)
		return -1;
	if (known) {
		source->skipped++;
		return 0;
	}
	if (seen_settled(source, &self, &st, &settled, err) < 0)
		return -1;
	while ((more = io_next_entry(dir, path, &entry, err)) > 0) {
		AUTO(str) char *file = NULL;
		struct task *task;

		if (entry->d_name[0] == '.')
			continue;
		file = g_build_filename(path, entry->d_name, NULL);
		task = task_new(file, parent->folder);
		task->maildir = true;
		task->settled = settled;
		task->is_new = strcmp(name, "new") == 0;
		g_ptr_array_add(tasks, task);
	}
	if (more < 0)
		return -1;
	g_ptr_array_sort(tasks, by_path);
	add_end(source, &self, &st, tasks);
	return 0;
}

/* The Maildir++ folders below. */
static int list_subfolders(struct source *source, const struct task *parent,
			   struct err *err)
{
	AUTO(ptrs) GPtrArray *tasks = g_ptr_array_new();
	AUTO(dir) DIR *dir = opendir(parent->path);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", parent->path);
	while ((more = io_next_entry(dir, parent->path, &entry, err)) > 0) {
		AUTO(str)
		char *path =
			g_build_filename(parent->path, entry->d_name, NULL);
		AUTO(str) char *folder = NULL;
		struct task *task;

		if (entry->d_name[0] != '.' || !is_maildir(path) ||
		    strspn(entry->d_name, ".") == strlen(entry->d_name))
			continue;
		folder = subfolder(parent->folder, entry->d_name);
		if (!folder)
			continue;
		task = task_new(path, folder);
		task->depth = parent->depth + 1;
		g_ptr_array_add(tasks, task);
	}
	if (more < 0)
		return -1;
	g_ptr_array_sort(tasks, by_path);
	push_front(source, tasks);
	return 0;
}

/* In the order: cur, new, folders. */
static int list_maildir(struct source *source, const struct task *parent,
			struct err *err)
{
	static const char *const names[] = { "new", "cur" };
	int result = list_subfolders(source, parent, err);

	for (size_t i = 0; result == 0 && i < G_N_ELEMENTS(names); i++) {
		AUTO(ptrs) GPtrArray *tasks = g_ptr_array_new();

		result = list_messages(source, parent, names[i], tasks, err);
		push_front(source, tasks);
	}
	return result;
}

static int list_directory(struct source *source, const struct task *parent,
			  struct err *err)
{
	AUTO(ptrs) GPtrArray *tasks = g_ptr_array_new();
	AUTO(dir) DIR *dir = opendir(parent->path);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", parent->path);
	while ((more = io_next_entry(dir, parent->path, &entry, err)) > 0) {
		AUTO(str) char *path = NULL;
		struct task *task;
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		path = g_build_filename(parent->path, entry->d_name, NULL);
		if (lstat(path, &st) < 0 ||
		    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
			continue;
		task = task_new(path, parent->folder);
		task->found = true;
		task->depth = parent->depth + 1;
		if (S_ISREG(st.st_mode))
			task->size = (uint64_t)st.st_size;
		source->total += task->size;
		g_ptr_array_add(tasks, task);
	}
	if (more < 0)
		return -1;
	g_ptr_array_sort(tasks, by_path);
	push_front(source, tasks);
	return 0;
}

int source_list(struct source *source, const struct task *parent,
		struct err *err)
{
	struct stat st;

	if (stat(parent->path, &st) < 0)
		return err_sys(err, "%s", parent->path);
	if (parent->depth >= NEST_MAX)
		return err_set(err, ELOOP,
			       "%s: too many directories within each other",
			       parent->path);
	if (!visit(source, &st))
		return 0;
	return is_maildir(parent->path) ? list_maildir(source, parent, err)
					: list_directory(source, parent, err);
}
