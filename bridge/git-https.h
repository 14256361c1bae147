/* SPDX-License-Identifier: ISC */
/* git's protocol over https, "smart HTTP" (gitprotocol-http(5)): a GET for the
 * refs, a POST for each question after them. Questions and answers lie in a
 * file of their own until they are whole, so that a login, a time-out or a
 * limit is looked after in one place: net-http.h.
 *
 * A failure's code is that of net-http.h, or
 *
 *	EACCES	it wants a user and a password, or others, or forbids it
 *	ENOENT	there is no repository, or one that is not served like that
 *	EFBIG	more than the remote's limit
 *	EAGAIN	it cannot now */
#ifndef BRIDGE_GIT_HTTPS_H
#define BRIDGE_GIT_HTTPS_H

#include "defms/git-url.h"
#include "defms/remote.h"
#include "defms/store-remote.h"
#include "net-http.h"

/* Fill `wire`, whose files come to lie in `folder`, which exists by the time it
 * is asked; nothing is connected yet, but remote->password_command was run. */
int git_https_wire(const struct remote *remote, const struct git_url *url,
		   const char *folder, struct store_wire *wire,
		   struct err *err);

/* What an answer means that is none of git's; `has_login`: somebody logged in.
 * Always -1. */
int git_https_judge(const struct http_answer *answer, bool has_login,
		    struct err *err);

#endif
