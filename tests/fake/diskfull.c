/* SPDX-License-Identifier: ISC */
/* A library for LD_PRELOAD: the $DISKFULL-th change to a file under
 * $DISKFULL_ROOT, and every one after it, fails with ENOSPC; with
 * $DISKFULL_ONCE set only that one does, a sync with EIO. What failed first is
 * appended to $DISKFULL_LOG; reading, and taking files away, always works. */
/* Both names of each call are defined here. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* The function of this name that comes after ours. */
#define NEXT(name) ((__typeof__(&(name)))next_function(#name))

static void *next_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static bool is_under_root(const char *path)
{
	const char *root = getenv("DISKFULL_ROOT");

	return root && strncmp(path, root, strlen(root)) == 0;
}

static void note(const char *what, const char *path)
{
	const char *log = getenv("DISKFULL_LOG");
	char line[PATH_MAX + 64];
	int len, fd;

	if (!log)
		return;
	len = snprintf(line, sizeof(line), "%s %s\n", what, path);
	fd = NEXT(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)!NEXT(write)(fd, line, (size_t)len);
	(void)close(fd);
}

/* Is it this change's turn to fail? */
static bool fails(const char *what, const char *path)
{
	static atomic_long changes;
	const char *wanted = getenv("DISKFULL");
	long number, turn;

	if (!wanted || !is_under_root(path))
		return false;
	turn = strtol(wanted, NULL, 10);
	number = atomic_fetch_add(&changes, 1) + 1;
	if (number < turn || (number > turn && getenv("DISKFULL_ONCE")))
		return false;
	if (number == turn)
		note(what, path);
	errno = getenv("DISKFULL_ONCE") && strstr(what, "sync") ? EIO : ENOSPC;
	return true;
}

static bool fails_fd(const char *what, int fd)
{
	char self[64], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	len = readlink(self, path, sizeof(path) - 1);
	if (len <= 0)
		return false;
	path[len] = '\0';
	return fails(what, path);
}

ssize_t write(int fd, const void *data, size_t size)
{
	return fails_fd("write", fd) ? -1 : NEXT(write)(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return fails_fd("pwrite", fd) ? -1 : NEXT(pwrite)(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return fails_fd("pwrite", fd) ? -1 : NEXT(pwrite64)(fd, data, size, at);
}

int fsync(int fd)
{
	return fails_fd("fsync", fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return fails_fd("fdatasync", fd) ? -1 : NEXT(fdatasync)(fd);
}

int syncfs(int fd)
{
	return fails_fd("syncfs", fd) ? -1 : NEXT(syncfs)(fd);
}

int rename(const char *from, const char *to)
{
	return fails("rename", to) ? -1 : NEXT(rename)(from, to);
}

int link(const char *from, const char *to)
{
	return fails("link", to) ? -1 : NEXT(link)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st) < 0 && fails("mkdir", path))
		return -1;
	return NEXT(mkdir)(path, mode);
}

static bool create_fails(const char *path, int flags)
{
	struct stat st;

	return (flags & O_CREAT) && stat(path, &st) < 0 &&
	       fails("create", path);
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return create_fails(path, flags) ? -1 : NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return create_fails(path, flags) ? -1 : NEXT(open64)(path, flags, mode);
}
