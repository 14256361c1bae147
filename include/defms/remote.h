/* SPDX-License-Identifier: ISC */
/* The remotes in the settings: sections [remote "NAME"] of defms-config(5),
 * checked. */
#ifndef DEFMS_REMOTE_H
#define DEFMS_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/config.h"
#include "defms/err.h"

/* What a remote may see. */
enum audience {
	AUDIENCE_PERSON, /* the strands that are shared with one */
	AUDIENCE_PUBLIC, /* the public ones */
	AUDIENCE_ALL,    /* all, mine too: a backup */
};

enum remote_scheme {
	REMOTE_DIR,
	REMOTE_CAR,
	REMOTE_GIT,
	REMOTE_IPFS,
	REMOTE_SCHEMES,
};

struct remote {
	char *name;                /* owned, all of them */
	char *url;                 /* as it stands in the settings */
	enum remote_scheme scheme; /* of it: */
	char *location;            /* what follows "dir:" and so on */
	char *shown;               /* the URL as others may see it */
	enum audience audience;
	char *address;    /* NULL without AUDIENCE_PERSON */
	GPtrArray *from;  /* of char *: fingerprints */
	bool anybody;     /* from = any */
	uint64_t limit;   /* bytes that a pull may bring */
	char *token_file; /* of a node, that wants one; NULL: none */
	/* Of a git repository elsewhere, the first two of https: */
	char *ca_file;          /* NULL: the system's */
	char *password_command; /* NULL: nobody logs in */
	int64_t timeout;        /* ms for which nothing may come */
};
void remote_free(struct remote *remote);
AUTO_KIND(remote, struct remote, remote_free)

/* All of them, of struct remote *, in the file's order. EINVAL, and a text that
 * names the key, if one has a value that cannot be. */
int remote_list(const struct config *config, GPtrArray **remotes_r,
		struct err *err);

/* A name: letters, digits and "-_.", a letter or digit first, 64 at most.
 * EINVAL. */
int remote_check_name(const char *name, struct err *err);

/* `url` as it can stand in the settings: checked, and what is a path in it made
 * absolute. EINVAL. Caller frees. */
int remote_complete_url(const char *url, char **complete_r, struct err *err);

#endif
