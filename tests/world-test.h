/* SPDX-License-Identifier: ISC */
/* Ada's mailbox, open, for tests. */
#ifndef DEFMS_WORLD_TEST_H
#define DEFMS_WORLD_TEST_H

#include "defms/batch.h"
#include "defms/reader.h"
#include "home-test.h"

struct world {
	char *folder; /* owned, as is all else */
	struct config *config;
	struct mailbox *mailbox;
	struct reader *reader;
	struct identity *bob, *carol; /* NULL but in share-test.h */
};

/* That of ada@example.org, new. */
struct world *world_new(void);
void world_free(struct world *world);
AUTO_KIND(world, struct world, world_free)

/* Mailbox and reader, anew. */
void world_open(struct world *world);
void world_close(struct world *world);

/* The reader's; borrowed. */
struct state *state_of(struct world *world);
struct index *index_of(struct world *world);

/* A batch, and its end: commit() frees it. */
struct batch *begin(struct world *world);
void commit(struct batch *batch);

#endif
