/* SPDX-License-Identifier: ISC */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
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

/* "rw,user_id=1000,group_id=1000": the kernel's word, not the daemon's. */
static uid_t read_owner(const char *options)
{
	static const char key[] = ",user_id=";
	AUTO(str) char *all = g_strconcat(",", options, NULL);
	const char *at = strstr(all, key);

	return at ? (uid_t)strtoul(at + strlen(key), NULL, 10) : (uid_t)-1;
}

/* proc(5): "36 35 0:41 / /home/ada/mail rw shared:1 - fuse.defms defms rw",
 * where "\\040" stands for a space in a field. The path, if it is that mount;
 * the caller frees it. */
static char *read_mount(const char *line, struct connection *connection)
{
	AUTO(str) char *device = g_strdup_printf("0:%u", connection->number);
	g_auto(GStrv) fields = g_strsplit(line, " ", -1);
	guint count = g_strv_length(fields), at = 6;

	if (count < at || strcmp(fields[2], device) != 0)
		return NULL;
	while (at < count && strcmp(fields[at], "-") != 0)
		at++;
	if (at + 3 >= count || strcmp(fields[at + 1], "fuse.defms") != 0)
		return NULL;
	connection->owner = read_owner(fields[at + 3]);
	return g_strcompress(fields[4]);
}

/* The first mount of `connection->number`, and how many there are. 1/0/-1 */
static int look_up(struct connection *connection, char **path_r,
		   struct err *err)
{
	AUTO(file) FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *path = NULL;
	size_t room = 0;

	if (!mounts)
		return err_sys(err, "/proc/self/mountinfo");
	connection->mounts = 0;
	while (getline(&line, &room, mounts) >= 0) {
		char *at = read_mount(line, connection);

		if (!at)
			continue;
		connection->mounts++;
		if (path)
			g_free(at);
		else
			path = at;
	}
	free(line);
	*path_r = path;
	return path ? 1 : 0;
}

int connection_find(const char *path, struct connection *connection_r,
		    struct err *err)
{
	AUTO(str) char *where = NULL;
	int found;

	if (find_device(path, &connection_r->number, err) < 0)
		return -1;
	found = look_up(connection_r, &where, err);
	if (found == 0)
		return err_set(err, EINVAL, "%s: no mount of defms", path);
	return MIN(found, 0);
}

int connection_where(const struct connection *connection, char **path_r,
		     struct err *err)
{
	struct connection found = *connection;

	return look_up(&found, path_r, err);
}

int connection_open(const char *path, int *fd_r, struct err *err)
{
	struct connection connection;
	AUTO(str) char *file = NULL;

	if (connection_find(path, &connection, err) < 0)
		return -1;
	file = g_strdup_printf("/sys/fs/fuse/connections/%u/abort",
			       connection.number);
	*fd_r = open(file, O_WRONLY | O_CLOEXEC);
	return *fd_r < 0 ? err_sys(err, "%s", file) : 0;
}

int connection_abort(int fd, struct err *err)
{
	return write(fd, "1", 1) == 1 ? 0 : err_sys(err, "no abort");
}
