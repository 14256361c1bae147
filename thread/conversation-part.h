/* SPDX-License-Identifier: ISC */
/* Shared by conversation*.c. */
#ifndef DEFMS_CONVERSATION_PART_H
#define DEFMS_CONVERSATION_PART_H

#include "defms/conversation.h"

/* What one read wants of a file that is made piece by piece. */
struct window {
	uint64_t skip;   /* bytes of the file before it */
	size_t room;     /* bytes it still takes */
	GByteArray *out; /* borrowed */
	bool local;      /* struct piece's, of the one that comes next */
};

/* Does the piece of `size` bytes that comes next have bytes in the window? If
 * not it is passed over. */
bool window_wants(struct window *window, uint64_t size);
/* The piece that comes next. */
void window_add(struct window *window, const void *data, size_t size);

enum { PIECE_FILES = CONVERSATION_MBOX + 1 };

/* Where a message ends in the files that are a piece a message. */
struct piece {
	int64_t serial, date;
	bool local; /* nobody else has it, though they have the thread */
	uint64_t ends[PIECE_FILES];
};

/* One look at all messages of a thread. */
struct survey {
	GArray *hashes;            /* owned; of struct message_id */
	GArray *strands;           /* owned; of int64_t, each once */
	int64_t first, first_date; /* the earliest-dated message; 0: none */
	int64_t last, last_date;   /* the latest */
	GArray *pieces;            /* owned; of struct piece, oldest first */
	bool shared;               /* does anybody else have any of it? */
	struct conversation_sizes sizes; /* of INFO, TEXT and MBOX */
};
int survey_take(struct reader *reader, int64_t thread, int64_t seq,
		struct survey *survey_r, struct err *err);
/* Its pieces alone; caller unrefs. */
int survey_pieces(struct reader *reader, int64_t thread, int64_t seq,
		  GArray **pieces_r, struct err *err);
void survey_release(struct survey *survey);
static inline void survey_auto_(struct survey *held)
{
	survey_release(held);
}

/* "Name: value", unless it is empty. */
void conversation_field(GString *out, const char *name, const char *value);

/* The thread object. */
int conversation_object(struct reader *reader, struct survey *survey,
			GString *out, struct err *err);

/* A message in thread.txt. */
uint64_t conversation_text_size(const struct index_message *message);
int conversation_text(struct reader *reader,
		      const struct index_message *message,
		      struct window *window, struct err *err);

/* Does mboxrd change a line of the message? */
bool conversation_mbox_is_quoted(const struct index_message *message,
				 const struct state_copy *copy);

/* The answer's header and the line before the quoted text. */
void conversation_reply_head(struct reader *reader,
			     const struct index_message *message, GString *out);
void conversation_reply_fill(const struct config *config,
			     const struct identity *identity,
			     const struct index_message *message, GString *out);
int conversation_reply(struct reader *reader,
		       const struct index_message *message,
		       struct window *window, struct err *err);

/* Cut, or fill with line ends, to `size`. */
void conversation_fit(GString *text, uint64_t size);

/* The text of a message, of exactly message->text_size bytes. */
int conversation_body(struct reader *reader,
		      const struct index_message *message, GString *out,
		      struct err *err);

#endif
