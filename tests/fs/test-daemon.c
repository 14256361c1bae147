/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* A process called `name`, which lives until it is told to end. */
static pid_t start(const char *name)
{
	pid_t pid;
	char byte;
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_NAME, name);
		(void)!write(ends[1], "+", 1);
		for (;;)
			(void)pause();
	}
	CHECK_INT(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return pid;
}

static void open_it(pid_t pid, struct daemon *daemon)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d\n", (int)pid);
	daemon_open(text, daemon);
}

static void stop(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

TEST(what_is_no_process_has_ended)
{
	static const char *const texts[] = {
		"", "x", "0", "-1", "99999999999", "2147483647"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct daemon daemon;

		daemon_open(texts[i], &daemon);
		CHECK_INT(daemon.fd, -1);
		CHECK(daemon_wait(&daemon, 1000));
		daemon_end(&daemon, getuid());
		daemon_close(&daemon);
	}
}

TEST(a_daemon_is_told_to_end)
{
	pid_t pid = start("defms");
	struct daemon daemon;

	open_it(pid, &daemon);
	CHECK(!daemon_wait(&daemon, 0));
	daemon_end(&daemon, getuid());
	CHECK(daemon_wait(&daemon, 10000));
	daemon_end(&daemon, getuid());
	daemon_close(&daemon);
	stop(pid);
}

TEST(nobody_else_is)
{
	static const char *const names[] = { "defm", "defmss", "sleep" };
	struct daemon daemon;
	pid_t pid;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		pid = start(names[i]);
		open_it(pid, &daemon);
		daemon_end(&daemon, getuid());
		CHECK(!daemon_wait(&daemon, 100));
		daemon_close(&daemon);
		stop(pid);
	}
	pid = start("defms");
	open_it(pid, &daemon);
	daemon_end(&daemon, getuid() + 1);
	CHECK(!daemon_wait(&daemon, 100));
	daemon_close(&daemon);
	stop(pid);
}
