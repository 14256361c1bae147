/* SPDX-License-Identifier: ISC */
/* Where a git repository is, in the forms of git-push(1), "Git URLs":
 *
 *	/path, file:///path
 *	ssh://[user@]host[:port]/path, [user@]host:path
 *	https://[user@]host[:port]/path
 *
 * All others encrypt nothing, and are refused. */
#ifndef DEFMS_GIT_URL_H
#define DEFMS_GIT_URL_H

#include "defms/auto.h"
#include "defms/err.h"

enum git_way {
	GIT_WAY_PATH, /* also file:// */
	GIT_WAY_SSH,
	GIT_WAY_HTTPS,
};

struct git_url {
	enum git_way way;
	char *user;  /* owned, all of them; NULL: it names none */
	char *host;  /* without the brackets of an IPv6 address; NULL: none */
	char *port;  /* NULL: the usual one */
	char *path;  /* as the repository's host is to be told it */
	char *shown; /* the URL, but of https without the user, who may be a
		      * secret (a token) */
};

/* EINVAL, with a text that does not quote it: a password may be in it, and is
 * never allowed. */
int git_url_parse(const char *text, struct git_url **url_r, struct err *err);
void git_url_free(struct git_url *url);
AUTO_KIND(git_url, struct git_url, git_url_free)

#endif
