/* SPDX-License-Identifier: ISC */
/* After a loss of power. May be begun again at any time: a file is made good in
 * place, or whole under its name, and the log goes last. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/io.h"
#include "files-parts.h"
#include "ledger-record.h"

#define UNFINISHED ".ledger.new"

/* The last record of a file. */
struct last {
	struct ledger_record record;
	bool mail; /* it has become mail since */
};

struct replay {
	int root;          /* borrowed */
	GByteArray *log;   /* owned */
	GHashTable *last;  /* owned: struct ledger_id -> struct last */
	GHashTable *found; /* owned: number of an inode -> path */
};

static void replay_auto_(const struct replay *replay)
{
	g_byte_array_unref(replay->log);
	g_hash_table_unref(replay->last);
	g_hash_table_unref(replay->found);
}

/* -- what the log says ----------------------------------------------------- */

static void note(struct replay *replay, const struct ledger_record *record)
{
	const struct ledger_id *id = &record->file.id;
	struct last *last;

	if (!record->key[0] && strcmp(record->name, LEDGER_MAIL) == 0) {
		last = g_hash_table_lookup(replay->last, id);
		if (last)
			last->mail = true;
		return;
	}
	last = g_new0(struct last, 1);
	last->record = *record;
	last->record.file.key = last->record.key;
	last->record.file.name = last->record.name;
	(void)g_hash_table_replace(replay->last, g_memdup2(id, sizeof(*id)),
				   last);
}

static void read_half(const struct replay *replay, size_t at, GArray *all)
{
	const size_t end = at + LEDGER_HALF;
	struct ledger_record record;
	uint64_t generation = 0;
	size_t size;

	while (ledger_unpack(replay->log->data + at, end - at, &record,
			     &size)) {
		if (generation != 0 && record.generation != generation)
			break;
		generation = record.generation;
		(void)g_array_append_val(all, record);
		at += size;
	}
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const struct ledger_record *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

static void read_halves(struct replay *replay)
{
	AUTO(array)
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct ledger_record));

	read_half(replay, 0, all);
	read_half(replay, LEDGER_HALF, all);
	g_array_sort(all, by_number);
	for (guint i = 0; i < all->len; i++)
		note(replay, &g_array_index(all, struct ledger_record, i));
}

/* 1; 0 there is none, or none that was begun; -1. */
static int read_log(struct replay *replay, struct err *err)
{
	AUTO(fd)
	int fd = openat(replay->root, LEDGER_NAME,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t done = 0;
	ssize_t more = 1;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "files/" LEDGER_NAME);
	g_byte_array_set_size(replay->log, 2 * LEDGER_HALF);
	memset(replay->log->data, 0, replay->log->len);
	while (done < replay->log->len && more > 0) {
		more = pread(fd, replay->log->data + done,
			     replay->log->len - done, (off_t)done);
		if (more < 0 && errno != EINTR)
			return err_sys(err, "files/" LEDGER_NAME);
		done += (size_t)MAX(more, 0);
		more = more < 0 ? 1 : more;
	}
	read_halves(replay);
	return 1;
}

/* -- what is there --------------------------------------------------------- */

