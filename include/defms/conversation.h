/* SPDX-License-Identifier: ISC */
/* A thread's derived files: what `info`, `thread`, `thread.txt`, `thread.mbox`
 * and `reply.eml` hold. Each is a function of the thread's messages as of one
 * change (`seq`: those that entered it with that change or before), so a
 * reader that opened an older version goes on reading that version. Their sizes
 * are known without opening a message. */
#ifndef DEFMS_CONVERSATION_H
#define DEFMS_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "defms/index.h"
#include "defms/reader.h"

enum conversation_file {
	CONVERSATION_INFO,   /* a line a message, oldest first */
	CONVERSATION_OBJECT, /* From ... Subject, then the sorted hashes */
	CONVERSATION_TEXT,   /* the conversation as text */
	CONVERSATION_MBOX,   /* mboxrd, oldest first */
	CONVERSATION_REPLY,  /* a template of an answer to the last message */
	CONVERSATION_FILES,
};

struct conversation_sizes {
	uint64_t bytes[CONVERSATION_FILES]; /* exact */
	/* The largest message that has to be decoded whole, however little is
	 * read: make such a file once, and keep it. */
	uint64_t whole[CONVERSATION_FILES];
};
int conversation_sizes(struct reader *reader, int64_t thread, int64_t seq,
		       struct conversation_sizes *sizes_r, struct err *err);

/* A derived file. */
struct conversation {
	int64_t thread, seq;
	enum conversation_file file;
};

/* Append at most `size` bytes from `offset` on; of TEXT and MBOX only the
 * messages that stand there are opened. */
int conversation_read(struct reader *reader,
		      const struct conversation *conversation, uint64_t offset,
		      size_t size, GByteArray *out, struct err *err);

/* Append the `number`th of the pieces (a message each, at most) that together
 * are the file: 1; 0 behind the last; -1. */
int conversation_piece(struct reader *reader,
		       const struct conversation *conversation, guint number,
		       GByteArray *out, struct err *err);

/* One line of `info`, with its line end: date and time (UTC), the sender's
 * short name, flags in a column of fixed width, subject, directory name;
 * "local" for what nobody else has of a thread that others have. */
void conversation_info_line(const struct index_message *message, bool local,
			    GString *out);

/* Who has a thread: name, address, fingerprint and trust, a line each. 1; 0 and
 * nothing if it is not shared; -1. */
int conversation_members(struct reader *reader, int64_t thread, GString *out,
			 struct err *err);

/* "Mon, 02 Nov 2026 10:00:00 +0000" (RFC 5322 3.3), "" without a date. Caller
 * frees. */
char *conversation_date(const struct index_message *message);

#endif
