/* SPDX-License-Identifier: ISC */
/* What is said to a server about one mail, by what it offers. Pure. */
#ifndef BRIDGE_SMTP_MAIL_H
#define BRIDGE_SMTP_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "smtp-reply.h"
#include "smtp-wire.h"
#include "smtp.h"

/* Of its answer to EHLO. */
struct smtp_offers {
	uint64_t size; /* the largest message (RFC 1870); 0: it does not say */
	bool pipelining; /* RFC 2920 */
	bool eight_bit;  /* 8BITMIME, RFC 6152 */
	bool utf8;       /* SMTPUTF8, RFC 6531 */
	bool dsn;        /* RFC 3461 */
	bool chunking;   /* RFC 3030 */
	bool binary;     /* BINARYMIME, RFC 3030 */
	bool sizes;      /* SIZE */
};
struct smtp_offers smtp_offers(const struct reply *ehlo);

/* Why the whole mail cannot go to this server, or why it cannot go to one
 * recipient; NULL if it can. Caller frees. */
char *smtp_objection(const struct smtp_offers *offers,
		     const struct smtp_mail *mail, struct wire_needs needs);
char *smtp_recipient_objection(const struct smtp_offers *offers,
			       const char *recipient);

/* "MAIL FROM:..." and "RCPT TO:...", without CRLF. Caller frees. */
char *smtp_mail_command(const struct smtp_offers *offers,
			const struct smtp_mail *mail, struct wire_needs needs);
char *smtp_rcpt_command(const struct smtp_offers *offers,
			const char *recipient);

#endif
