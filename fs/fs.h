/* SPDX-License-Identifier: ISC */
/* A mounted tree, and a request being worked on. */
#ifndef DEFMS_FS_H
#define DEFMS_FS_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include "cache.h"
#include "defms/conversation.h"
#include "defms/err.h"
#include "defms/index.h"
#include "defms/mailbox.h"
#include "defms/reader.h"
#include "defms/state-copies.h"
#include "defms/state.h"
#include "files.h"
#include "journal.h"
#include "queries.h"
#include "shown.h"
#include "spool.h"

enum {
	/* What opens more than this goes to the pool of slow workers. */
	QUICK_LIMIT = 1 << 20,
};

struct batch;
struct doomed;
struct fresh;
struct generations;
struct pool;
struct writer;

/* What all workers share. Each part has a leaf lock of its own. */
struct fs {
	struct mailbox *mailbox; /* borrowed */
	struct pool *pool;       /* owned, as are all below: idle readers */
	struct cache *contents;  /* node id -> bytes */
	struct cache *sizes;     /* node id -> conversation_sizes() */
	struct cache *results;   /* node id -> threads found */
	struct spools *spools;
	struct queries *queries;
	struct shown *shown;
	struct files *files;
	struct doomed *doomed; /* messages */
	struct doomed *doomed_threads;
	struct fresh *fresh;
	struct generations *generations;
	int flag_writes;       /* atomic: how often a `flags` was written to */
	struct writer *writer; /* NULL while nothing can be changed */
	int unfinished;        /* atomic: did a batch leave something behind its
				* commit point undone? */
	struct journal *log, *errors;
	uid_t uid;
	gid_t gid;
	int64_t started; /* ns */
};

int fs_new(struct mailbox *mailbox, struct fs **fs_r, struct err *err);
void fs_free(struct fs *fs);
AUTO_KIND(fs, struct fs, fs_free)

/* What makes a file `flags` another version with each write: the kernel keeps
 * what was written as what the old one holds. */
static inline uint32_t fs_flags_version(struct fs *fs)
{
	return ((uint32_t)g_atomic_int_get(&fs->flag_writes) & 0x3fff) << 8;
}

/* One request: the reader it has, and the rows it has seen already. */
struct work {
	struct fs *fs;
	struct reader *reader;
	bool lent;           /* by the writer, not of the pool */
	struct index *index; /* borrowed from the reader */
	struct state *state;
	int round;                    /* of the watcher, when it began */
	bool quick;                   /* on a worker that must answer soon */
	bool makes;                   /* whoever asks makes a directory */
	bool settled;                 /* in a batch: the index is as far as the
				       * state */
	struct index_message message; /* serial 0: none */
	struct index_thread thread;
	struct state_copy copy; /* the first of `message` */
	int64_t inbox;          /* serial of that folder; 0: not known */
};

/* Take a reader from the pool, or open one. */
int work_begin(struct fs *fs, bool quick, struct work *work, struct err *err);
/* The same for what takes a moment: with the writer's, if it is lent. */
int work_begin_lent(struct fs *fs, struct work *work, struct err *err);
void work_end(struct work *work);

/* The same for a batch, whose reader it borrows: what it commits is seen. It
 * ends with work_forget(). */
int work_in_batch(struct fs *fs, struct batch *batch, struct work *work,
		  struct err *err);

/* The failure of what cannot be done soon: try again with `quick` false. */
int work_later(struct err *err);
bool work_is_late(const struct err *err);

/* Rows, read once a request. 1/0/-1; borrowed until work_end(). A removed
 * message, a thread that shows nothing, unless that is being removed: none. */
int work_message(struct work *work, int64_t serial,
		 const struct index_message **message_r, struct err *err);
int work_first_copy(struct work *work, int64_t message,
		    const struct state_copy **copy_r, struct err *err);
int work_thread(struct work *work, int64_t serial,
		const struct index_thread **thread_r, struct err *err);
/* Is a thread shown, or still answered for while rm -r is at it? */
bool work_shows_thread(const struct work *work,
		       const struct index_thread *thread);
/* The serial of a folder, as the kernel has it: 0 is INBOX. None if INBOX is
 * not there yet. */
int work_folder(struct work *work, int64_t shown, int64_t *serial_r,
		struct err *err);
/* Give a row that was read otherwise; the message becomes the work's. */
void work_keep_message(struct work *work, struct index_message *message);
/* All rows are read again. */
void work_forget(struct work *work);
/* Let the next work_message() read it again. */
void work_forget_message(struct work *work);
void work_keep_thread(struct work *work, const struct index_thread *thread);

/* The time of a message: its Date, else when its first copy came; ns. */
int work_message_time(struct work *work, const struct index_message *message,
		      int64_t *time_r, struct err *err);

#endif
