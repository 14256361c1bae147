/* SPDX-License-Identifier: ISC */
/* What the mount keeps, and what was imported. */
#ifndef DEFMS_STATE_MOUNT_H
#define DEFMS_STATE_MOUNT_H

#include "defms/state.h"

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

/* -- what was imported before ---------------------------------------------- */
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

#endif
