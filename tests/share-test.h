/* SPDX-License-Identifier: ISC */
/* Ada's mailbox, and people whose keys she knows, for tests of sharing. */
#ifndef DEFMS_SHARE_TEST_H
#define DEFMS_SHARE_TEST_H

#include "check.h"
#include "defms/batch.h"
#include "defms/state-contacts.h"
#include "share.h"
#include "store-test.h"
#include "world-test.h"

/* The root and version of a card. */
struct root_key root_of_card(const char *text, int64_t *version_r);

/* Pin `address` to the owner of `card`. */
void pin(struct world *world, const char *address, const char *card);

/* Somebody else; Ada knows `address` as theirs. */
struct identity *person(struct world *world, const char *name,
			const char *address);

/* Ada's, who knows Bob and Carol. */
struct world *world_of_people(void);

/* A message: its name is Message-ID and subject; `refs` are names. */
struct letter {
	const char *name, *from, *to, *cc, *refs, *bcc;
};

/* Its text; caller frees. */
char *write_letter(const struct letter *letter);

/* Add one to a batch; its serial. add_in() and add() have a batch of their own,
 * add() goes to INBOX. */
int64_t add_to(struct world *world, struct batch *batch,
	       const struct letter *letter, const char *folder);
int64_t add_in(struct world *world, const struct letter *letter,
	       const char *folder);
int64_t add(struct world *world, const struct letter *letter);

/* add() of one to one person, which answers `refs` (NULL: none). */
int64_t add_plain(struct world *world, const char *name, const char *from,
		  const char *to, const char *refs);

/* The strand that a message is read from. */
struct state_strand strand_of(struct world *world, int64_t message);

/* And of what kind it is. */
enum strand_kind kind_of(struct world *world, int64_t message);

/* Is it a message of that text, wherever it is read from? */
void reads_as(struct world *world, int64_t message, const char *name);

/* The thread it stands in. */
int64_t thread_of(struct world *world, int64_t message);

/* Share the thread of `message`, and commit: the plan, which the caller
 * frees. */
struct share_plan *share(struct world *world, int64_t message,
			 const char *const *addresses, size_t count, bool all);

struct share_plan *share_with_bob(struct world *world, int64_t message);

/* They, as they stand in a header; nobody knows Eve. */
extern const char ada[], bob[], carol[], eve[];

/* A thread of Ada and Bob, shared: its first message. */
int64_t shared_thread(struct world *world);

/* Nothing is wrong: `defms check`, git fsck. */
void is_sound(struct world *world);

#endif
