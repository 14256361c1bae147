/* SPDX-License-Identifier: ISC */
/* What lies below files/ when the mount begins. */
#include "defms/io.h"
#include "files-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "site.h"

#define SECOND INT64_C(1000000000)

static int64_t nanoseconds(struct timespec time)
{
	return time.tv_sec * SECOND + time.tv_nsec;
}

/* A name that was found. */
struct found {
	struct stat st;
	struct place *place; /* borrowed */
	char *name;          /* owned */
};

static void found_clear(void *data)
{
	g_free(((struct found *)data)->name);
}

/* As they came: a file's number says no more over a restart. */
static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct found *left = a, *right = b;
	int64_t before = nanoseconds(left->st.st_ctim);
	int64_t after = nanoseconds(right->st.st_ctim);

	if (before != after)
		return before < after ? -1 : 1;
	/* What a file stands at is added last. */
	return site_is_box(left->place->dir) - site_is_box(right->place->dir);
}

static int scan_place(struct files *files, const char *key, struct node dir,
		      GArray *all, struct err *err)
{
	AUTO(fd)
	int fd = openat(files->root, key,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(dir) DIR *stream = NULL;
	const struct dirent *one;
	int more;
	struct place *place;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "files/%s", key);
	place = files_place(files, dir);
	place->time = nanoseconds(st.st_mtim);
	stream = fdopendir(fd);
	if (!stream)
		return err_sys(err, "files/%s", key);
	fd = -1;
	while ((more = io_next_entry(stream, key, &one, err)) > 0) {
		struct found found = { .place = place };

		if (fstatat(dirfd(stream), one->d_name, &found.st,
			    AT_SYMLINK_NOFOLLOW) < 0 ||
		    (!S_ISREG(found.st.st_mode) && !S_ISLNK(found.st.st_mode)))
			continue;
		found.name = g_strdup(one->d_name);
		(void)g_array_append_val(all, found);
	}
	return more;
}

static int scan(struct files *files, GArray *all, struct err *err)
{
	AUTO(fd)
	int fd = openat(files->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(dir) DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *one;
	int more;
	struct node dir;

	if (!stream)
		return err_sys(err, "files");
	fd = -1;
	while ((more = io_next_entry(stream, "files", &one, err)) > 0) {
		if (!files_key_parse(one->d_name, &dir))
			continue;
		/* Empty ones go; but a box keeps its time. */
		if (!site_is_box(dir) &&
		    unlinkat(files->root, one->d_name, AT_REMOVEDIR) == 0)
			continue;
		if (scan_place(files, one->d_name, dir, all, err) < 0)
			return -1;
	}
	return more;
}

static char *read_target(struct files *files, const struct found *found)
{
	AUTO(str)
	char *path = g_strdup_printf("%s/%s", found->place->key, found->name);
	char target[PATH_MAX];
	ssize_t size = readlinkat(files->root, path, target, sizeof(target));

	return g_strndup(target, (gsize)MAX(size, 0));
}

static void add_found(struct files *files, GHashTable *inodes,
		      const struct found *found)
{
	int64_t inode = (int64_t)found->st.st_ino;
	struct item *item = g_hash_table_lookup(inodes, &inode);

	if (!item) {
		item = files_add(files, &found->st, found->st.st_mode);
		if (S_ISLNK(found->st.st_mode))
			item->target = read_target(files, found);
		(void)g_hash_table_insert(
			inodes, g_memdup2(&inode, sizeof(inode)), item);
	}
	files_add_name(files, item, found->place, found->name, 0);
	if (item->state == FILE_PLAIN && !item->target)
		files_set_state(files, item,
				files_state_of(found->place->dir, found->name));
}

static int load(struct files *files, struct err *err)
{
	AUTO(array)
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct found));
	AUTO(table)
	GHashTable *inodes = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						   g_free, NULL);

	g_array_set_clear_func(all, found_clear);
	if (scan(files, all, err) < 0)
		return -1;
	g_array_sort(all, by_time);
	for (guint i = 0; i < all->len; i++)
		add_found(files, inodes, &g_array_index(all, struct found, i));
	return 0;
}

static void free_place(void *data)
{
	struct place *place = data;

	g_hash_table_unref(place->names);
	g_free(place);
}

static struct files *files_new(void)
{
	struct files *files = g_new0(struct files, 1);
	pthread_condattr_t attributes;

	files->root = -1;
	(void)pthread_mutex_init(&files->change, NULL);
	(void)pthread_mutex_init(&files->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&files->stir, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	files->places = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					      g_free, free_place);
	files->items = g_hash_table_new(NULL, NULL);
	return files;
}

int files_open(const char *home, struct files **files_r, struct err *err)
{
	AUTO(files) struct files *files = files_new();
	AUTO(str) char *path = g_build_filename(home, "files", NULL);

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", path);
	files->root =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (files->root < 0)
		return err_sys(err, "%s", path);
	/* The table is in memory: two would not know of each other. */
	if (flock(files->root, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? err_set(err, EBUSY, "already mounted")
			       : err_sys(err, "%s", path);
	if (ledger_replay(files->root, err) < 0 || load(files, err) < 0)
		return -1;
	files->ledger = ledger_new(files->root);
	*files_r = take(files);
	return 0;
}

/* The times of directories grew finer than the disk's own did. */
static void keep_time(struct files *files, const struct place *place)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ place->time / SECOND, place->time % SECOND },
	};

	(void)utimensat(files->root, place->key, times, AT_SYMLINK_NOFOLLOW);
}

void files_free(struct files *files)
{
	GHashTableIter iter;
	void *value;

	if (!files)
		return;
	if (files->ledger)
		files_settle_all(files);
	ledger_free(files->ledger);
	for (size_t state = 0; state < G_N_ELEMENTS(files->states); state++)
		while (files->states[state].head) {
			struct item *item = files->states[state].head->data;

			g_ptr_array_set_size(item->names, 0);
			item->held = 0;
			item->writing = 0;
			files_drop_if_idle(files, item);
		}
	g_hash_table_iter_init(&iter, files->places);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		keep_time(files, value);
	g_hash_table_unref(files->items);
	g_hash_table_unref(files->places);
	g_queue_clear_full(&files->notes, g_free);
	if (files->root >= 0)
		(void)close(files->root);
	(void)pthread_cond_destroy(&files->stir);
	(void)pthread_mutex_destroy(&files->lock);
	(void)pthread_mutex_destroy(&files->change);
	g_free(files);
}