static int scan_place(struct replay *replay, const char *key, struct err *err)
{
	AUTO(fd)
	int fd = openat(replay->root, key,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(dir) DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *one;
	int more;

	if (!stream)
		return err_sys(err, "files/%s", key);
	fd = -1;
	while ((more = io_next_entry(stream, key, &one, err)) > 0) {
		struct stat st;
		int64_t inode;

		if (fstatat(dirfd(stream), one->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		inode = (int64_t)st.st_ino;
		(void)g_hash_table_replace(
			replay->found, g_memdup2(&inode, sizeof(inode)),
			g_build_filename(key, one->d_name, NULL));
	}
	return more;
}

static int scan(struct replay *replay, struct err *err)
{
	AUTO(fd)
	int fd = openat(replay->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(dir) DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *one;
	int more;
	struct node dir;

	if (!stream)
		return err_sys(err, "files");
	fd = -1;
	while ((more = io_next_entry(stream, "files", &one, err)) > 0)
		if (files_key_parse(one->d_name, &dir) &&
		    scan_place(replay, one->d_name, err) < 0)
			return -1;
	return more;
}

/* -- what is not as it should be ------------------------------------------- */

static bool holds(int fd, const struct ledger_file *file)
{
	AUTO(str) char *now = g_malloc(file->size + 1);

	/* One byte more: it may be longer. */
	return pread(fd, now, file->size + 1, 0) == (ssize_t)file->size &&
	       memcmp(now, file->data, file->size) == 0;
}

static int write_over(int fd, const struct ledger_file *file, struct err *err)
{
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "files/%s/%s", file->key, file->name);
	return io_write(fd, file->data, file->size, err);
}

/* 1 it is there, and as it should be; 0 it is not; -1. */
static int make_good(const struct replay *replay,
		     const struct ledger_file *file, struct err *err)
{
	const int64_t inode = (int64_t)file->id.inode;
	const char *path = g_hash_table_lookup(replay->found, &inode);
	AUTO(fd)
	int fd = path ? openat(replay->root, path,
			       O_RDWR | O_NOFOLLOW | O_CLOEXEC)
		      : -1;
	struct ledger_id id;
	int known;

	if (!path)
		return 0;
	if (fd < 0)
		return err_sys(err, "files/%s", path);
	known = ledger_id(fd, &id, err);
	if (known <= 0 || id.born != file->id.born)
		return MIN(known, 0);
	if (!holds(fd, file) && write_over(fd, file, err) < 0)
		return -1;
	return fsync(fd) < 0 ? err_sys(err, "files/%s", path) : 1;
}

static int sync_dir(const struct replay *replay, const char *key,
		    struct err *err)
{
	AUTO(fd)
	int fd = openat(replay->root, key,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, "files/%s", key);
	return 0;
}

/* Can it have been written by us? */
static bool is_sound(const struct ledger_file *file)
{
	struct node dir;

	return files_key_parse(file->key, &dir) && file->name[0] &&
	       !strchr(file->name, '/') && strcmp(file->name, ".") != 0 &&
	       strcmp(file->name, "..") != 0;
}

/* Is there the beginning of it, or nothing? */
static bool begins(int fd, const struct ledger_file *file)
{
	AUTO(str) char *now = g_malloc(file->size + 1);
	ssize_t size = pread(fd, now, file->size + 1, 0);

	return size >= 0 && (size_t)size <= file->size &&
	       memcmp(now, file->data, (size_t)size) == 0;
}

/* Its name is taken. Where a disk does not keep inodes, or is a copy, it may be
 * itself: then nothing else is in it. */
static int complete(const struct replay *replay, const char *path,
		    const struct ledger_file *file, struct err *err)
{
	AUTO(fd)
	int fd = openat(replay->root, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || !begins(fd, file))
		return 0;
	if (write_over(fd, file, err) < 0)
		return -1;
	return fsync(fd) < 0 ? err_sys(err, "files/%s", path) : 0;
}

static int make_again(const struct replay *replay,
		      const struct ledger_file *file, struct err *err)
{
	AUTO(str) char *path = g_build_filename(file->key, file->name, NULL);
	AUTO(fd) int fd = -1;

	if (!is_sound(file))
		return 0;
	if (mkdirat(replay->root, file->key, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "files/%s", file->key);
	fd = openat(replay->root, UNFINISHED,
		    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "files/" UNFINISHED);
	if (write_over(fd, file, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return err_sys(err, "files/" UNFINISHED);
	if (renameat2(replay->root, UNFINISHED, replay->root, path,
		      RENAME_NOREPLACE) == 0)
		return sync_dir(replay, file->key, err);
	if (errno != EEXIST)
		return err_sys(err, "files/%s", path);
	(void)unlinkat(replay->root, UNFINISHED, 0);
	return complete(replay, path, file, err);
}

static int replay_all(const struct replay *replay, struct err *err)
{
	GHashTableIter it;
	gpointer data;

	g_hash_table_iter_init(&it, replay->last);
	while (g_hash_table_iter_next(&it, NULL, &data)) {
		const struct last *last = data;
		const struct ledger_file *file = &last->record.file;
		int there;

		if (!file->key[0])
			continue;
		there = make_good(replay, file, err);
		if (there < 0 || (there == 0 && !last->mail &&
				  make_again(replay, file, err) < 0))
			return -1;
		crash_point("ledger: a file is made good");
	}
	return 0;
}

int ledger_replay(int root, struct err *err)
{
	__attribute__((cleanup(replay_auto_))) struct replay replay = {
		.root = root,
		.log = g_byte_array_new(),
		.last = g_hash_table_new_full(ledger_id_hash, ledger_id_equal,
					      g_free, g_free),
		.found = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					       g_free, g_free),
	};
	int some = read_log(&replay, err);

	if (some <= 0)
		return some;
	if (g_hash_table_size(replay.last) > 0 &&
	    (scan(&replay, err) < 0 || replay_all(&replay, err) < 0))
		return -1;
	if (fsync(root) < 0)
		return err_sys(err, "files");
	crash_point("ledger: all is made good, before it goes");
	(void)unlinkat(root, UNFINISHED, 0);
	if (unlinkat(root, LEDGER_NAME, 0) < 0 || fsync(root) < 0)
		return err_sys(err, "files/" LEDGER_NAME);
	return 0;
}
