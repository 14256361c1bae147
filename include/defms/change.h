/* SPDX-License-Identifier: ISC */
/* What somebody does to mail by hand, through the mount or by a command, as
 * part of a batch: each brings the times of folders and the versions of threads
 * along. All are 1 done, 0 there is no such thing or nothing to do, -1. */
#ifndef DEFMS_CHANGE_H
#define DEFMS_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/batch.h"
#include "defms/err.h"
#include "defms/state-copies.h"

/* Where a copy is to stand. */
struct change_place {
	int64_t folder; /* serial */
	bool is_new;
	const char *name; /* its whole file name, which tells its flags */
	bool is_free;     /* nothing else has the name: it was looked up */
};
/* A rename; what it is then goes to `copy_r`. EEXIST if another copy is called
 * so there, EINVAL for what is no name of one (scratch names are; '/' and
 * control characters are not). */
int change_copy_place(struct batch *batch, int64_t copy,
		      const struct change_place *place,
		      struct state_copy *copy_r, struct err *err);
/* One more copy of the same bytes, by this name; it goes to `copy_r`. 0 also if
 * the message was removed, and this copy was kept. */
int change_copy_again(struct batch *batch, int64_t copy,
		      const struct change_place *place,
		      struct state_copy *copy_r, struct err *err);
/* One copy gets exactly these flags; it moves to cur/ if it gets others than it
 * had. */
int change_copy_flags(struct batch *batch, int64_t copy, unsigned flags,
		      struct err *err);
/* All copies of a message get flags (enum state_flag); one in new/ that gets
 * any moves to cur/. */
int change_message_flags(struct batch *batch, int64_t message, unsigned set,
			 unsigned clear, struct err *err);
/* Move all copies of a message to new/ (with their flags cleared) or cur/. */
int change_message_new(struct batch *batch, int64_t message, bool is_new,
		       struct err *err);
/* All copies of a message get these flags and no others, in new/ or cur/. Like
 * the two above it takes a base from a copy whose name would be another's. */
int change_message_place(struct batch *batch, int64_t message, unsigned flags,
			 bool is_new, struct err *err);
/* When a copy came (Unix seconds): the time of its file; 1 too if it has that
 * already. The name stays, also one that was made of the time. */
int change_copy_received(struct batch *batch, int64_t copy, int64_t received,
			 struct err *err);
/* Remove a copy; with the last one the message is removed (and that copy kept,
 * for when it is brought back). */
int change_copy_remove(struct batch *batch, int64_t copy, struct err *err);
/* Remove a message with all its copies, or bring it back. */
int change_message_remove(struct batch *batch, int64_t message, bool remove,
			  struct err *err);
/* Flags of a thread (enum state_thread_flag). */
int change_thread_flags(struct batch *batch, int64_t thread, unsigned set,
			unsigned clear, struct err *err);
/* Each message of a thread becomes seen, or not. */
int change_thread_seen(struct batch *batch, int64_t thread, bool seen,
		       struct err *err);

/* Folders, by name_folder() names. EEXIST if there is one. */
int change_folder_make(struct batch *batch, const char *name, int64_t *serial_r,
		       struct err *err);
/* ENOTEMPTY while copies stand in it; EBUSY for INBOX. */
int change_folder_remove(struct batch *batch, int64_t folder, struct err *err);
int change_folder_rename(struct batch *batch, int64_t folder, const char *name,
			 struct err *err);

#endif
