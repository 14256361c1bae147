/* SPDX-License-Identifier: ISC */
/* Reading a mailbox: the connections and contexts of one worker. A reader is
 * used by one worker at a time and never waits for a writer. */
#ifndef DEFMS_READER_H
#define DEFMS_READER_H

#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/index.h"
#include "defms/mailbox.h"
#include "defms/seal.h"
#include "defms/state-copies.h"
#include "defms/state.h"

struct reader;

/* A connection to the state.db of `mailbox`, borrowed. The index is opened when
 * it is wanted first. As state_open(). */
int reader_open(struct mailbox *mailbox, struct reader **reader_r,
		struct err *err);
void reader_close(struct reader *reader);
AUTO_KIND(reader, struct reader, reader_close)

/* What it reads with; borrowed, as long as it is open. The index is the one in
 * use now: call this before each query, for `defms reindex` switches to another
 * file. NULL and `err` if there is none. */
struct state *reader_state(struct reader *reader);
struct index *reader_index(struct reader *reader, struct err *err);
struct sealer *reader_sealer(struct reader *reader);
struct mailbox *reader_mailbox(struct reader *reader);

/* Fill the reader's key for a strand; borrowed until the next call. NULL for a
 * public strand; -1 if the key is not to be had. */
int reader_key(struct reader *reader, const struct state_strand *strand,
	       struct strand_key **key_r, struct err *err);

/* What conversation-survey.c found out last, of one thread as of one change:
 * who asks for it unrefs it; NULL if it was another. That of INT64_MAX, which
 * means any change, is not kept. */
void reader_keep_pieces(struct reader *reader, int64_t thread, int64_t seq,
			GArray *pieces);
GArray *reader_kept_pieces(struct reader *reader, int64_t thread, int64_t seq);

/* What signature.c keeps in it, which the reader frees in the end; NULL until
 * it is put there. */
struct signed_strand;
struct signed_strand **reader_signed(struct reader *reader);

/* Append a message's whole content; its id and hash are checked. EBADMSG if it
 * is damaged, ENOENT if its object is missing (the text names it). */
int reader_content(struct reader *reader, const struct index_message *message,
		   GByteArray *out, struct err *err);

/* The same of an entry of the tree of a strand (its serial), which the index
 * need not have. */
struct strand_entry;
int reader_entry(struct reader *reader, int64_t strand,
		 const struct strand_entry *entry, GByteArray *out,
		 struct err *err);

/* Append piece `number` (0 if it is whole) of the content. */
int reader_piece(struct reader *reader, const struct index_message *message,
		 uint32_t number, GByteArray *out, struct err *err);

/* Append a copy's trace (message.h); nothing if it has none. */
int reader_trace(struct reader *reader, int64_t copy, GByteArray *out,
		 struct err *err);

/* Append the exact bytes of a copy. */
int reader_raw(struct reader *reader, const struct index_message *message,
	       const struct state_copy *copy, GByteArray *out, struct err *err);

/* Append at most `size` of these bytes from `offset` on: of a large message
 * only the pieces that hold them are opened (but see CRLF in reader.c). */
int reader_raw_range(struct reader *reader, const struct index_message *message,
		     const struct state_copy *copy, uint64_t offset,
		     size_t size, GByteArray *out, struct err *err);

/* Write the exact bytes of a copy to `fd`, holding one piece at a time. */
int reader_raw_write(struct reader *reader, const struct index_message *message,
		     const struct state_copy *copy, int fd, struct err *err);

#endif
