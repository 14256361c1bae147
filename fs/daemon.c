/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib.h>

#include "defms/auto.h"

void daemon_open(const char *text, struct daemon *daemon_r)
{
	guint64 pid = g_ascii_strtoull(text, NULL, 10);

	*daemon_r = (struct daemon){ .fd = -1 };
	if (pid == 0 || pid > INT32_MAX)
		return;
	daemon_r->pid = (pid_t)pid;
	daemon_r->fd = (int)syscall(SYS_pidfd_open, daemon_r->pid, 0);
}

void daemon_close(struct daemon *daemon)
{
	if (daemon->fd >= 0)
		(void)close(daemon->fd);
	daemon->fd = -1;
}

bool daemon_wait(const struct daemon *daemon, int ms)
{
	struct pollfd end = { .fd = daemon->fd, .events = POLLIN };

	return daemon->fd < 0 || poll(&end, 1, ms) != 0;
}

/* proc(5): a line of /proc/PID/status, "Name:\tdefms", "Uid:\t0\t0\t0\t0". */
static bool is_ours(const char *status, uid_t owner)
{
	AUTO(str) char *user = g_strdup_printf("\nUid:\t%u\t", (unsigned)owner);

	return g_str_has_prefix(status, "Name:\tdefms\n") &&
	       strstr(status, user);
}

void daemon_end(const struct daemon *daemon, uid_t owner)
{
	AUTO(str)
	char *path = g_strdup_printf("/proc/%d/status", (int)daemon->pid);
	AUTO(str) char *status = NULL;

	/* As long as it lives its number is nobody else's. */
	if (!g_file_get_contents(path, &status, NULL, NULL) ||
	    !is_ours(status, owner) || daemon_wait(daemon, 0))
		return;
	(void)syscall(SYS_pidfd_send_signal, daemon->fd, SIGTERM, NULL, 0);
}
