/* SPDX-License-Identifier: ISC */
/* A secret that a command prints, read by the byte into locked memory: what
 * follows its first line must not lie in a buffer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <sodium.h>

#include "defms/secret.h"

enum { REST = 1 << 20 }; /* that it may print after the line */

struct running {
	pid_t pid;
	int fd;           /* its standard output */
	int64_t deadline; /* of the monotonic clock, us; 0: none */
};

static int start(const char *command, struct running *running, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	running->pid = fork();
	if (running->pid == 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		if (dup2(ends[1], STDOUT_FILENO) >= 0)
			(void)execl("/bin/sh", "sh", "-c", command,
				    (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	if (running->pid < 0) {
		(void)close(ends[0]);
		return err_sys(err, "fork");
	}
	running->fd = ends[0];
	return 0;
}

/* Wait until `fd` can be read, or it is too late. */
static int wait_for(const struct running *running, int fd, struct err *err)
{
	struct pollfd item = { .fd = fd, .events = POLLIN };

	while (true) {
		int64_t left = running->deadline - g_get_monotonic_time();
		int ready;

		if (running->deadline == 0)
			left = -1;
		else if (left <= 0)
			return err_set(err, ETIMEDOUT, "it takes too long");
		ready = poll(&item, 1, left < 0 ? -1 : (int)(left / 1000) + 1);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll");
	}
}

/* 1 a byte, 0 the end, -1. */
static int next_byte(const struct running *running, char *byte_r,
		     struct err *err)
{
	ssize_t got;

	if (wait_for(running, running->fd, err) < 0)
		return -1;
	got = read(running->fd, byte_r, 1);
	if (got < 0)
		return err_sys(err, "reading what it prints");
	return (int)got;
}

static int read_line(const struct running *running, char *text, size_t size,
		     struct err *err)
{
	size_t len = 0;
	char byte = '\0';
	int more;

	while ((more = next_byte(running, &byte, err)) > 0 && byte != '\n' &&
	       byte != '\0') {
		if (len == size - 1)
			return err_set(err, EACCES,
				       "what it prints is too "
				       "long");
		text[len++] = byte;
	}
	text[len] = '\0';
	sodium_memzero(&byte, sizeof(byte));
	return more < 0 ? -1 : 0;
}

/* So that the command does not die of SIGPIPE. */
static int read_rest(const struct running *running, struct err *err)
{
	char piece[4096];
	size_t size = 0;
	ssize_t got;

	do {
		if (wait_for(running, running->fd, err) < 0)
			return -1;
		got = read(running->fd, piece, sizeof(piece));
		if (got < 0)
			return err_sys(err, "reading what it prints");
		sodium_memzero(piece, sizeof(piece));
		size += (size_t)got;
		if (size > REST)
			return err_set(err, EACCES, "it prints too much");
	} while (got > 0);
	return 0;
}

/* Until it has ended. */
static int wait_for_end(const struct running *running, struct err *err)
{
	AUTO(fd) int fd = pidfd_open(running->pid, 0);

	if (fd < 0)
		return err_sys(err, "pidfd_open");
	return wait_for(running, fd, err);
}

int secret_command(const char *command, int64_t timeout_ms, char *text,
		   size_t size, struct err *err)
{
	struct running running = { .pid = -1, .fd = -1 };
	int result, status = 0;

	if (timeout_ms > 0)
		running.deadline = g_get_monotonic_time() + timeout_ms * 1000;
	if (start(command, &running, err) < 0)
		return -1;
	result = read_line(&running, text, size, err);
	if (result == 0)
		result = read_rest(&running, err);
	(void)close(running.fd);
	if (result == 0)
		result = wait_for_end(&running, err);
	if (result < 0)
		(void)kill(running.pid, SIGKILL);
	while (waitpid(running.pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, "waiting for it");
	if (result < 0)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, EACCES, "it failed");
	if (!*text)
		return err_set(err, EACCES, "it prints nothing");
	return 0;
}
