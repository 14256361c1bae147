/* SPDX-License-Identifier: ISC */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/auto.h"

/* The number of the device at `path`, a mount point: to ask without an answer
 * of the daemon is to want nothing, and nothing that is up to date. */
static int find_device(const char *path, unsigned *number_r, struct err *err)
{
	const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
	struct statx st;

	if (statx(AT_FDCWD, path, flags, 0, &st) < 0)
		return err_sys(err, "%s", path);
	*number_r = st.stx_dev_minor;
	if (st.stx_dev_major != 0)
		return err_set(err, EINVAL, "%s: no mount of defms", path);
	return 0;
}

/* proc(5): "36 35 0:41 / /home/ada/mail rw shared:1 - fuse.defms defms rw",
 * where "\\040" stands for a space in a field. */
static bool is_ours(const char *line, const char *device)
{
	g_auto(GStrv) fields = g_strsplit(line, " ", -1);
	guint count = g_strv_length(fields), at = 6;

	if (count < at || strcmp(fields[2], device) != 0)
		return false;
	while (at < count && strcmp(fields[at], "-") != 0)
		at++;
	return at + 1 < count && strcmp(fields[at + 1], "fuse.defms") == 0;
}

static int check_type(const char *path, unsigned number, struct err *err)
{
	AUTO(file) FILE *mounts = fopen("/proc/self/mountinfo", "re");
	AUTO(str) char *device = g_strdup_printf("0:%u", number);
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	if (!mounts)
		return err_sys(err, "/proc/self/mountinfo");
	while (!found && getline(&line, &room, mounts) >= 0)
		found = is_ours(line, device);
	free(line);
	if (!found)
		return err_set(err, EINVAL, "%s: no mount of defms", path);
	return 0;
}

int connection_open(const char *path, int *fd_r, struct err *err)
{
	AUTO(str) char *file = NULL;
	unsigned number;

	if (find_device(path, &number, err) < 0 ||
	    check_type(path, number, err) < 0)
		return -1;
	file = g_strdup_printf("/sys/fs/fuse/connections/%u/abort", number);
	*fd_r = open(file, O_WRONLY | O_CLOEXEC);
	return *fd_r < 0 ? err_sys(err, "%s", file) : 0;
}

int connection_abort(int fd, struct err *err)
{
	return write(fd, "1", 1) == 1 ? 0 : err_sys(err, "no abort");
}
