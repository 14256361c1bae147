/* SPDX-License-Identifier: ISC */
/* Drafts and other files that the mount keeps below files/, a directory for
 * each directory of the tree. Whoever has it mounted writes there meanwhile,
 * without the lock: what goes away under our hands was not there. But nothing
 * of it becomes a message then. */
#include "backup-parts.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/auto.h"
#include "defms/io.h"

enum { TRIES = 1000 };

static int copy_link(const char *from, const char *to, struct err *err)
{
	char target[PATH_MAX];
	ssize_t size = readlink(from, target, sizeof(target) - 1);

	if (size < 0)
		return err_sys(err, "%s", from);
	target[size] = '\0';
	return symlink(target, to) < 0 ? err_sys(err, "%s", to) : 0;
}

/* Its time is kept, for its place in a listing. */
static int copy_as(const char *from, const struct stat *st, const char *to,
		   struct err *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (S_ISLNK(st->st_mode))
		return copy_link(from, to, err);
	if (backup_copy_file(from, to, (st->st_mode & 0700) | 0600, err) < 0)
		return -1;
	(void)utimensat(AT_FDCWD, to, times, 0);
	return 0;
}

/* Under its name or, where that is taken, one like it. */
static int copy_one(const char *from, const char *folder, const char *name,
		    struct err *err)
{
	struct stat st;

	if (lstat(from, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", from);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return 0;
	for (int i = 0; i < TRIES; i++) {
		AUTO(str) char *number = g_strdup_printf("%d", i);
		AUTO(str)
		char *other = g_strdup_printf("%.200s.unsent%s", name,
					      i > 1 ? number : "");
		AUTO(str)
		char *to = g_build_filename(folder, i ? other : name, NULL);
		struct err why;

		if (copy_as(from, &st, to, &why) == 0 ||
		    (why.code == ENOENT && access(from, F_OK) < 0))
			return 0;
		if (why.code != EEXIST)
			return err_set(err, why.code, "%s", why.text);
	}
	return err_set(err, EEXIST, "%s/%s", folder, name);
}

static int copy_folder(const char *from, const char *to, struct err *err)
{
	AUTO(dir) DIR *dir = opendir(from);
	const struct dirent *entry;
	int more;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_sys(err, "%s", from);
	if (mkdir(to, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", to);
	while ((more = io_next_entry(dir, from, &entry, err)) > 0) {
		AUTO(str)
		char *file = g_build_filename(from, entry->d_name, NULL);

		if (copy_one(file, to, entry->d_name, err) < 0)
			return -1;
	}
	if (more < 0)
		return -1;
	return io_sync(to, err);
}

/* "outbox", "thread-12-outbox" */
static bool is_outbox(const char *name)
{
	return g_str_has_suffix(name, "outbox");
}

/* Where it comes to lie. */
static char *target_of(const char *to, const char *name, bool restore)
{
	size_t size = strlen(name) - (is_outbox(name) ? strlen("outbox") : 0);
	AUTO(str) char *start = g_strndup(name, size);
	AUTO(str) char *drafts = g_strconcat(start, "drafts", NULL);

	return g_build_filename(to, restore && is_outbox(name) ? drafts : name,
				NULL);
}

/* Outboxes after all others, as they give way. */
static int copy_folders(const char *from, const char *to, bool restore,
			bool outboxes, struct err *err)
{
	AUTO(dir) DIR *dir = opendir(from);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", from);
	while ((more = io_next_entry(dir, from, &entry, err)) > 0) {
		AUTO(str)
		char *source = g_build_filename(from, entry->d_name, NULL);
		AUTO(str) char *target = target_of(to, entry->d_name, restore);

		if (entry->d_name[0] != '.' &&
		    is_outbox(entry->d_name) == outboxes &&
		    copy_folder(source, target, err) < 0)
			return -1;
	}
	return more;
}

int backup_files(const char *from, const char *to, bool restore,
		 struct err *err)
{
	AUTO(str) char *source = g_build_filename(from, "files", NULL);
	AUTO(str) char *target = g_build_filename(to, "files", NULL);

	if (access(source, F_OK) < 0 && errno == ENOENT)
		return 0; /* it was never mounted */
	if (mkdir(target, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", target);
	if (copy_folders(source, target, restore, false, err) < 0 ||
	    copy_folders(source, target, restore, true, err) < 0)
		return -1;
	return io_sync(target, err);
}
