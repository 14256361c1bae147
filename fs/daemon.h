/* SPDX-License-Identifier: ISC */
/* The daemon of a mount, seen from another process. */
#ifndef DEFMS_DAEMON_H
#define DEFMS_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

struct daemon {
	pid_t pid;
	int fd; /* pidfd_open(2); owned; -1: not known */
};

/* Of the process id in `text`, as .defms/pid has it. If there is no such
 * process it is not known. */
void daemon_open(const char *text, struct daemon *daemon_r);
void daemon_close(struct daemon *daemon);

/* Has it ended, within `ms` milliseconds? One that is not known has. */
bool daemon_wait(const struct daemon *daemon, int ms);

/* Tell it to write what it was given, and to end. A process of another user
 * than `owner`, or of another program, is not touched: the number may have been
 * one of another pid namespace, or somebody's lie. */
void daemon_end(const struct daemon *daemon, uid_t owner);

#endif
