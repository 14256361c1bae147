/* SPDX-License-Identifier: ISC */
/* state.db: what is mine alone and cannot be derived from the history. One
 * struct state is one connection; each worker has its own. Writers hold the
 * mailbox's lock and one transaction; readers never wait.
 *
 * Serials are given out once and never again: a message's, a copy's and a
 * thread's serial become inode numbers. */
#ifndef DEFMS_STATE_H
#define DEFMS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/message.h"
#include "defms/seal.h"
#include "defms/store.h"

struct state;
struct sql;

/* Flags of a copy, and of a message: those of its copies together. */
enum state_flag {
	FLAG_SEEN = 1 << 0,
	FLAG_ANSWERED = 1 << 1,
	FLAG_FLAGGED = 1 << 2,
	FLAG_DRAFT = 1 << 3,
	FLAG_DELETED = 1 << 4,
	FLAG_FORWARDED = 1 << 5,
};

/* Flags of a thread. */
enum state_thread_flag {
	THREAD_MUTED = 1 << 0,
	THREAD_ARCHIVED = 1 << 1,
	THREAD_FLAGGED = 1 << 2,
};

enum strand_kind { STRAND_MINE, STRAND_PUBLIC, STRAND_SHARED };

struct state_strand {
	int64_t serial; /* 0 until it is put */
	struct strand_id id;
	enum strand_kind kind;
	uint32_t generation;        /* of the person secret, if mine */
	struct object_id tip;       /* of this device's chain; null if none */
	uint64_t chain;             /* the tip's Chain number */
	int64_t first_date;         /* of its earliest-dated message */
	struct message_id first_id; /* that message's id */
};

struct state_message {
	int64_t serial;
	struct message_id hash;
	int64_t strand;  /* serial; 0: it is erased */
	unsigned flags;  /* enum state_flag */
	int64_t removed; /* Unix seconds; 0 if it is not */
};

struct state_copy {
	int64_t serial;
	int64_t message;
	int64_t folder;
	bool is_new;          /* in new/, not in cur/ */
	bool crlf;            /* raw bytes have CRLF */
	unsigned flags;       /* enum state_flag */
	int64_t received;     /* Unix seconds */
	uint64_t raw_size;    /* bytes of the file */
	uint64_t header_size; /* of its top header, with LF */
	uint64_t mbox_size;   /* as an mboxrd entry; mbox_written_size() */
	int64_t look;         /* hash of what the message lacks of its bytes;
			       * for state_copy_add() only */
	char base[256];       /* Maildir base name; "": made from serial */
	bool has_suffix;      /* its file name is base and suffix, exactly as
			       * somebody gave it, not what the flags make */
	char suffix[256];
};

struct state_thread {
	int64_t serial;
	int64_t anchor; /* message whose component it names */
	unsigned flags; /* enum state_thread_flag */
	char name[256];
};

struct state_folder {
	int64_t serial;
	int64_t new_time, cur_time; /* mtimes of new and cur, ns */
	char name[256];             /* "INBOX", "lists/linux" */
};

/* Make `path`, with a number "index". EEXIST. */
int state_create(const char *path, struct err *err);
/* Open `path`. EPROTO if a newer defms made it, EBADMSG if it is damaged. */
int state_open(const char *path, struct state **state_r, struct err *err);
/* For one of many connections that read: hold few pages. */
int state_be_small(struct state *state, struct err *err);
/* Between transactions: what is committed need not be on the disk at once, or
 * must be, as after state_open(). */
int state_relax(struct state *state, struct err *err);
int state_be_strict(struct state *state, struct err *err);
void state_close(struct state *state);
AUTO_KIND(state, struct state, state_close)

/* The connection, for state*.c, index*.c and search*.c only. */
struct sql *state_sql(struct state *state);

int state_begin(struct state *state, bool write, struct err *err);
int state_commit(struct state *state, struct err *err);
void state_rollback(struct state *state);
/* In a transaction: what comes from here on is kept, or undone. Not nested. */
int state_save(struct state *state, struct err *err);
int state_keep(struct state *state, struct err *err);
int state_undo(struct state *state, struct err *err);

