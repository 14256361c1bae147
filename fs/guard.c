/* SPDX-License-Identifier: ISC */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct guard {
	pid_t pid;
	int end; /* of a socket: the guard has the other one. owned */
};

/* A byte, and a descriptor beside it. */
struct parcel {
	struct msghdr message;
	struct iovec vector;
	char byte;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static struct msghdr *parcel_init(struct parcel *parcel)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->vector = (struct iovec){ &parcel->byte, 1 };
	parcel->message = (struct msghdr){
		.msg_iov = &parcel->vector,
		.msg_iovlen = 1,
		.msg_control = parcel->control,
		.msg_controllen = sizeof(parcel->control),
	};
	return &parcel->message;
}

/* The descriptor that comes; -1 if the daemon went without one. */
static int receive(int end)
{
	struct parcel parcel;
	struct msghdr *message = parcel_init(&parcel);
	const struct cmsghdr *header;
	ssize_t got;
	int fd;

	do
		got = recvmsg(end, message, 0);
	while (got < 0 && errno == EINTR);
	header = got > 0 ? CMSG_FIRSTHDR(message) : NULL;
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static void wait_for_end(int end)
{
	char byte;
	ssize_t got;

	do
		got = read(end, &byte, 1);
	while (got > 0 || (got < 0 && errno == EINTR));
}

/* In nobody's way: no terminal, no directory, no file of whoever started it,
 * and not to be ended together with the daemon. */
static void stand_aside(int end)
{
	const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };

	(void)setsid();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)!chdir("/");
	(void)dup2(end, STDIN_FILENO);
	closefrom(STDIN_FILENO + 1);
	(void)prctl(PR_SET_NAME, "defms-guard");
}

static void be_guard(int end)
{
	int fd;

	stand_aside(end);
	fd = receive(STDIN_FILENO);
	wait_for_end(STDIN_FILENO);
	/* After an orderly end the connection is no more, and this does
	 * nothing. */
	if (fd >= 0)
		(void)!write(fd, "1", 1);
	_exit(0);
}

int guard_new(struct guard **guard_r, struct err *err)
{
	AUTO(guard) struct guard *guard = g_new0(struct guard, 1);
	int ends[2];

	guard->end = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, "no guard");
	guard->end = ends[0];
	guard->pid = fork();
	if (guard->pid == 0)
		be_guard(ends[1]);
	(void)close(ends[1]);
	if (guard->pid < 0)
		return err_sys(err, "no guard");
	*guard_r = take(guard);
	return 0;
}

int guard_hold(struct guard *guard, int fd, struct err *err)
{
	struct parcel parcel;
	struct msghdr *message = parcel_init(&parcel);
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(guard->end, message, MSG_NOSIGNAL) < 0)
		return err_sys(err, "no guard");
	return 0;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	if (guard->end >= 0)
		(void)close(guard->end);
	while (guard->pid > 0 && waitpid(guard->pid, NULL, 0) < 0 &&
	       errno == EINTR)
		;
	g_free(guard);
}
