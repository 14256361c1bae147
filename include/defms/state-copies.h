/* SPDX-License-Identifier: ISC */
/* Copies of messages in folders, as the owner has them. */
#ifndef DEFMS_STATE_COPIES_H
#define DEFMS_STATE_COPIES_H

#include "defms/state.h"

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

struct state_folder {
	int64_t serial;
	int64_t new_time, cur_time; /* mtimes of new and cur, ns */
	char name[256];             /* "INBOX", "lists/linux" */
};

/* -- copies ---------------------------------------------------------------- */
/* Add; `serial` is filled in, unless it is one of state_copy_reserve(). `trace`
 * may be NULL. The message gets the copy's flags too; the folder's times are
 * brought up to date by state_folder_touch(). */
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
/* Add another copy with the bytes, trace and time of copy `from`: `copy` says
 * where it stands and how it is called, and gets its serial. */
int state_copy_again(struct state *state, int64_t from, struct state_copy *copy,
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
/* Copies that were deleted, or went to another folder, as far as it is told for
 * their names. The first after *seq, whose number becomes *seq; the last
 * 100,000 are remembered. 1/0/-1 */
int state_copy_gone(struct state *state, int64_t *seq,
		    struct state_copy *copy_r, struct err *err);
/* The number of the last one; 0 if there is none. */
int state_copy_gone_last(struct state *state, int64_t *seq_r, struct err *err);
/* Does the message have another copy besides this one? 1/0/-1. */
int state_copy_other(struct state *state, int64_t message, int64_t copy,
		     struct err *err);

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

#endif