/* The number of the last batch that changed messages or threads which were
 * there before it: their flags, removal, copies. */
#define STATE_TOUCHED "touched"
/* Numbers by name: 0 if it was never set. */
int state_get(struct state *state, const char *name, int64_t *value_r,
	      struct err *err);
int state_set(struct state *state, const char *name, int64_t value,
	      struct err *err);

/* The random number of the run of batches, all of one writer, that `seq` is
 * one of: by it an index knows whether it is of this state.db's past. 0 if it
 * is not remembered (the last 1000 runs are). */
int state_run_of(struct state *state, int64_t seq, int64_t *run_r,
		 struct err *err);
/* The batch `seq`, the next one, is of the run `run`. */
int state_run_on(struct state *state, int64_t seq, int64_t run,
		 struct err *err);

/* The batch `seq` is the last, and changed these threads (int64_t) otherwise
 * than by adding messages: an index that has to be brought up to it cannot
 * know. Where there are any, STATE_TOUCHED is `seq`. */
int state_touched_set(struct state *state, int64_t seq, const GArray *threads,
		      struct err *err);
int state_touched_list(struct state *state, GArray **threads_r,
		       struct err *err);

/* -- strands --------------------------------------------------------------- */
/* 1 found, 0 none, -1. */
int state_strand_find(struct state *state, const struct strand_id *id,
		      struct state_strand *strand_r, struct err *err);
int state_strand_get(struct state *state, int64_t serial,
		     struct state_strand *strand_r, struct err *err);
/* Insert (serial 0; filled in) or update. */
int state_strand_put(struct state *state, struct state_strand *strand,
		     struct err *err);
/* All of them, of struct state_strand, by serial. */
int state_strand_list(struct state *state, GArray **strands_r, struct err *err);
/* -- links: what the history of strands says, line by line ------------------
 */
/* All lines (char *) and the strands (int64_t) they stand in, sorted by both.
 */
int state_link_list(struct state *state, GArray **strands_r,
		    GPtrArray **lines_r, struct err *err);
/* The lines of one strand, sorted. */
int state_link_of(struct state *state, int64_t strand, GPtrArray **lines_r,
		  struct err *err);
/* The lines that begin with `start`, sorted, and the strands they stand in. */
int state_link_strands(struct state *state, const char *start,
		       GArray **strands_r, GPtrArray **lines_r,
		       struct err *err);
/* Does any strand have this line? 1/0/-1. */
int state_link_has(struct state *state, const char *line, struct err *err);
/* Are there any lines? 1/0/-1. */
int state_link_any(struct state *state, struct err *err);
/* 1 added, 0 it is there, -1. */
int state_link_add(struct state *state, int64_t strand, const char *line,
		   struct err *err);
int state_link_drop(struct state *state, int64_t strand, const char *line,
		    struct err *err);
/* The number of the last batch that changed any. */
#define STATE_LINKED "linked"

/* -- refs and packs -------------------------------------------------------- */
/* The to-do list of refs: the strand's ref is to be moved to its tip. */
int state_move_add(struct state *state, int64_t strand, struct err *err);
int state_move_list(struct state *state, GArray **strands_r, struct err *err);
int state_move_count(struct state *state, int64_t *count_r, struct err *err);
int state_move_clear(struct state *state, struct err *err);
/* Packs that are referenced; others with a .keep are garbage. */
struct state_pack {
	char name[64];  /* "pack-<sha1>" */
	int64_t joined; /* Unix seconds since when another pack holds all that
			 * it holds; 0: it is needed */
};
int state_pack_add(struct state *state, const char *name, struct err *err);
int state_pack_has(struct state *state, const char *name, struct err *err);
/* All of them, of struct state_pack, by name. */
int state_pack_list(struct state *state, GArray **packs_r, struct err *err);
/* The number of those that are needed. */
int state_pack_count(struct state *state, int64_t *count_r, struct err *err);
/* Its objects are in another pack since `when`. */
int state_pack_join(struct state *state, const char *name, int64_t when,
		    struct err *err);
