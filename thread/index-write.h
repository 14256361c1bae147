/* SPDX-License-Identifier: ISC */
/* Changes of index.db, under the mailbox's lock: a message's row and words, the
 * thread it stands in, threads that change, join or go. */
#ifndef THREAD_INDEX_WRITE_H
#define THREAD_INDEX_WRITE_H

#include "defms/index.h"
#include "defms/mime.h"

/* What is added about one message; nothing of it is kept. */
struct index_entry {
	int64_t serial, strand;
	struct message_id hash, id;
	unsigned name_digits; /* of the hash in the directory's name */
	struct object_id object;
	bool pieces;
	uint64_t content_size;
	const struct mime *mime;
	const char *text;
	size_t text_size;
};
int index_write_begin(struct index *index, struct err *err);
/* Add a message: its row, its words, who it mentions. It shows nowhere until
 * index_place() says in which thread. */
int index_add(struct index *index, const struct index_entry *entry,
	      struct err *err);
/* A message stands in `thread` since change `seq`: in no other from now on.
 * index_touch_thread() must have made the thread known. */
int index_place(struct index *index, int64_t message, int64_t thread,
		int64_t seq, struct err *err);
/* Forget a message: it is no more. Words of its text are left, which find
 * nothing. After all of them index_forget_mentions() is to follow. */
int index_forget(struct index *index, int64_t message, struct err *err);
int index_forget_mentions(struct index *index, struct err *err);
/* Messages (int64_t) that are erased in state.db. */
int index_erased(struct index *index, GArray **messages_r, struct err *err);
/* The thread a msgid belongs to from now on. */
int index_add_msgid(struct index *index, int64_t key, int64_t thread,
		    struct err *err);
/* The key of a msgid in this index. */
int64_t index_msgid_key(struct index *index, const char *msgid);
/* The thread of a key, joined threads resolved: 1/0/-1. */
int index_msgid_thread(struct index *index, int64_t key, int64_t *thread_r,
		       struct err *err);
/* Make `thread` known / note that it changed. */
int index_touch_thread(struct index *index, int64_t thread, int64_t seq,
		       int64_t now, struct err *err);
/* So many of them are not removed. index_place() counts those it is given. */
int index_set_live(struct index *index, int64_t thread, int64_t live,
		   struct err *err);
/* Count them all, as state.db was committed; threads whose count was another
 * have changed. */
int index_recount(struct index *index, int64_t seq, int64_t now,
		  struct err *err);
/* `thread` becomes part of `elder`. */
int index_join(struct index *index, int64_t thread, int64_t elder, int64_t seq,
	       struct err *err);
/* End: the index is at batch `seq`, whose state_run_of() is `run`. Not durable
 * by itself (synchronous=NORMAL); state.db says what to do again. */
int index_write_end(struct index *index, int64_t seq, int64_t run,
		    struct err *err);
/* Or leave all as it was at index_write_begin(). */
void index_write_undo(struct index *index);

#endif
