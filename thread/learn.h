/* SPDX-License-Identifier: ISC */
/* What a message says of its sender's keys (design 3.5, "Learning"). The first
 * part is pure; learn_message() writes it down. */
#ifndef THREAD_LEARN_H
#define THREAD_LEARN_H

#include "defms/batch.h"
#include "defms/mime.h"

struct arrival_made;

/* A card that came with a message from `mail`. */
struct learned {
	char *mail;        /* owned; in the form of address_key() */
	char *text;        /* owned; of the card */
	struct card *card; /* owned */
};
void learned_free(struct learned *learned);
AUTO_KIND(learned, struct learned, learned_free)

/* Read the attributes of a Defms-Key field, unfolded (defms-formats(5)):
 * what `addr` and the card say, which need not be the same. EBADMSG. */
int learn_field(const char *value, struct learned **learned_r, struct err *err);

/* What the header of a message lets be learned: 1; 0 if there is no Defms-Key,
 * -1 and EBADMSG, and why nothing is believed. */
int learn_header(const struct mime *mime, struct learned **learned_r,
		 struct err *err);

enum learn_dkim { DKIM_UNKNOWN, DKIM_PASSED, DKIM_REFUSED };

/* What the topmost Authentication-Results (RFC 8601) in the trace of a message
 * says of a DKIM signature by `domain` itself, if it is by one of the servers
 * `trusted` (of char *). It passes only for what it covers: UNKNOWN if there is
 * a signature of `domain` that does not cover Defms-Key. `trace` may be NULL.
 */
enum learn_dkim learn_dkim(const GByteArray *trace, const GPtrArray *trusted,
			   const char *domain);

/* What arrival_prepare() learned from a message that is being added to `batch`,
 * unless DKIM refuses it, or the key or the address is mine. 0/-1. */
int learn_message(struct batch *batch, const struct arrival_made *made,
		  struct err *err);

#endif
