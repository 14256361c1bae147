/* SPDX-License-Identifier: ISC */
/* The shadow of a directory tree: what of it would survive a power loss if the
 * disk kept nothing but what was synced. In $POWERLOSS_SHADOW lie
 *
 *	file-<inode>	a file's bytes as of its last fsync
 *	dir-<inode>	a directory's entries as of its last fsync: lines of
 *			"<inode> <mode in octal> <name>"
 *	dead-*		files and directories that were unlinked, kept so
 *			that their inode numbers are not given out again
 */
#ifndef DEFMS_POWERLOSS_H
#define DEFMS_POWERLOSS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name in the shadow: "<kind>-<number>". */
static inline void shadow_path(char path[PATH_MAX], const char *kind,
			       unsigned long long number)
{
	const char *shadow = getenv("POWERLOSS_SHADOW");

	(void)snprintf(path, PATH_MAX, "%s/%s-%llu", shadow ? shadow : ".",
		       kind, number);
}

/* A name nobody else uses. */
static inline void shadow_fresh(char path[PATH_MAX], const char *kind)
{
	static atomic_ullong counter;

	shadow_path(path, kind,
		    (unsigned long long)getpid() * 1000000 +
			    atomic_fetch_add(&counter, 1));
}

static inline void copy_bytes(int from, int to)
{
	char buffer[65536];
	off_t at = 0;
	ssize_t got;

	while ((got = pread(from, buffer, sizeof(buffer), at)) > 0) {
		if (pwrite(to, buffer, (size_t)got, at) != got)
			_exit(98);
		at += got;
	}
}

static inline void list_entries(int dir_fd, int to)
{
	DIR *dir = fdopendir(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) <
			    0)
			continue;
		(void)dprintf(to, "%llu %o %s\n", (unsigned long long)st.st_ino,
			      st.st_mode, entry->d_name);
	}
	if (dir)
		(void)closedir(dir);
}

/* What the open file or directory is now survives. `rename_file` is rename(),
 * past any that stands before it. */
static inline void shadow_keep(int fd,
			       int (*rename_file)(const char *, const char *))
{
	char path[PATH_MAX], fresh[PATH_MAX];
	struct stat st;
	int from, to;

	if (fstat(fd, &st) < 0)
		return;
	shadow_fresh(fresh, "new");
	shadow_path(path, S_ISDIR(st.st_mode) ? "dir" : "file", st.st_ino);
	to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0)
		_exit(98);
	if (S_ISDIR(st.st_mode)) {
		list_entries(fd, to);
	} else {
		char self[64];

		/* The descriptor may be for writing only. */
		(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		from = open(self, O_RDONLY | O_CLOEXEC);
		copy_bytes(from, to);
		(void)close(from);
	}
	(void)close(to);
	if (rename_file(fresh, path) < 0)
		_exit(98);
}

/* The same for all that is in the directory `path` and below. */
static inline void shadow_keep_tree(const char *path,
				    int (*rename_file)(const char *,
						       const char *))
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char below[PATH_MAX];

	if (!dir)
		return;
	shadow_keep(dirfd(dir), rename_file);
	while ((entry = readdir(dir))) {
		struct stat st;
		int fd;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%.255s", path,
			       entry->d_name);
		if (lstat(below, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			shadow_keep_tree(below, rename_file);
		} else if (S_ISREG(st.st_mode)) {
			fd = open(below, O_RDONLY | O_CLOEXEC);
			if (fd >= 0) {
				shadow_keep(fd, rename_file);
				(void)close(fd);
			}
		}
	}
	(void)closedir(dir);
}

#endif
