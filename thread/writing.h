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

/* Those that are kept, if they are at the index in use; else new ones. */
int writing_take(struct mailbox *mailbox, bool relaxed,
		 struct writing **writing_r, struct err *err);
/* Give back what no transaction is open in. */
void writing_keep(struct mailbox *mailbox, struct writing *writing);
void writing_free(struct writing *writing);
AUTO_KIND(writing, struct writing, writing_free)

/* Is nothing left of other writers' batches, as far as the kept connections
 * know? Then mailbox_replay() has nothing to do. */
bool writing_is_settled(struct mailbox *mailbox);

#endif
