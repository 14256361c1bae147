/* SPDX-License-Identifier: ISC */
/* The connections of a writer, kept by the mailbox from one batch to the next:
 * to open them costs more than a small batch does. Under the mailbox's lock. */
#ifndef DEFMS_WRITING_H
#define DEFMS_WRITING_H

#include "defms/reader.h"
#include "filing.h"

struct writing {
	struct reader *reader;
	struct filing_seats seats;
	int64_t generation; /* of the index they are at */
	bool relaxed;       /* its commits do not wait for the disk */
};

/* Those that are kept, or new ones if somebody else wrote meanwhile, once what
 * he left is finished (mailbox_replay()). A transaction on state.db is begun.
 */
int writing_begin(struct mailbox *mailbox, bool relaxed,
		  struct writing **writing_r, struct err *err);
/* Give back what no transaction is open in. */
void writing_keep(struct mailbox *mailbox, struct writing *writing);
void writing_free(struct writing *writing);
AUTO_KIND(writing, struct writing, writing_free)

#endif
