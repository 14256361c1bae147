/* SPDX-License-Identifier: ISC */
/* git's protocol through the user's own ssh, as git does it: his ~/.ssh/config,
 * his agent and keys, his known_hosts. It is run in batch mode: what it would
 * ask for on a terminal fails. GIT_SSH_COMMAND, for a shell, takes its place.
 *
 * A failure's code:
 *
 *	ETIMEDOUT	nothing came for as long as that may take
 *	EACCES	no key opens it
 *	EPERM	the host's own key is not known, or another one
 *	ENOENT	no repository, no git there, or no ssh here
 *	EAGAIN ECONNRESET	the host is not there, or not now */
#ifndef BRIDGE_GIT_SSH_H
#define BRIDGE_GIT_SSH_H

#include "defms/git-url.h"
#include "defms/store-remote.h"

/* Fill `wire`; nothing is connected yet. Nothing may come or go for at most
 * `timeout_ms`. */
void git_ssh_wire(const struct git_url *url, int64_t timeout_ms,
		  struct store_wire *wire);

/* The command for the host's shell: "git-upload-pack '/srv/x.git'". Caller
 * frees. */
char *git_ssh_command(bool push, const char *path);

/* What `words`, all that ssh and the other side said on standard error, and the
 * exit status of ssh mean. Always -1. */
int git_ssh_judge(int status, const char *words, struct err *err);

#endif
