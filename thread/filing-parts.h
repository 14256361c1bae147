/* SPDX-License-Identifier: ISC */
/* Shared by filing*.c. */
#ifndef DEFMS_FILING_PARTS_H
#define DEFMS_FILING_PARTS_H

#include "defms/mill.h"
#include "filing.h"
#include "index-links.h"
#include "link-set.h"
#include "threading.h"

/* What naming a thread after a message takes, and what tells of it in links. */
struct birth {
	char *subject, *root;
	int64_t date;
	struct message_id hash;
	int64_t key;  /* of its own msgid; without one, of its hash in hex */
	bool is_here; /* the index has it from before */
};

struct filing {
	struct index *write, *read;  /* borrowed */
	struct state *state;         /* borrowed */
	struct mill *mill;           /* owned; NULL until it is wanted */
	struct threading *threading; /* owned */
	GHashTable *births;          /* serial -> struct birth */
	GHashTable *touched;         /* threads (int64_t *) changed otherwise */
	GHashTable *counted;         /* those to be counted anew */
	GHashTable *dated;           /* those whose dates may be others */
	GHashTable *parted;          /* those to be looked at anew */
	GHashTable *replaced;        /* messages that a decision may move */
	GHashTable *relinked;        /* strands whose lines are others */
	GHashTable *erased;          /* messages (int64_t *) that are no more */
	GArray *restood;             /* struct index_entry: read elsewhere */
	int64_t run;                 /* of batches, that it is settled for */
	bool noted;                  /* STATE_TOUCHED is written */
	bool relink_all;
	bool linked; /* has the owner decided anything? */
	size_t count;
};

/* -- filing-thread.c ------------------------------------------------------- */
void filing_free_birth(gpointer birth);
/* Make a message that arrives known to the threading. */
int filing_thread(struct filing *filing, const struct arrival_made *made,
		  int64_t serial, struct err *err);
/* The same for one that the index has. */
int filing_thread_again(struct filing *filing, const struct index_home *home,
			struct err *err);
/* One that is no more: only its msgids become known. */
int filing_thread_erased(struct filing *filing, const struct index_home *home,
			 struct err *err);
/* Make a msgid known; its key. */
int filing_learn_key(struct filing *filing, const char *msgid, int64_t *key_r,
		     struct err *err);
/* Put all components where they belong. */
int filing_place_all(struct filing *filing, int64_t seq, struct err *err);

/* -- filing-links.c -------------------------------------------------------- */
/* Before the components are made: what the owner decided. */
int filing_obey(struct filing *filing, struct err *err);
/* Where a message of a component is shown: 1 if elsewhere than `home`, which
 * filing_place_moved() sees to; 0; -1. */
int filing_obey_message(struct filing *filing, int64_t message,
			const struct birth *birth, int64_t home,
			struct err *err);
/* After all components are placed. */
int filing_place_moved(struct filing *filing, int64_t seq, struct err *err);
/* The thread's messages may be others: count them, find its dates. */
void filing_recount_thread(struct filing *filing, int64_t thread);

#endif
