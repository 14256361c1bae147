/* SPDX-License-Identifier: ISC */
#include "imap-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int open_file(const struct mailbox *mailbox, struct err *err)
{
	AUTO(str)
	char *path = g_build_filename(mailbox_home(mailbox), "imap.lock", NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(err, "%s", path) : fd;
}

static struct flock lock_of(int64_t byte)
{
	return (struct flock){ .l_type = F_WRLCK,
			       .l_whence = SEEK_SET,
			       .l_start = byte,
			       .l_len = 1 };
}

int imap_lock(const struct mailbox *mailbox, int64_t byte, struct err *err)
{
	AUTO(fd) int fd = open_file(mailbox, err);
	struct flock lock = lock_of(byte);
	int held;

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return err_set(err, EBUSY,
				       "another defms bridge is at work");
		return err_sys(err, "imap.lock");
	}
	held = fd;
	fd = -1;
	return held;
}

int imap_lock_is_held(const struct mailbox *mailbox, int64_t byte,
		      struct err *err)
{
	AUTO(fd) int fd = open_file(mailbox, err);
	struct flock lock = lock_of(byte);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return err_sys(err, "imap.lock");
	return lock.l_type != F_UNLCK;
}
