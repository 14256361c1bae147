/* SPDX-License-Identifier: ISC */
/* Shared by check*.c. */
#ifndef DEFMS_CHECK_PARTS_H
#define DEFMS_CHECK_PARTS_H

#include "check.h"
#include "defms/reader.h"

/* What can be done about a finding. */
enum check_cure {
	CURE_NONE,
	CURE_MODES = 1 << 0, /* set the modes of files */
	CURE_IDX = 1 << 1,   /* make an idx anew from its pack */
	CURE_REFS = 1 << 2,  /* write the refs from state.db */
	CURE_FLAGS = 1 << 3, /* set messages' flags from their copies */
	CURE_INDEX = 1 << 4, /* reindex */
	CURE_BY_HAND = 1 << 5,
};

struct findings {
	GPtrArray *lines;        /* owned: char * */
	unsigned cures;          /* of all of them */
	enum check_cure missing; /* of an object that is not there: CURE_IDX
				  * if an idx is to blame */
};
void findings_init(struct findings *findings);
void findings_release(struct findings *findings);
/* Add a line: what is wrong where, and what --repair does about it. */
void finding(struct findings *findings, enum check_cure cure,
	     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What a worker does with a strand: its chain, trees, messages and copies.
 * `serials` takes those of the messages (int64_t) that are sound. */
void check_strand(struct reader *reader, struct index *index,
		  const struct state_strand *strand, struct findings *findings,
		  GArray *serials);

/* A pack that state.db names. */
void check_pack(struct store *store, const char *name,
		struct findings *findings);

/* The refs that there are against what state.db says, but for those that are
 * still to be moved. */
void check_refs(struct mailbox *mailbox, struct state *state,
		struct findings *findings);

/* The modes of the home and the identity. */
void check_modes(const struct mailbox *mailbox, struct findings *findings);

/* Do what cures there are, with a line about each. */
void check_repair(struct mailbox *mailbox, unsigned cures, GPtrArray *lines);

#endif
