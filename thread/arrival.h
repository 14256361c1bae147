/* SPDX-License-Identifier: ISC */
/* What one worker makes of one message; shared by batch*.c, filing.c and
 * reindex.c. */
#ifndef DEFMS_ARRIVAL_H
#define DEFMS_ARRIVAL_H

#include "defms/batch.h"

struct arrival_made {
	GByteArray *content; /* owned */
	struct message_id hash, id;
	bool known; /* the message was here when it was looked at */
	bool crlf;
	int64_t look; /* of a copy: hash of crlf and trace */
	uint64_t raw_size, header_size;
	uint64_t mbox_base;       /* mbox_written_size() without the sender */
	GByteArray *trace;        /* owned; NULL if there is none */
	GByteArray *packed_trace; /* owned; NULL if there is none, or known */
	struct mime *mime;        /* owned; NULL if known */
	GString *text;            /* owned; likewise */
	struct learned *learned; /* owned; of its sender's key; NULL: nothing */
	char *root; /* owned; the root's msgid, or the hash in hex */
	struct state_strand strand; /* id, kind and generation; serial 0 */
	GArray *packed; /* owned: struct packed; a blob or its pieces */
};

void arrival_made_free(struct arrival_made *made);
AUTO_KIND(made, struct arrival_made, arrival_made_free)

/* Make what arrival_prepare() left out as the message was known. */
int arrival_complete(struct arrival *arrival, struct reader *reader,
		     struct err *err);

/* Seal its content for `strand` instead, which state.db has. */
int arrival_seal(struct arrival_made *made, struct reader *reader,
		 const struct state_strand *strand, struct err *err);

/* Its strand of mine hangs on a person secret that is not the newest any more:
 * choose again, and seal it for that. */
int arrival_renew(struct arrival *arrival, struct reader *reader,
		  struct err *err);

/* What is made of content that came without a trace, and is kept as it is.
 * Takes it over; `id` and `strand` are not set. */
struct arrival_made *arrival_made_of(GByteArray *content,
				     const struct message_id *hash);

/* The look of a copy of it, with CRLF or without. */
int64_t arrival_look(const struct arrival_made *made, bool with_crlf);

/* Make packed_trace, if it is not there. */
void arrival_pack_trace(struct arrival_made *made, struct sealer *sealer);

/* Parse `made->content` into mime, text, root. */
void arrival_read(struct arrival_made *made);

/* The date that counts for "earliest": INT64_MAX without a Date. */
int64_t arrival_date(const struct mime *mime);

#endif
