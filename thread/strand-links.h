/* SPDX-License-Identifier: ISC */
/* The blobs `links` and `sent` of a strand (defms-formats(5)). */
#ifndef DEFMS_STRAND_LINKS_H
#define DEFMS_STRAND_LINKS_H

#include "defms/reader.h"
#include "defms/strand.h"
#include "store-pack.h"

enum {
	/* What one payload holds; beyond that a decision is refused, and what
	 * was sent is not noted. */
	STRAND_TEXT_MAX = MESSAGE_PIECE,
};

/* Append the text of a blob of `tree`; nothing if it is absent. ENOENT,
 * EBADMSG. */
int strand_text_read(struct reader *reader, const struct state_strand *strand,
		     const struct strand_tree *tree, enum strand_blob which,
		     GByteArray *out, struct err *err);
/* Put `text` in its place, sealed unless the strand is public; empty: the blob
 * goes. EFBIG. */
int strand_text_write(struct reader *reader, const struct state_strand *strand,
		      struct strand_tree *tree, enum strand_blob which,
		      const GByteArray *text, struct pack *pack,
		      struct err *err);

/* The rows of state.db become what `tree` says; in a transaction. */
int strand_links_believe(struct reader *reader,
			 const struct state_strand *strand,
			 const struct strand_tree *tree, struct err *err);
/* Are they that? 1/0/-1. */
int strand_links_same(struct reader *reader, const struct state_strand *strand,
		      const struct strand_tree *tree, struct err *err);

#endif
