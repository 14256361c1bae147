/* SPDX-License-Identifier: ISC */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <glib.h>

#include "test.h"

/* The only child there is. */
static pid_t guard_pid(void)
{
	AUTO(str)
	char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
	AUTO(str) char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return -1;
	return (pid_t)g_ascii_strtoll(text, NULL, 10);
}

/* Its name is the last thing that it sets; at most 5 s. */
static bool wait_for_name(pid_t pid)
{
	AUTO(str) char *path = g_strdup_printf("/proc/%d/comm", pid);

	for (int i = 0; i < 5000; i++) {
		AUTO(str) char *name = NULL;

		if (g_file_get_contents(path, &name, NULL, NULL) &&
		    strcmp(name, "defms-guard\n") == 0)
			return true;
		g_usleep(1000);
	}
	return false;
}

static int count_files(pid_t pid)
{
	AUTO(str) char *path = g_strdup_printf("/proc/%d/fd", pid);
	GDir *dir = g_dir_open(path, 0, NULL);
	int count = 0;

	while (dir && g_dir_read_name(dir))
		count++;
	if (dir)
		g_dir_close(dir);
	return count;
}

/* "1" comes from the pipe, and then nothing: nobody holds its other end. */
static void check_written(int in)
{
	char text[3] = "";

	CHECK_INT(read(in, text, 2), 1);
	CHECK_STR(text, "1");
	CHECK_INT(read(in, text, 2), 0);
}

/* A daemon that waits to be killed; it says when it is ready. */
static void be_daemon(int out, int ready)
{
	struct guard *guard = NULL;
	struct err err;

	if (guard_new(&guard, &err) == 0 && guard_hold(guard, out, &err) == 0)
		(void)!write(ready, "+", 1);
	(void)close(ready);
	for (;;)
		(void)pause();
}

TEST(what_is_held_is_written_to_when_the_process_is_killed)
{
	int pipes[2], ready[2];
	char byte = 0;
	pid_t pid;

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		be_daemon(pipes[1], ready[1]);
	(void)close(pipes[1]);
	(void)close(ready[1]);
	CHECK_INT(read(ready[0], &byte, 1), 1);
	/* The guard keeps nothing of what the daemon had open. */
	CHECK_INT(read(ready[0], &byte, 1), 0);
	CHECK_INT(kill(pid, SIGKILL), 0);
	check_written(pipes[0]);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	(void)close(pipes[0]);
	(void)close(ready[0]);
}

TEST(the_guard_ends_with_its_daemon)
{
	struct guard *guard = NULL;
	struct err err;
	int pipes[2];

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	CHECK_INT(guard_new(&guard, &err), 0);
	CHECK_INT(guard_hold(guard, pipes[1], &err), 0);
	(void)close(pipes[1]);
	guard_free(guard);
	check_written(pipes[0]);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
	(void)close(pipes[0]);
}

TEST(it_ends_with_nothing_to_hold_too)
{
	struct guard *guard = NULL;
	struct err err;

	CHECK_INT(guard_new(&guard, &err), 0);
	guard_free(guard);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
}

TEST(it_is_in_nobodys_way_and_no_signal_ends_it)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	AUTO(str) char *cwd = NULL, *path = NULL;
	struct guard *guard = NULL;
	struct err err;
	int pipes[2];
	pid_t pid;

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	CHECK_INT(guard_new(&guard, &err), 0);
	pid = guard_pid();
	CHECK(wait_for_name(pid));
	path = g_strdup_printf("/proc/%d/cwd", pid);
	cwd = g_file_read_link(path, NULL);
	CHECK_STR(cwd, "/");
	CHECK_INT(getsid(pid), pid);
	CHECK_INT(count_files(pid), 1);
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		CHECK_INT(kill(pid, signals[i]), 0);
	CHECK_INT(guard_hold(guard, pipes[1], &err), 0);
	(void)close(pipes[1]);
	guard_free(guard);
	check_written(pipes[0]);
	(void)close(pipes[0]);
}

TEST(a_guard_that_was_killed_is_told_of)
{
	AUTO(fd) int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct guard *guard = NULL;
	siginfo_t info;
	struct err err = { 0 };
	pid_t pid;

	CHECK_INT(guard_new(&guard, &err), 0);
	pid = guard_pid();
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_INT(guard_hold(guard, fd, &err), -1);
	CHECK_INT(err.code, EPIPE);
	guard_free(guard);
}
