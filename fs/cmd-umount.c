/* SPDX-License-Identifier: ISC */
/* defms umount: what fusermount3 -u does, and wait until the daemon ended, so
 * that the mailbox is nobody's when this returns. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "defms/cmd.h"
#include "defms/io.h"

extern const struct cmd cmd_umount;

enum {
	TRIES = 20, /* while the daemon itself touches the mount */
	TRY_US = 50000,
	WAIT_MS = 10000,
	PID_SIZE = 32,
};

/* A descriptor of the daemon of the mount at `path`; -1 if it is not known. */
static int open_daemon(const char *path)
{
	AUTO(str) char *file = g_build_filename(path, ".defms", "pid", NULL);
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	guint64 pid;

	if (io_read_file(file, PID_SIZE, text, NULL) < 0)
		return -1;
	g_byte_array_append(text, (const guint8 *)"", 1);
	pid = g_ascii_strtoull((const char *)text->data, NULL, 10);
	if (pid == 0 || pid > INT32_MAX)
		return -1;
	return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

/* The first line of what fusermount3 says. */
static int complain(const char *path, char *said, struct err *err)
{
	said[strcspn(said, "\n")] = '\0';
	if (!said[0])
		return err_set(err, EIO, "%s: cannot be unmounted", path);
	return err_set(err, EINVAL, "%s", said);
}

/* 1 done, 0 it is busy, -1. */
static int try_unmount(const char *path, bool lazy, struct err *err)
{
	const char *const argv[] = { "fusermount3", "-u", "--", path, NULL };
	const char *const lazy_argv[] = { "fusermount3", "-u", "-z",
					  "--",          path, NULL };
	AUTO(str) char *said = NULL;
	GError *failure = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)(uintptr_t)(lazy ? lazy_argv : argv),
			  NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &said,
			  &status, &failure)) {
		(void)err_set(err, ENOENT, "%s", failure->message);
		g_error_free(failure);
		return -1;
	}
	if (status == 0)
		return 1;
	(void)complain(path, said, err);
	return strstr(said, "busy") ? 0 : -1;
}

static int unmount(const char *path, bool lazy, struct err *err)
{
	int done = try_unmount(path, lazy, err);

	for (int i = 0; i < TRIES && done == 0; i++) {
		g_usleep(TRY_US);
		done = try_unmount(path, lazy, err);
	}
	return done > 0 ? 0 : -1;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	AUTO(fd) int daemon = -1;
	bool lazy = false;
	struct pollfd wait;
	struct err err;
	int option;

	(void)config;
	(void)mailbox;
	while ((option = getopt(argc, argv, "z")) == 'z')
		lazy = true;
	if (option != -1 || optind != argc - 1)
		return cmd_usage(&cmd_umount,
				 option == -1 ? "one directory is needed"
					      : NULL);
	daemon = open_daemon(argv[optind]);
	if (unmount(argv[optind], lazy, &err) < 0)
		return cmd_fail(&err);
	wait = (struct pollfd){ .fd = daemon, .events = POLLIN };
	if (daemon >= 0 && !lazy)
		(void)poll(&wait, 1, WAIT_MS);
	return CMD_DONE;
}

const struct cmd cmd_umount = {
	.name = "umount",
	.args = "[-z] DIR",
	.summary = "take the tree of files away",
	.options = "-z  now, though somebody uses it\n",
	.run = run,
};