int state_pack_drop(struct state *state, const char *name, struct err *err);

/* -- messages and copies --------------------------------------------------- */
int state_message_find(struct state *state, const struct message_id *hash,
		       struct state_message *message_r, struct err *err);
int state_message_get(struct state *state, int64_t serial,
		      struct state_message *message_r, struct err *err);
/* The messages whose hash begins with `prefix`, 1 to 64 lower-case hex digits
 * (EINVAL otherwise): their serials (int64_t), lowest first. */
int state_message_prefix(struct state *state, const char *prefix,
			 GArray **serials_r, struct err *err);
/* The lowest and the highest hash that begin with `prefix`. EINVAL. */
int state_prefix_range(const char *prefix, struct message_id range_r[2],
		       struct err *err);
/* Add one, which must not be there, unless it is erased: then it is no longer,
 * nor removed, and has the serial it had. */
int state_message_add(struct state *state, const struct message_id *hash,
		      int64_t strand, int64_t *serial_r, struct err *err);
int state_message_remove(struct state *state, int64_t serial, int64_t when,
			 struct err *err);
/* Add; `serial` is filled in, unless it is one of state_copy_reserve(). `trace`
 * may be NULL. The message gets the copy's
 * flags too; the folder's times are brought up to date by
 * state_folder_touch(). */
int state_copy_add(struct state *state, struct state_copy *copy,
		   const void *trace, size_t trace_size, struct err *err);
/* 1/0/-1. */
int state_copy_get(struct state *state, int64_t serial,
		   struct state_copy *copy_r, struct err *err);
/* The lowest serial of a message's copies. */
int state_copy_first(struct state *state, int64_t message,
		     struct state_copy *copy_r, struct err *err);
/* The next copy like `like` (message, folder, look) after its serial. */
int state_copy_alike(struct state *state, const struct state_copy *like,
		     struct state_copy *copy_r, struct err *err);
/* Copies of a message in a folder (0: in all), of int64_t serials. */
int state_copy_list(struct state *state, int64_t message, int64_t folder,
		    GArray **serials_r, struct err *err);
/* The first copy with the base name `base` in a folder; there may be more, for
 * which state_copy_called() is. */
int state_copy_named(struct state *state, int64_t folder, const char *base,
		     struct state_copy *copy_r, struct err *err);
/* At most `limit` copies of new or cur after serial `after` whose message is
 * not removed, of struct state_copy, by serial. */
int state_copy_range(struct state *state, const struct state_copy *after,
		     int64_t limit, GArray **copies_r, struct err *err);
/* Append a copy's packed trace; nothing if it has none. */
int state_trace(struct state *state, int64_t copy, GByteArray *out,
		struct err *err);
int state_copy_flags(struct state *state, int64_t copy, unsigned flags,
		     struct err *err);
int state_copy_move(struct state *state, int64_t copy, bool is_new,
		    struct err *err);
/* Give out `count` serials of copies, which will be added later or never; the
 * first. A transaction of its own, under the mailbox's lock. */
int state_copy_reserve(struct state *state, int64_t count, int64_t *first_r,
		       struct err *err);
/* The highest serial of a copy that was given out. */
int state_copy_last(struct state *state, int64_t *serial_r, struct err *err);
/* The copy whose whole file name in new (or cur) of a folder is `name`, of a
 * message that is not removed. 1/0/-1. */
int state_copy_called(struct state *state, int64_t folder, bool is_new,
		      const char *name, struct state_copy *copy_r,
		      struct err *err);
/* Write folder, is_new, flags, base and suffix, received of `copy`. */
int state_copy_put(struct state *state, const struct state_copy *copy,
		   struct err *err);
int state_copy_delete(struct state *state, int64_t copy, struct err *err);
/* Does the message have another copy besides this one? 1/0/-1. */
int state_copy_other(struct state *state, int64_t message, int64_t copy,
		     struct err *err);
/* Set a message's flags to those of its copies together. */
int state_message_flags(struct state *state, int64_t message, struct err *err);

