/* SPDX-License-Identifier: ISC */
/* A library for LD_PRELOAD: the $DISKFULL-th change to a file under
 * $DISKFULL_ROOT, and every one after it, fails with ENOSPC; with
 * $DISKFULL_ONCE set only that one does, a sync with EIO. What failed first is
 * appended to $DISKFULL_LOG; reading, and taking files away, always works.
 *
 * With $DISKFULL_WHEN, a file that holds the number in place of $DISKFULL:
 * there is room while there is no such file, and it is counted from when it
 * comes, so that a daemon can be seen to run out of room and to get some again.
 */
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

/* Which change is to fail; 0: none now. `since` is when that was said. */
static long read_turn(long long *since)
{
	const char *wanted = getenv("DISKFULL"),
		   *when = getenv("DISKFULL_WHEN");
	struct stat st;
	char text[32];
	ssize_t len;
	int fd;

	*since = 0;
	if (!when)
		return wanted ? strtol(wanted, NULL, 10) : 0;
	fd = NEXT(open)(when, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	if (fstat(fd, &st) == 0)
		*since = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	(void)close(fd);
	return strtol(text, NULL, 10);
}

/* Is it this change's turn to fail? */
static bool fails(const char *what, const char *path)
{
	static atomic_llong began;
	static atomic_long changes;
	long long since;
	long number, turn;

	if (!is_under_root(path))
		return false;
	turn = read_turn(&since);
	if (turn <= 0)
		return false;
	if (atomic_exchange(&began, since) != since)
		atomic_store(&changes, 0);
	number = atomic_fetch_add(&changes, 1) + 1;
	if (number < turn || (number > turn && getenv("DISKFULL_ONCE")))
		return false;
	if (number == turn)
		note(what, path);
	errno = getenv("DISKFULL_ONCE") && strstr(what, "sync") ? EIO : ENOSPC;
	return true;
}

/* The path of a descriptor; false if it has none. */
static bool path_of(int fd, char path[PATH_MAX])
{
	char self[64];
	ssize_t len;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	len = readlink(self, path, PATH_MAX - 1);
	path[len > 0 ? len : 0] = '\0';
	return len > 0;
}

static bool fails_fd(const char *what, int fd)
{
	char path[PATH_MAX];

	return path_of(fd, path) && fails(what, path);
}

static bool fails_at(const char *what, int dir, const char *name)
{
	char path[PATH_MAX];
	size_t len;

	if (name[0] == '/' || dir == AT_FDCWD)
		return fails(what, name);
	if (!path_of(dir, path))
		return false;
	len = strlen(path);
	(void)snprintf(path + len, sizeof(path) - len, "/%s", name);
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

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails_at("rename", to_dir, to)
		       ? -1
		       : NEXT(renameat)(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to,
	      unsigned flags)
{
	return fails_at("rename", to_dir, to)
		       ? -1
		       : NEXT(renameat2)(from_dir, from, to_dir, to, flags);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to,
	   int flags)
{
	return fails_at("link", to_dir, to)
		       ? -1
		       : NEXT(linkat)(from_dir, from, to_dir, to, flags);
}

int symlinkat(const char *target, int dir, const char *name)
{
	return fails_at("symlink", dir, name)
		       ? -1
		       : NEXT(symlinkat)(target, dir, name);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) < 0 && fails_at("mkdir", dir, name))
		return -1;
	return NEXT(mkdirat)(dir, name, mode);
}

static bool growth_fails(int fd, off64_t size)
{
	struct stat st;

	return fstat(fd, &st) == 0 && size > st.st_size &&
	       fails_fd("truncate", fd);
}

int ftruncate(int fd, off_t size)
{
	return growth_fails(fd, size) ? -1 : NEXT(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return growth_fails(fd, size) ? -1 : NEXT(ftruncate64)(fd, size);
}

int mkdir(const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st) < 0 && fails("mkdir", path))
		return -1;
	return NEXT(mkdir)(path, mode);
}

static bool create_fails(int dir, const char *path, int flags)
{
	struct stat st;

	return (flags & O_CREAT) && fstatat(dir, path, &st, 0) < 0 &&
	       fails_at("create", dir, path);
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
	return create_fails(AT_FDCWD, path, flags)
		       ? -1
		       : NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return create_fails(AT_FDCWD, path, flags)
		       ? -1
		       : NEXT(open64)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return create_fails(dir, path, flags)
		       ? -1
		       : NEXT(openat)(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return create_fails(dir, path, flags)
		       ? -1
		       : NEXT(openat64)(dir, path, flags, mode);
}
