/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd-run-loop.h"
#include "defms/cmd.h"

extern const struct cmd cmd_bridge_run;

enum { GRACE = 8000 }; /* ms for the steps in hand */

/* They are taken by sigwait() alone: the workers that are started later have
 * them blocked too. */
static void block_signals(sigset_t *signals)
{
	(void)sigemptyset(signals);
	(void)sigaddset(signals, SIGTERM);
	(void)sigaddset(signals, SIGINT);
	(void)sigaddset(signals, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct run_loop *loop;
	sigset_t signals;
	struct err err;
	int number;

	(void)argv;
	if (argc > 1)
		return cmd_usage(&cmd_bridge_run, "it takes no arguments");
	block_signals(&signals);
	if (run_loop_start(mailbox, config, &loop, &err) < 0)
		return cmd_fail(&err);
	while (sigwait(&signals, &number) != 0)
		;
	/* A server that does not answer may hold a step up for longer than
	 * anybody wants to wait. Nothing is lost: a kill at any instant is
	 * what all of it is made for. */
	if (!run_loop_stop(loop, GRACE))
		_exit(CMD_DONE);
	run_loop_free(loop);
	return CMD_DONE;
}

const struct cmd cmd_bridge_run = {
	.name = "bridge run",
	.args = "",
	.summary = "synchronise and send for good",
	.flags = CMD_MAILBOX,
	.run = run,
};
