/* SPDX-License-Identifier: ISC */
/* A subcommand: an entry and one function. fs/main.c lists them. */
#ifndef DEFMS_CMD_H
#define DEFMS_CMD_H

#include "defms/config.h"
#include "defms/mailbox.h"

enum cmd_flags {
	CMD_MAILBOX = 1 << 0,  /* open the mailbox first */
	CMD_SYSEXITS = 1 << 1, /* its exit statuses are those of sysexits.h */
};

enum cmd_exit {
	CMD_DONE = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_LATER = 75, /* sysexits EX_TEMPFAIL */
};

struct cmd {
	const char *name;    /* one of a group: "bridge smtp" */
	const char *args;    /* "[--public] PATH..." */
	const char *summary; /* one line, no capital, no full stop */
	const char *options; /* a line each, for --help; NULL if none */
	unsigned flags;
	/* A group of commands one level down (NULL ends them) has no `run`. */
	const struct cmd *const *commands;
	/* argv[0] is "defms NAME", for getopt's complaints. --help has been
	 * answered. `mailbox` is NULL without CMD_MAILBOX. Returns the exit
	 * status. */
	int (*run)(int argc, char **argv, struct config *config,
		   struct mailbox *mailbox);
};

/* "defms: <text>" on stderr; the exit status for it (1, or 75). */
int cmd_fail(const struct err *err);

/* "defms: kept, but to be finished: <text>" on stderr: what was to be done is
 * done for good, and the next writer mends the rest. */
void cmd_warn(const struct err *err);

/* The usage of `cmd` on stderr, after "defms NAME: <problem>" if not NULL.
 * Always CMD_USAGE. */
int cmd_usage(const struct cmd *cmd, const char *problem);

/* What `cmd` is for, its usage and options, on stdout. Always CMD_DONE. */
int cmd_help(const struct cmd *cmd);

/* The whole program: find argv[1] in `commands` (NULL ends it), read the
 * settings, open what its flags ask for, run it. Answers --help and --version.
 * Called `sendmail` it is the command `send`. Returns the exit status. */
int cmd_main(const struct cmd *const *commands, int argc, char **argv);

#endif
