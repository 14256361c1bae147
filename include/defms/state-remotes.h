/* SPDX-License-Identifier: ISC */
/* What state.db knows of remotes: what was pushed to each, and which files of
 * a folder were read. */
#ifndef DEFMS_STATE_REMOTES_H
#define DEFMS_STATE_REMOTES_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/root-tree.h"
#include "defms/state.h"

enum { REMOTE_NAME = 64 };

struct state_remote {
	char name[REMOTE_NAME + 1];
	uint8_t scope[32]; /* hash of what it is, and for whom: of another one
			    * nothing below is true */
	uint8_t cards[32]; /* hash of the cards that it was pushed with */
	uint8_t contacts[32];  /* hash of those it was pulled with */
	struct object_id root; /* of the last push; null: none */
	int64_t seq;           /* what was committed here before that */
	int64_t sequence;      /* of its IPNS record */
	int64_t pushed_at;     /* Unix seconds; 0: never */
	int64_t pulled_at;
	bool whole; /* all that it offered when it was last pulled was sound */
	char problem[256]; /* of the last push or pull; "": none */
};
/* 1/0/-1. */
int state_remote_get(struct state *state, const char *name,
		     struct state_remote *remote_r, struct err *err);
/* Insert or replace. */
int state_remote_put(struct state *state, const struct state_remote *remote,
		     struct err *err);
/* Forget all about it. */
int state_remote_drop(struct state *state, const char *name, struct err *err);

/* -- chains that a remote has ---------------------------------------------- */
/* Mine are those that this device pushed; the others were there when it was
 * pulled, from another hand. All of them, of struct head, sorted. */
int state_given_list(struct state *state, const char *remote, bool mine,
		     GArray **heads_r, struct err *err);
/* Insert or replace. */
int state_given_put(struct state *state, const char *remote, bool mine,
		    const struct head *head, struct err *err);
int state_given_drop(struct state *state, const char *remote, bool mine,
		     const struct head *head, struct err *err);
/* All of them. */
int state_given_clear(struct state *state, const char *remote, bool mine,
		      struct err *err);

/* -- files of a folder ----------------------------------------------------- */
struct state_file {
	char name[256];
	int64_t size, mtime, ctime; /* times in ns */
	bool mine;                  /* this device wrote it; else it was read */
	int64_t joined; /* Unix seconds since when another of mine holds all
			 * that it holds; 0: it is needed */
};
/* All of them, of struct state_file, by name. */
int state_file_list(struct state *state, const char *remote, GArray **files_r,
		    struct err *err);
/* Insert or replace. */
int state_file_put(struct state *state, const char *remote,
		   const struct state_file *file, struct err *err);
int state_file_drop(struct state *state, const char *remote, const char *name,
		    struct err *err);
/* All of them, or only those of others. */
int state_file_clear(struct state *state, const char *remote, bool mine_too,
		     struct err *err);

/* -- names of IPNS (state-remote-names.c) ---------------------------------- */
/* What was found last under a name that somebody else publishes. */
struct state_name {
	char name[64];
	int64_t sequence;      /* of its record */
	struct object_id root; /* that was pulled */
	bool pinned;           /* by the node, for this mailbox */
};
/* 1/0/-1. */
int state_name_get(struct state *state, const char *remote, const char *name,
		   struct state_name *name_r, struct err *err);
/* Insert or replace. */
int state_name_put(struct state *state, const char *remote,
		   const struct state_name *name, struct err *err);
/* All of them. */
int state_name_clear(struct state *state, const char *remote, struct err *err);

#endif
