/* SPDX-License-Identifier: ISC */
/* Shared by the commands that decide about threads: join, split, move. */
#ifndef DEFMS_CMD_LINKS_H
#define DEFMS_CMD_LINKS_H

#include "defms/batch.h"
#include "defms/cmd.h"
#include "defms/reader.h"

/* One decision, or several in one batch. */
struct deciding {
	struct batch *batch;   /* owned */
	struct reader *reader; /* owned; sees what was there before */
};
/* Takes the lock, so that what is found is what is decided about. */
int deciding_begin(struct deciding *deciding, struct mailbox *mailbox,
		   struct err *err);
void deciding_end(struct deciding *deciding);
static inline void deciding_auto_(struct deciding *held)
{
	deciding_end(held);
}

/* What `text` names: exactly one thread (or that of a message), and one
 * message. */
int deciding_thread(struct deciding *deciding, const char *text,
		    int64_t *thread_r, struct err *err);
int deciding_message(struct deciding *deciding, const char *text,
		     int64_t *message_r, struct err *err);

/* Commit, and warn of what is to be finished. */
int deciding_commit(struct deciding *deciding, struct err *err);

/* Print the name of a thread's directory (or that of the elder it is part of),
 * after the commit. */
int deciding_print(struct deciding *deciding, int64_t thread, struct err *err);

/* --help or nothing before the arguments: 0; a wrong option: CMD_USAGE. */
int deciding_options(const struct cmd *cmd, int argc, char **argv);

#endif
