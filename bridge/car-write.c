/* SPDX-License-Identifier: ISC */
#include "car-write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/io.h"

enum { BUFFER = 1 << 20 };

struct car_write {
	int folder;            /* borrowed */
	const char *temporary; /* borrowed */
	GByteArray *buffer;    /* owned */
	int fd;                /* owned */
	bool ended;
};

int car_write_begin(int folder, const char *temporary,
		    struct car_write **write_r, struct err *err)
{
	AUTO(car_write) struct car_write *write = g_new0(struct car_write, 1);

	write->folder = folder;
	write->temporary = temporary;
	write->buffer = g_byte_array_sized_new(BUFFER);
	if (unlinkat(folder, temporary, 0) < 0 && errno != ENOENT) {
		write->fd = -1;
		return err_sys(err, "%s", temporary);
	}
	/* Others read it, where umask lets them: what must not be seen is
	 * sealed. */
	write->fd = openat(folder, temporary,
			   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (write->fd < 0)
		return err_sys(err, "%s", temporary);
	*write_r = take(write);
	return 0;
}

void car_write_free(struct car_write *write)
{
	if (!write)
		return;
	if (write->fd >= 0)
		(void)close(write->fd);
	if (write->fd >= 0 && !write->ended)
		(void)unlinkat(write->folder, write->temporary, 0);
	g_byte_array_unref(write->buffer);
	g_free(write);
}

GByteArray *car_write_buffer(struct car_write *write)
{
	return write->buffer;
}

static int write_out(struct car_write *write, struct err *err)
{
	if (io_write(write->fd, write->buffer->data, write->buffer->len, err) <
	    0)
		return err_prefix(err, "%s", write->temporary);
	(void)g_byte_array_set_size(write->buffer, 0);
	return 0;
}

int car_write_flush(struct car_write *write, struct err *err)
{
	return write->buffer->len < BUFFER ? 0 : write_out(write, err);
}

/* Not every file system can refuse to replace. */
static int rename_to(const struct car_write *write, const char *name,
		     bool replace)
{
	if (!replace) {
		if (renameat2(write->folder, write->temporary, write->folder,
			      name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EINVAL && errno != ENOSYS)
			return -1;
		if (faccessat(write->folder, name, F_OK, 0) == 0) {
			errno = EEXIST;
			return -1;
		}
	}
	return renameat(write->folder, write->temporary, write->folder, name);
}

int car_write_end(struct car_write *write, const char *name, bool replace,
		  struct err *err)
{
	if (write_out(write, err) < 0)
		return -1;
	crash_point("push: before the file is synced");
	if (fsync(write->fd) < 0)
		return err_sys(err, "%s", write->temporary);
	if (rename_to(write, name, replace) < 0)
		return err_sys(err, "%s", name);
	write->ended = true;
	crash_point("push: the file has its name");
	if (fsync(write->folder) < 0 && errno != EINVAL)
		return err_sys(err, "folder of %s", name);
	return 0;
}
