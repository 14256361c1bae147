/* SPDX-License-Identifier: ISC */
/* What the watcher's files share. */
#ifndef DEFMS_WATCH_PARTS_H
#define DEFMS_WATCH_PARTS_H

#include <pthread.h>

#include "watch.h"

struct watch {
	struct mount *mount; /* borrowed */
	pthread_t thread;
	int wake;           /* eventfd: stop */
	int changes;        /* inotify; -1: none */
	int stop;           /* atomic */
	int64_t generation; /* of the index that is known, as are these */
	int64_t seq;
	int64_t last_copy;
	int64_t last_thread;
	int64_t last_queued;
	int64_t last_gone;
	GHashTable *folders; /* owned: serial -> struct state_folder */
	GHashTable *hidden;  /* owned: ids (int64_t *) of nodes that were seen
			      * to be removed */
	int pokes;           /* left in this round, as is the next */
	int mails;           /* that inotify is told of */
	bool all;            /* more than new messages may have changed */
};

/* Touch new/ in the directory `below` the mount. */
void watch_poke(struct watch *watch, const char *below);

/* The names of what is new in folders. What is committed but not in the index
 * at change `indexed` yet is looked at again with the next. */
int watch_folders(struct watch *watch, struct work *work, int64_t indexed,
		  struct err *err);

/* The same of what was queued. */
int watch_sent(struct watch *watch, struct work *work, int64_t indexed,
	       struct err *err);

/* The names of the threads that changed, and in them. */
int watch_threads(struct watch *watch, struct work *work, struct err *err);

/* The names, in its folder and in `thread` (0: nobody has looked into it), of a
 * message's copies: as they were shown, and as they are now, for somebody may
 * have asked in vain. */
int watch_copies(struct watch *watch, struct work *work, int64_t message,
		 int64_t thread, bool is_new, struct err *err);
/* The names of copies that were deleted or went to another folder. */
int watch_gone_copies(struct watch *watch, struct work *work, struct err *err);
/* The names that copies had before those they were last shown under. */
int watch_old_copies(struct watch *watch, struct work *work, struct err *err);

#endif
