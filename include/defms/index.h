/* SPDX-License-Identifier: ISC */
/* index.db: all that can be rebuilt from the history and state.db: headers,
 * threading, sizes of what the mount shows, full text. One struct index is one
 * connection (it sees state.db too, attached); each worker has its own. */
#ifndef DEFMS_INDEX_H
#define DEFMS_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/message.h"
#include "defms/store.h"

struct index;
struct sql;

/* An attachment as the mount shows it. */
struct index_part {
	char *name;      /* owned; safe as a file name, unique in the message */
	unsigned number; /* for mime_write_part() */
	uint64_t size;   /* decoded */
};

/* A message. Strings are owned, never NULL, valid UTF-8. */
struct index_message {
	int64_t serial;
	int64_t thread;          /* the directory it is shown in */
	int64_t seq;             /* since which change it is in that thread */
	int64_t strand;          /* state_strand_get() */
	struct message_id id;    /* in that strand */
	struct object_id object; /* its blob, or tree of pieces */
	bool pieces;
	uint64_t content_size;
	struct message_id hash; /* from state.db, as are the next two */
	unsigned flags;         /* enum state_flag */
	int64_t removed;        /* Unix seconds; 0 if it is not */
	int64_t date;           /* Unix seconds; 0 without a Date */
	int date_zone;          /* minutes, or MIME_NO_DATE */
	char *name;             /* of its directory */
	char *subject;
	char *from, *to, *cc; /* fields, decoded */
	char *reply_to, *mail_reply_to, *mail_followup_to;
	char *mail;       /* the first From address */
	char *short_name; /* address_short_name() of it */
	char *msgid;
	char *references; /* References and In-Reply-To, a space between */
	char *list_id;
	uint64_t text_size;  /* of mime_text() */
	uint64_t quote_size; /* of it as reply.eml quotes it */
	int html_part;       /* -1 if none */
	uint64_t html_size;
	GPtrArray *parts; /* of struct index_part * */
};
void index_message_release(struct index_message *message);

struct index_thread {
	int64_t serial;
	int64_t joined;  /* the elder thread it is part of now; 0: none */
	int64_t seq;     /* of its last change */
	int64_t changed; /* when that was, ns */
	int64_t live;    /* messages that are not removed */
	int64_t first_date, last_date; /* Unix seconds */
	char name[256];
};

/* Open the index at `path`, with state.db beside it. ENOENT if there is none,
 * EPROTO if another version made it. */
int index_open(const char *path, const char *state_path, struct index **index_r,
	       struct err *err);
/* Make an empty one. */
int index_create(const char *path, struct err *err);
void index_close(struct index *index);
AUTO_KIND(index, struct index, index_close)

/* For one of many connections that read: hold few pages. */
int index_be_small(struct index *index, struct err *err);

/* For index*.c and search*.c only. */
struct sql *index_sql(struct index *index);

/* A read transaction: all queries in it see the same state. */
int index_begin(struct index *index, struct err *err);
void index_end(struct index *index);

/* A random number that no other index has. */
int64_t index_number(const struct index *index);

/* Sequence number of the last batch that is in. */
int index_seq(struct index *index, int64_t *seq_r, struct err *err);
/* Its state_run_of(); 0 if it had none. */
int index_run(struct index *index, int64_t *run_r, struct err *err);

/* -- messages -------------------------------------------------------------- */
/* 1 found (release it), 0 none, -1. */
int index_message_get(struct index *index, int64_t serial,
		      struct index_message *message_r, struct err *err);
/* The next message of `thread` after serial `after` that is not removed and
 * entered the thread with change `seq` or before (INT64_MAX: any). */
int index_message_next(struct index *index, int64_t thread, int64_t seq,
		       int64_t after, struct index_message *message_r,
		       struct err *err);
/* The serials of all of those, oldest first (date, then serial), of int64_t. */
int index_message_order(struct index *index, int64_t thread, int64_t seq,
			GArray **serials_r, struct err *err);
/* The message in `thread` whose directory is called `name`. 1/0/-1. */
int index_message_named(struct index *index, int64_t thread, const char *name,
			struct index_message *message_r, struct err *err);

/* The next message after serial `after` that is called `msgid` (without <>),
 * removed or not. 1/0/-1. */
int index_message_of_msgid(struct index *index, const char *msgid,
			   int64_t after, int64_t *serial_r, struct err *err);

/* The thread a message stands in: 1/0/-1. */
int index_place_of(struct index *index, int64_t message, int64_t *thread_r,
		   struct err *err);

/* The ids of all messages, of struct message_id. */
int index_ids(struct index *index, GArray **ids_r, struct err *err);

/* -- threads --------------------------------------------------------------- */
int index_thread_get(struct index *index, int64_t serial,
		     struct index_thread *thread_r, struct err *err);
/* At most `limit` threads after serial `after` that show anything (joined ones
 * too), of struct index_thread, by serial. */
int index_thread_range(struct index *index, int64_t after, int64_t limit,
		       GArray **threads_r, struct err *err);
int index_thread_named(struct index *index, const char *name,
		       struct index_thread *thread_r, struct err *err);
/* The thread that a msgid (without <>) belongs to: 1/0/-1. */
int index_thread_of_msgid(struct index *index, const char *msgid,
			  int64_t *thread_r, struct err *err);
/* Threads changed after `seq`, of int64_t, ascending. */
int index_thread_changed(struct index *index, int64_t seq, GArray **threads_r,
			 struct err *err);
/* All messages, removed or not, that entered `thread` after change `seq` (-1:
 * any), of int64_t. */
int index_places(struct index *index, int64_t thread, int64_t seq,
		 GArray **messages_r, struct err *err);
/* Number of threads that show messages, and the last change (ns). */
int index_thread_count(struct index *index, int64_t *count_r,
		       int64_t *changed_r, struct err *err);

#endif
