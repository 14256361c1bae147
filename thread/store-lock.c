/* SPDX-License-Identifier: ISC */
/* A file is written beside, as ".<name>.lock", then linked to git's lock
 * "<name>.lock", which is renamed to <name>. Only who holds the mailbox's lock
 * writes that way, so a lock of ours that stays, which is known by its second
 * link, is a dead process's. Any other one is a stock git's at work, unless it
 * is a minute old. */
#include "store-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/crash.h"
#include "defms/io.h"

enum {
	LOCK_TRIES = 20, /* of 10 ms, for a stock git that holds a lock */
	LOCK_AGE = 60,   /* seconds; git holds none for longer */
};

static int unlink_any(const char *path, struct err *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, "%s", path);
	return 0;
}

/* What a dead process of ours left: its lock goes. What it wrote beside may be
 * the ref itself by now, and is unlinked before anything is written. */
static int clear_own(const char *beside, const char *lock, struct err *err)
{
	struct stat ours, theirs;

	if (stat(beside, &ours) == 0 && stat(lock, &theirs) == 0 &&
	    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino &&
	    unlink_any(lock, err) < 0)
		return -1;
	return unlink_any(beside, err);
}

/* Has nobody written to the lock for so long that its git is dead? */
static bool is_old(const char *lock)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	struct stat st;

	return stat(lock, &st) == 0 && llabs(now - st.st_mtime) >= LOCK_AGE;
}

/* Make `beside` the lock too. */
static int link_lock(const char *beside, const char *lock, struct err *err)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (link(beside, lock) == 0)
			return 0;
		if (errno != EEXIST)
			return err_sys(err, "%s", lock);
		if (!is_old(lock))
			(void)g_usleep(10000);
		else if (unlink_any(lock, err) < 0)
			return -1;
	}
	return err_set(err, EAGAIN, "%s: another git holds it", lock);
}

static int write_beside(const char *path, const void *data, size_t size,
			bool durable, struct err *err)
{
	AUTO(fd)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (io_write(fd, data, size, err) < 0)
		return err_prefix(err, "%s", path);
	return durable && fsync(fd) < 0 ? err_sys(err, "%s", path) : 0;
}

int store_write_locked(const char *path, const void *data, size_t size,
		       bool durable, struct err *err)
{
	AUTO(str) char *folder = g_path_get_dirname(path);
	AUTO(str) char *name = g_path_get_basename(path);
	AUTO(str) char *lock = g_strconcat(path, ".lock", NULL);
	AUTO(str) char *beside = g_strconcat(folder, "/.", name, ".lock", NULL);

	if (clear_own(beside, lock, err) < 0)
		return -1;
	if (write_beside(beside, data, size, durable, err) < 0 ||
	    link_lock(beside, lock, err) < 0) {
		(void)unlink(beside);
		return -1;
	}
	crash_point("refs: locked");
	if (rename(lock, path) < 0) {
		(void)err_sys(err, "%s", path);
		(void)unlink(lock);
		(void)unlink(beside);
		return -1;
	}
	crash_point("refs: moved, its second name is still there");
	return unlink_any(beside, err);
}
