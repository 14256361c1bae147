/* SPDX-License-Identifier: ISC */
/* Reports of mail that did not arrive (RFC 3464): what a mail system says to
 * whom it was from. Anybody can write one: what it says is only believed of
 * mail that is in the queue, and only that somebody did not get it. */
#ifndef THREAD_BOUNCE_H
#define THREAD_BOUNCE_H

#include "defms/mime.h"

struct bounce_recipient {
	char *final, *original; /* owned; addresses; NULL: it does not say */
	char *reason;           /* owned; "550 5.1.1 no such user" */
};

struct bounce {
	char *envid;       /* owned; what the sender called it; NULL */
	char *msgid;       /* owned; of the message it is about; NULL */
	GPtrArray *failed; /* owned; of struct bounce_recipient */
};

/* 1 if it is one that says of somebody that he did not get it; 0. */
int bounce_parse(struct mime *mime, struct bounce **bounce_r);
void bounce_free(struct bounce *bounce);
/* A report of any kind (failed, delayed, delivered) that does not say what it
 * follows: it follows the message that it brings back, as if In-Reply-To said
 * so. */
void bounce_follow(struct mime *mime);
AUTO_KIND(bounce, struct bounce, bounce_free)

#endif
