/* SPDX-License-Identifier: ISC */
/* Submission of mail (RFC 6409, 5321), a mail in three steps, so that what must
 * be known before the last one can be made durable:
 *
 *	smtp_begin()	the envelope: what becomes of each recipient
 *	smtp_content()	all of the message but its end
 *	smtp_end()	its end, from which on the server may have taken it
 *
 * One connection serves many mails. Where a step fails (-1) the connection is
 * of no use any more, and nothing was taken, but for smtp_end(). */
#ifndef BRIDGE_SMTP_H
#define BRIDGE_SMTP_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "account.h"

struct smtp;

struct smtp_mail {                   /* all of it is borrowed */
	const char *sender;          /* addr-spec; "" for none */
	const GPtrArray *recipients; /* of char *, addr-specs */
	const void *data;            /* the message, whatever its line ends */
	size_t size;
	const char *envid; /* for reports on it (RFC 3461); NULL: none */
};

enum smtp_fate {
	SMTP_TAKEN,
	SMTP_LATER,   /* not now */
	SMTP_REFUSED, /* for good */
};
struct smtp_answer {
	enum smtp_fate fate;
	char *reason; /* owned; one line, in the server's words; "" if taken */
};
void smtp_answer_clear(struct smtp_answer *answer);

/* Connect, log in and greet. As net_open(). */
int smtp_open(const struct account *account, struct smtp **smtp_r,
	      struct err *err);
/* Says good-bye if nothing is under way. */
void smtp_close(struct smtp *smtp);
AUTO_KIND(smtp, struct smtp, smtp_close)

/* "mail.example.org:587"; borrowed. */
const char *smtp_name(const struct smtp *smtp);

/* Fill `answers` (as many as there are recipients, all zero). 1 if one is
 * taken; 0 if none is, and there is nothing to go on with. */
int smtp_begin(struct smtp *smtp, const struct smtp_mail *mail,
	       struct smtp_answer *answers, struct err *err);

/* 1; 0 if the server does not want it, `answer_r` says why for all recipients
 * that were taken. */
int smtp_content(struct smtp *smtp, const struct smtp_mail *mail,
		 struct smtp_answer *answer_r, struct err *err);

/* 0 and what became of it, for all of these; -1 if nobody knows. */
int smtp_end(struct smtp *smtp, struct smtp_answer *answer_r, struct err *err);

#endif
