/* SPDX-License-Identifier: ISC */
/* defms umount: what fusermount3 -u does, and wait until the daemon ended, so
 * that the mailbox is nobody's when this returns.
 *
 * Who the daemon is only the mount knows, and nobody may answer there. So a
 * child asks, which can be left waiting. A mount without answers is of no use
 * to anybody: its connection is aborted, and it goes though it is in use.
 *
 * A mount namespace that was made meanwhile may have a copy of the mount
 * (mount_namespaces(7)), of which nobody here knows: it would keep the daemon
 * for as long as it lasts. So a daemon that goes on is told to end. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "connection.h"
#include "daemon.h"
#include "defms/cmd.h"
#include "defms/io.h"

extern const struct cmd cmd_umount;

enum {
	TRIES = 20, /* while the daemon itself touches the mount */
	TRY_US = 50000,
	WAIT_MS = 10000, /* for an answer */
	OWN_MS = 1000,   /* for a daemon that ends by itself */
	END_MS = 60000,  /* for the daemon, which writes what it was given */
	PID_SIZE = 32,
};

enum life { ALIVE, HUNG, DEAD };

/* The child: the process id into `out`; the error is the exit status. */
static void ask(const char *path, int out)
{
	AUTO(str) char *file = g_build_filename(path, ".defms", "pid", NULL);
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	struct err err = { 0 };

	/* It may outlive this command: it keeps nothing else. */
	(void)dup2(out, STDIN_FILENO);
	closefrom(STDIN_FILENO + 1);
	if (io_read_file(file, PID_SIZE, text, &err) == 0)
		(void)!write(STDIN_FILENO, text->data, text->len);
	_exit(err.code);
}

/* What the child says on `in`. If that is nothing it is not waited for: where
 * it waits it may not be killed. */
static enum life hear(pid_t child, int in, struct daemon *daemon_r)
{
	struct pollfd said = { .fd = in, .events = POLLIN };
	char text[PID_SIZE + 1] = { 0 };
	int status = 0;

	if (poll(&said, 1, WAIT_MS) != 1) {
		(void)kill(child, SIGKILL);
		return HUNG;
	}
	if (read(in, text, PID_SIZE) > 0)
		daemon_open(text, daemon_r);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return ALIVE;
	status = WEXITSTATUS(status);
	return status == ENOTCONN || status == ECONNABORTED ? DEAD : ALIVE;
}

/* An enum life, or -1. */
static int find_daemon(const char *path, struct daemon *daemon_r,
		       struct err *err)
{
	AUTO(fd) int in = -1;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "%s", path);
	in = ends[0];
	child = fork();
	if (child == 0)
		ask(path, ends[1]);
	(void)close(ends[1]);
	if (child < 0)
		return err_sys(err, "%s", path);
	return (int)hear(child, in, daemon_r);
}

static int abort_connection(const char *path, struct err *err)
{
	AUTO(fd) int connection = -1;

	if (connection_open(path, &connection, err) < 0)
		return -1;
	return connection_abort(connection, err);
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

static int wait_for_end(const char *path, const struct connection *connection,
			const struct daemon *daemon, struct err *err)
{
	AUTO(str) char *where = NULL;
	int found = 0;

	if (daemon_wait(daemon, OWN_MS))
		return 0;
	/* Where it was mounted once its number may be another one's by now. */
	if (connection->mounts > 1)
		found = connection_where(connection, &where, err);
	if (found < 0)
		return -1;
	if (found > 0)
		return err_set(err, EBUSY,
			       "%s: is taken away, but it is mounted at %s as "
			       "well",
			       path, where);
	daemon_end(daemon, connection->owner);
	if (daemon_wait(daemon, END_MS))
		return 0;
	return err_set(err, EAGAIN,
		       "%s: is taken away, but its daemon is still writing",
		       path);
}

static int unmount_of(const char *path, enum life life, bool lazy,
		      const struct daemon *daemon, struct err *err)
{
	struct connection connection = { 0 };
	bool known = connection_find(path, &connection, err) == 0;

	if (life == HUNG) {
		(void)fprintf(stderr, "defms: %s: its daemon does not answer\n",
			      path);
		if (abort_connection(path, err) < 0 && !lazy)
			return -1;
	}
	if (unmount(path, lazy || life != ALIVE, err) < 0)
		return -1;
	return known && !lazy ? wait_for_end(path, &connection, daemon, err)
			      : 0;
}

static int take_away(const char *path, bool lazy, struct err *err)
{
	struct daemon daemon = { .fd = -1 };
	int life = find_daemon(path, &daemon, err);
	int result = -1;

	if (life >= 0)
		result = unmount_of(path, (enum life)life, lazy, &daemon, err);
	daemon_close(&daemon);
	return result;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	bool lazy = false;
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
	if (take_away(argv[optind], lazy, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_umount = {
	.name = "umount",
	.args = "[-z] DIR",
	.summary = "take the tree of files away",
	.options = "-z  now, though somebody uses it\n",
	.run = run,
};
