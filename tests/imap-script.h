/* SPDX-License-Identifier: ISC */
/* A server in place of net.h: it answers commands by rules, and breaks off, or
 * falls silent, after as many bytes as wanted. */
#ifndef DEFMS_IMAP_SCRIPT_H
#define DEFMS_IMAP_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "imap-parts.h"

/* How a command begins, and the answer, in which '$' at the start of a line is
 * the command's tag. The first rule that fits counts. */
struct rule {
	const char *command, *answer;
};

struct script {
	const struct rule *rules; /* up to one without a command */
	const struct rule *more;  /* and then these; NULL: none */
	size_t limit;             /* bytes that it says; 0: all */
	bool stall;               /* and then nothing, instead of good-bye */
	size_t piece;             /* bytes given at once; 0: as many as fit */
	GString *said;            /* owned; what the client said */
	GString *out;             /* owned; what it was told, or will be */
	size_t at, parsed;        /* of `out`, `said` */
	size_t literal;           /* of `said`, that is to come */
	char tag[32];             /* of the command whose literal or DONE is
				   * awaited */
	const char *answer;       /* to it */
	const char *forever;      /* said when there is nothing to say */
	bool refuse_literals;
	bool deflated;
	int fd; /* owned; nothing ever comes of it */
};

/* What net_open() is given instead of an account. */
struct net {
	struct script *script; /* borrowed */
};

/* One that answers by `rules` (borrowed, as is `more`), and to be released. */
void script_init(struct script *script, const struct rule *rules,
		 const struct rule *more);
void script_release(struct script *script);

/* imap_open() with this server. */
int script_open(struct script *script, struct imap **imap_r, struct err *err);

/* Begin one that lets everybody in, and log in; and select INBOX, too; and the
 * end of both. */
struct imap *script_login(struct script *script, const struct rule *rules,
			  const struct rule *more);
struct imap *script_select(struct script *script, const struct rule *rules,
			   const struct rule *more);
void script_close(struct imap *imap, struct script *script);

/* A server with all that we use, and one with nothing. */
extern const struct rule script_full[], script_bare[];

#endif
