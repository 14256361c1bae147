/* SPDX-License-Identifier: ISC */
/* Whose device signed a message into its strand, and whether its author did
 * (design 3.5). A commit's signature proves who filed a message, not who wrote
 * it; only a person's own list of what went out of his queue says that. */
#ifndef DEFMS_SIGNATURE_H
#define DEFMS_SIGNATURE_H

#include "defms/reader.h"

/* Append one line: "author NAME FINGERPRINT", "filed by NAME FINGERPRINT",
 * "unknown key" or "bad". */
int signature_print(struct reader *reader, const struct index_message *message,
		    GString *out, struct err *err);

/* What a reader keeps of the strand that was asked for last. */
struct signed_strand;
void signed_strand_free(struct signed_strand *strand);
AUTO_KIND(signed_strand, struct signed_strand, signed_strand_free)

#endif
