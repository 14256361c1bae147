/* SPDX-License-Identifier: ISC */
/* A library for LD_PRELOAD that keeps the shadow (powerloss.h) of the tree at
 * $POWERLOSS_ROOT. Nothing is kept but what was synced: a file whose directory
 * was not synced is not there, one that was not synced itself is empty. */
#include "powerloss.h"

#include <dlfcn.h>
#include <stdbool.h>

/* The function of this name that comes after ours. */
#define NEXT(name) ((__typeof__(&(name)))next_function(#name))

static void *next_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static bool starts_with(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

static bool is_ours(int fd)
{
	const char *root = getenv("POWERLOSS_ROOT");
	char self[64], path[PATH_MAX];
	ssize_t len;

	if (!root || fd < 0)
		return false;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	len = readlink(self, path, sizeof(path) - 1);
	if (len <= 0)
		return false;
	path[len] = '\0';
	return starts_with(path, root);
}

static void keep(int fd)
{
	if (is_ours(fd))
		shadow_keep(fd, NEXT(rename));
}

/* A file about to lose this name stays, so that its inode stays taken. */
static void pin(int folder, const char *path)
{
	char dead[PATH_MAX];
	int fd, saved = errno;

	fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (is_ours(fd)) {
		shadow_fresh(dead, "dead");
		(void)!NEXT(linkat)(folder, path, AT_FDCWD, dead, 0);
	}
	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

int fsync(int fd)
{
	int result = NEXT(fsync)(fd);

	keep(fd);
	return result;
}

int fdatasync(int fd)
{
	int result = NEXT(fdatasync)(fd);

	keep(fd);
	return result;
}

int syncfs(int fd)
{
	if (is_ours(fd))
		shadow_keep_tree(getenv("POWERLOSS_ROOT"), NEXT(rename));
	return 0;
}

int unlink(const char *path)
{
	pin(AT_FDCWD, path);
	return NEXT(unlink)(path);
}

int rename(const char *from, const char *to)
{
	pin(AT_FDCWD, to);
	return NEXT(rename)(from, to);
}

/* An empty directory moves away instead. */
int rmdir(const char *path)
{
	char dead[PATH_MAX];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ours = is_ours(fd);
	int entries = 0;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	while (dir && readdir(dir))
		entries++;
	if (dir)
		(void)closedir(dir);
	if (!ours)
		return NEXT(rmdir)(path);
	if (entries > 2) {
		errno = ENOTEMPTY;
		return -1;
	}
	shadow_fresh(dead, "dead");
	return NEXT(rename)(path, dead);
}