/* -- erasing (state-erase.c) ------------------------------------------------
 */
/* The messages of strands after `after` (by serial) that were removed at
 * `before` or earlier and may be erased: none that waits in the queue, none of
 * a shared strand. Of struct state_message, by strand. */
int state_erase_list(struct state *state, int64_t before, int64_t after,
		     GArray **messages_r, struct err *err);
/* It has no copy, no trace and no strand any more; its row stays. */
int state_erase(struct state *state, int64_t message, struct err *err);
/* A number, not 0: something was erased, and packs may have it still. */
#define STATE_ERASED "erased"

/* -- folders --------------------------------------------------------------- */
/* The folder `name`; made if `create`. 1/0/-1. */
int state_folder_find(struct state *state, const char *name, bool create,
		      struct state_folder *folder_r, struct err *err);
int state_folder_get(struct state *state, int64_t serial,
		     struct state_folder *folder_r, struct err *err);
/* The next folder after serial `after`: 1/0/-1. */
int state_folder_next(struct state *state, int64_t after,
		      struct state_folder *folder_r, struct err *err);
/* Let the mtimes of new and/or cur grow, to `now` (ns) at least. */
int state_folder_touch(struct state *state, int64_t folder, bool new_too,
		       bool cur_too, int64_t now, struct err *err);

/* Give it another name. */
int state_folder_rename(struct state *state, int64_t folder, const char *name,
			struct err *err);
/* Does a copy stand in it whose message is not removed? 1/0/-1. */
int state_folder_used(struct state *state, int64_t folder, struct err *err);
/* Forget it. Copies of removed messages that stood in it are moved to
 * `instead`. */
int state_folder_delete(struct state *state, int64_t folder, int64_t instead,
			struct err *err);

/* -- threads --------------------------------------------------------------- */
int state_thread_add(struct state *state, const char *name, int64_t anchor,
		     int64_t *serial_r, struct err *err);
int state_thread_find(struct state *state, const char *name,
		      struct state_thread *thread_r, struct err *err);
int state_thread_get(struct state *state, int64_t serial,
		     struct state_thread *thread_r, struct err *err);
/* Threads anchored at a message: the lowest serial after `after`. 1/0/-1. */
int state_thread_anchored(struct state *state, int64_t message, int64_t after,
			  int64_t *serial_r, struct err *err);
/* A thread's name stays with this message from now on. */
int state_thread_anchor(struct state *state, int64_t serial, int64_t message,
			struct err *err);
int state_thread_flags(struct state *state, int64_t serial, unsigned flags,
		       struct err *err);

/* -- sources: what was imported before --------------------------------------
 */
/* A file or directory as it was when all of it had been imported. */
struct state_source {
	const char *path; /* absolute */
	const char *how;  /* folder and options it was imported with */
	uint64_t device, inode, size;
	int64_t mtime, ctime; /* ns */
};
/* 1 if exactly this was imported before, 0 if not. */
int state_source_known(struct state *state, const struct state_source *source,
		       struct err *err);
/* When the same directory or file (path, how, device, inode) was imported last:
 * its ctime then. 1/0/-1. */
int state_source_last(struct state *state, const struct state_source *source,
		      int64_t *ctime_r, struct err *err);
int state_source_put(struct state *state, const struct state_source *source,
		     struct err *err);

/* -- what the mount keeps --------------------------------------------------
 */
/* Queries: those that mkdir made. In a write transaction, but for the list (of
 * char *). */
int state_search_add(struct state *state, const char *query, struct err *err);
int state_search_drop(struct state *state, const char *query, struct err *err);
int state_search_list(struct state *state, GPtrArray **queries_r,
		      struct err *err);
/* Files that have become messages, until they are known to be gone: a kill
 * between the two must not make another copy. `file` is what tells one from
 * all others. */
int state_arrived_add(struct state *state, const char *file, struct err *err);
/* 1/0/-1 */
int state_arrived_has(struct state *state, const char *file, struct err *err);
int state_arrived_clear(struct state *state, struct err *err);

#endif
