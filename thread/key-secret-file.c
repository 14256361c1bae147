/* SPDX-License-Identifier: ISC */
#include "key-secret-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/auto.h"
#include "defms/crash.h"

static bool is_safe_owner(const struct stat *st)
{
	return (st->st_uid == geteuid() || st->st_uid == 0) &&
	       (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Could somebody else put another file there? */
static int check_directory(const char *path, struct err *err)
{
	AUTO(str) char *directory = g_path_get_dirname(path);
	struct stat st;

	if (stat(directory, &st) < 0)
		return err_sys(err, "%s", directory);
	if (!is_safe_owner(&st))
		return err_set(err, EPERM, "others may write its directory");
	return 0;
}

static int check_file(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat");
	if (!S_ISREG(st.st_mode))
		return err_set(err, EPERM, "it is no regular file");
	if (!is_safe_owner(&st))
		return err_set(err, EPERM, "others may write it");
	if (st.st_mode & (S_IRGRP | S_IROTH))
		return err_set(err, EPERM, "others may read it (chmod 600)");
	return 0;
}

/* Read all of `fd`, less than `most` bytes. */
static int read_all(int fd, char *text, size_t most, size_t *size_r,
		    struct err *err)
{
	size_t size = 0;
	ssize_t got;

	while ((got = read(fd, text + size, most - size)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "read");
		size += (size_t)got;
		if (size == most)
			return err_set(err, EBADMSG, "it is too long");
	}
	*size_r = size;
	return 0;
}

int secret_read(const char *path, char *text, size_t most, size_t *size_r,
		struct err *err)
{
	AUTO(fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return err_sys(err, "open");
	if (check_directory(path, err) < 0 || check_file(fd, err) < 0)
		return -1;
	return read_all(fd, text, most, size_r, err);
}

static int write_all(int fd, const char *data, size_t size, struct err *err)
{
	while (size > 0) {
		ssize_t put = write(fd, data, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(err, "write");
		data += put;
		size -= (size_t)put;
	}
	return 0;
}

static int sync_directory(const char *path, struct err *err)
{
	AUTO(str) char *directory = g_path_get_dirname(path);
	AUTO(fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, "fsync of the directory");
	return 0;
}

/* Whole or not at all, also after a crash: write beside it, then a rename, one
 * with `flags`. */
static int write_beside(const char *path, const char *text, size_t size,
			unsigned flags, struct err *err)
{
	AUTO(str) char *beside = g_strconcat(path, ".new", NULL);
	AUTO(fd) int fd = -1;
	int result;

	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "create");
	result = write_all(fd, text, size, err);
	if (result == 0 && fsync(fd) < 0)
		result = err_sys(err, "fsync");
	crash_point("identity: written, not yet there");
	if (result == 0 &&
	    renameat2(AT_FDCWD, beside, AT_FDCWD, path, flags) < 0)
		result = err_sys(err, "create");
	crash_point("identity: there, not yet synced");
	if (result == 0)
		return sync_directory(path, err);
	(void)unlink(beside);
	return -1;
}

/* The rename fails if `path` is there, so that a secret never has two names. */
int secret_write(const char *path, const char *text, size_t size,
		 struct err *err)
{
	return write_beside(path, text, size, RENAME_NOREPLACE, err);
}

int secret_replace(const char *path, const char *text, size_t size,
		   struct err *err)
{
	return write_beside(path, text, size, 0, err);
}
