/* SPDX-License-Identifier: ISC */
/* Decisions about threads in the index; for filing*.c, relink.c and links.c. */
#ifndef DEFMS_INDEX_LINKS_H
#define DEFMS_INDEX_LINKS_H

#include "defms/index.h"

/* A message that belongs to a thread, as far as threads are concerned. */
struct index_home {
	int64_t serial, date;
	bool has_date;
	struct message_id hash;
	char *subject, *msgid, *references; /* owned */
};

/* The root of the strand of mine it would stand in. Caller frees. */
char *index_home_root(const struct index_home *home);

/* The messages that belong to `thread`, wherever they are shown, of struct
 * index_home by serial. */
int index_home_list(struct index *index, int64_t thread, GArray **homes_r,
		    struct err *err);
/* The thread a message belongs to, wherever it is shown: 1/0/-1. */
int index_home_of(struct index *index, int64_t message, int64_t *thread_r,
		  struct err *err);
/* The threads that are joined to this one; let them be none. */
int index_family(struct index *index, int64_t thread, GArray **threads_r,
		 struct err *err);
int index_unjoin(struct index *index, int64_t elder, struct err *err);

/* Show a message that is shown already in `thread`; nothing if it is there.
 * Counts nothing: index_set_live() and index_set_dates() are to follow. */
int index_place_again(struct index *index, int64_t message, int64_t thread,
		      int64_t seq, struct err *err);
int index_set_dates(struct index *index, int64_t thread, struct err *err);
int index_drop_msgid(struct index *index, int64_t key, struct err *err);

/* The message, whose msgid has this key, begins a thread of its own. */
int index_split_put(struct index *index, int64_t message, int64_t key,
		    struct err *err);
int index_split_drop(struct index *index, int64_t message, struct err *err);
int index_split_has(struct index *index, int64_t key, struct err *err);

/* The `join` lines of `strand` name this msgid; or none. */
int index_join_put(struct index *index, int64_t strand, int64_t key,
		   struct err *err);
int index_join_drop(struct index *index, int64_t strand, struct err *err);

/* The message is shown in the thread of `root`, if there is one. */
int index_moved_put(struct index *index, int64_t message, int64_t home,
		    int64_t root, struct err *err);
int index_moved_drop(struct index *index, int64_t message, struct err *err);
int index_moved_get(struct index *index, int64_t message, int64_t *home_r,
		    int64_t *root_r, struct err *err);
/* What concerns these msgids, of struct index_pair; pairs of other msgids may
 * be among it, where there are few in all. */
enum index_relation { INDEX_SPLITS, INDEX_JOINS, INDEX_MOVED };
struct index_pair {
	int64_t key;
	int64_t about; /* message, strand, message */
};
int index_relations(struct index *index, enum index_relation relation,
		    const GArray *keys, GArray **pairs_r, struct err *err);

#endif
