/* SPDX-License-Identifier: ISC */
/* Shared by source.c, source-seen.c and source-dir.c. */
#ifndef DEFMS_SOURCE_PARTS_H
#define DEFMS_SOURCE_PARTS_H

#include <sys/stat.h>

#include "source.h"

/* A file or directory that is remembered once all of it has been taken. */
struct seen {
	char *path, *how; /* owned */
	struct stat st;
	uint64_t from, to; /* which messages of source_next() were in it */
	size_t unread;     /* source->unread when it was begun */
};

/* A file or directory still to be read. */
struct task {
	char *path;       /* owned */
	char *folder;     /* owned; NULL: INBOX, or by its labels */
	bool maildir;     /* a file of cur or new */
	bool is_new;      /* in new */
	bool found;       /* in a directory: what is no mail is passed over */
	struct seen *end; /* owned; not to be read: all of this has been */
	unsigned depth;
	int64_t settled; /* ns; whose ctime is no later was imported before */
	uint64_t size;
};

struct source {
	struct source_options options;
	struct state *state;      /* borrowed */
	GQueue tasks;             /* owned: struct task, the next one first */
	GHashTable *visited;      /* owned: struct visit, of itself */
	GQueue ready;             /* owned: struct arrival made in advance */
	struct mbox_reader *mbox; /* the mbox being read; owned */
	struct task *current;     /* its task; owned */
	int fd;
	GPtrArray *finished;  /* owned: struct seen, not remembered yet */
	GArray *failed;       /* owned: which messages were (uint64_t) */
	uint64_t given;       /* messages that were made */
	uint64_t taken;       /* source_taken() */
	size_t unread;        /* failures to read */
	struct seen *reading; /* owned; the mbox */
	uint64_t done, total, mbox_start;
	size_t skipped;
};

void seen_free(void *data);
void task_free(struct task *task);
struct task *task_new(const char *path, const char *folder);

/* 1 if exactly this was read to its end before; 0; -1. */
int seen_is_known(struct source *source, const struct task *task,
		  const struct stat *st, struct err *err);
/* Of a directory that was imported before, now otherwise: which of its files
 * were there then, and are unchanged: those whose ctime is no later than the
 * result, ns. 0 if it was not. */
int seen_settled(struct source *source, const struct task *task,
		 const struct stat *st, int64_t *settled_r, struct err *err);
/* The ctime of a file, in ns. */
int64_t seen_changed(const struct stat *st);
/* A file that changes in the second it was read in may change again without
 * showing it: only what has settled is remembered. NULL if it has not. */
struct seen *seen_new(const struct source *source, const char *path,
		      const char *folder, const struct stat *st);
/* Reading `seen` (may be NULL) begins. */
void seen_begin(const struct source *source, struct seen *seen);
/* It was read to its end; `seen` is the source's. */
void seen_end(struct source *source, struct seen *seen);

/* A set of directories for source->visited. */
GHashTable *visited_new(void);
/* Put what is in a Maildir (its Maildir++ folders too), or in a directory of
 * mail files, before the tasks that wait. A directory counts once, however many
 * links lead to it. */
int source_list(struct source *source, const struct task *parent,
		struct err *err);

#endif
