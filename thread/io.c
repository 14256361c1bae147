/* SPDX-License-Identifier: ISC */
#include "defms/io.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/auto.h"

int io_write(int fd, const void *data, size_t size, struct err *err)
{
	const char *at = data;

	while (size > 0) {
		ssize_t done = write(fd, at, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(err, "write");
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

static int create(const char *path, const void *data, size_t size, int *fd_r,
		  struct err *err)
{
	AUTO(fd)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (io_write(fd, data, size, err) < 0)
		return err_prefix(err, "%s", path);
	*fd_r = fd;
	fd = -1;
	return 0;
}

int io_write_file(const char *path, const void *data, size_t size,
		  struct err *err)
{
	int fd;

	if (create(path, data, size, &fd, err) < 0)
		return -1;
	if (close(fd) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

int io_replace_file(const char *path, const void *data, size_t size,
		    struct err *err)
{
	AUTO(str) char *temporary = g_strconcat(path, ".new", NULL);
	AUTO(str) char *folder = g_path_get_dirname(path);
	AUTO(fd) int fd = -1;

	if (create(temporary, data, size, &fd, err) < 0 || fsync(fd) < 0 ||
	    rename(temporary, path) < 0) {
		if (fd >= 0)
			(void)err_sys(err, "%s", path);
		(void)unlink(temporary);
		return -1;
	}
	return io_sync(folder, err);
}

int io_read_fd(int fd, const char *name, size_t limit, GByteArray *out,
	       struct err *err)
{
	uint8_t buffer[16384];
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "%s", name);
		if (out->len + (size_t)got > limit)
			return err_set(err, EFBIG, "%s: larger than %zu bytes",
				       name, limit);
		(void)g_byte_array_append(out, buffer, (guint)got);
	}
	return 0;
}

int io_read_file(const char *path, size_t limit, GByteArray *out,
		 struct err *err)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(err, "%s", path)
		      : io_read_fd(fd, path, limit, out, err);
}

int io_next_entry(DIR *dir, const char *name, const struct dirent **entry_r,
		  struct err *err)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0) {
			*entry_r = entry;
			return 1;
		}
	return errno ? err_sys(err, "%s", name) : 0;
}

int io_sync(const char *path, struct err *err)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

static int sync_entry(const char *path, const struct stat *st, int kind,
		      struct FTW *at)
{
	(void)st;
	(void)at;
	return kind == FTW_SL ? 0 : io_sync(path, NULL);
}

int io_sync_tree(const char *path, struct err *err)
{
	AUTO(str) char *parent = g_path_get_dirname(path);

	errno = 0;
	if (nftw(path, sync_entry, 16, FTW_PHYS) != 0)
		return err_sys(err, "%s", path);
	return io_sync(parent, err);
}
