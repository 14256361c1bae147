/* SPDX-License-Identifier: ISC */
/* One head that is offered, and what became of it: judged by any worker, taken
 * by the writer (batch-pull.c). */
#ifndef DEFMS_PULL_HEAD_H
#define DEFMS_PULL_HEAD_H

#include "arrival.h"
#include "defms/ref.h"
#include "defms/sign.h"
#include "defms/state-chains.h"
#include "defms/strand.h"
#include "pull-locked.h"
#include "pull-objects.h"
#include "pull-people.h"
#include "state-circles.h"

enum {
	PULL_COMMITS = 10000,  /* new ones of a chain */
	PULL_ENTRIES = 65536,  /* of a tree */
	PULL_CHAINS = 64,      /* of a strand */
	PULL_STRANDS = 100000, /* of an offer */
	PULL_FORKS = 16,       /* of a device in a strand */
};

enum pull_verdict {
	PULL_FAILED,  /* not at all: `err` says what this machine lacks */
	PULL_NOTHING, /* known already, or older than what is */
	PULL_FOREIGN, /* of a strand that is none of mine */
	PULL_CHAIN,   /* the ref moves to it */
	PULL_FORK,    /* it is sound, but does not go on from what is known */
	PULL_BAD,     /* `err` says why */
	PULL_TWICE,   /* signed by this very device, and not by me */
	PULL_ENOUGH,  /* of a key that nobody named, of which no more is taken
		       * today */
};

/* A message that is new in its chain. */
struct pull_message {
	struct strand_entry entry;
	struct message_id hash;
	struct arrival_made *made; /* owned; NULL: it is here already, or is
				    * to be opened again */
	size_t held;               /* bytes that count as kept */
	bool is_here;              /* it was, when it was judged */
};

struct pull_head {
	struct ref_move at;
	/* What it was judged from. */
	struct state_strand strand; /* serial 0: a new one */
	struct state_chain known;   /* its device's; tip null: none */
	GArray *forks;              /* owned: struct state_fork, of it too */
	/* What it came to. */
	enum pull_verdict verdict;
	struct err err;
	bool unknown_key; /* taken from anybody */
	int64_t fork;     /* the number of that whose place it takes: it goes
			   * on from it, or has no need of it; 0: none */
	uint64_t chain;   /* the tip's */
	struct state_circle circle;   /* of a shared strand; owned */
	GPtrArray *cards;             /* owned: char *, as `members` has them */
	struct strand_tree *tree;     /* owned: the tip's */
	struct strand_tree *before;   /* owned: of the tip that it goes on
				       * from; NULL: none */
	struct pull_objects *objects; /* owned */
	struct message_id met;        /* one that was here before; zero: none */
	GArray *messages;             /* owned: struct pull_message */
	GPtrArray *problems;          /* owned: char * */
	GPtrArray *links;    /* owned: char *, the lines of `links` of a device
			      * of mine; NULL: it is none */
	GPtrArray *unlinked; /* owned: those that it had before */
};
struct pull_head *pull_head_new(const struct ref_move *at);
/* `well` counts what it holds. */
void pull_head_free(struct pull_head *head, struct pull_well *well);
/* What was found out about it is forgotten. */
void pull_head_reset(struct pull_head *head, struct pull_well *well);
/* A line about it: "strand 12…, device 34…: <text>". */
char *pull_head_line(const struct pull_head *head, const char *text);

/* What all workers share, and a worker's own. */
struct pull_context {
	struct mailbox *mailbox; /* borrowed; so is the rest */
	struct people *people;
	struct pull_well *well;
	struct pull_locked *locked;
	const GArray *heads; /* struct ref_move: what is offered that is new,
			      * by strand and device */
};
struct pull_worker {
	const struct pull_context *context; /* borrowed */
	struct reader *reader;              /* borrowed; NULL: `err` says why */
	struct strand_key *key;             /* owned: of the head at hand */
	struct sealer *sealer;              /* borrowed from the reader */
};

/* Judge it; its verdict is set. -1 only for failures of this machine. */
int pull_judge(struct pull_worker *worker, struct pull_head *head,
	       struct err *err);

/* Append the heads (struct ref_move) that are offered and not known, by strand
 * and device. 1; 0 if there are too many strands, with those that count; -1.
 * (pull-offer.c) */
int pull_list_new(const struct mailbox *mailbox, struct state *state,
		  const struct offer *offer, GArray *heads, struct err *err);
/* That order; and where, among heads in it, those of a strand and device begin,
 * or would. */
gint pull_compare_places(gconstpointer a, gconstpointer b);
guint pull_find_first(const GArray *heads, const struct ref_move *place);

/* What state.db knows of it: `strand`, `known`, `forks`. */
int pull_find_known(struct state *state, const struct device_id *own,
		    struct pull_head *head, struct err *err);

/* -- the parts of it ------------------------------------------------------- */
/* The id of the tree of a commit. */
struct object_id pull_tree_of(const struct commit *commit);
/* Read and parse a commit, of this strand and device. */
int pull_commit_read(const struct pull_head *head, const struct object_id *id,
		     struct commit *commit_r, struct err *err);

/* Whose strand it is: fills in `strand` and the worker's key. 1; 0 if it is
 * foreign; -1. (pull-right.c) */
int pull_find_kind(struct pull_worker *worker, struct pull_head *head,
		   const struct commit *tip, struct err *err);
/* May its device write into the strand? 1; 0 if it is none of mine; -1 and
 * EACCES if not. */
int pull_find_right(const struct pull_worker *worker, struct pull_head *head,
		    struct err *err);
/* The worker's key for the strand; NULL for a public one. Borrowed. */
int pull_key(const struct pull_worker *worker, const struct pull_head *head,
	     struct strand_key **key_r, struct err *err);

/* Down the chain to what is known: form and presence; `verdict` becomes CHAIN
 * or FORK, `tree` the tip's. (pull-chain.c) */
int pull_walk(struct pull_head *head, struct store *store,
	      const struct commit *tip, bool is_mine, struct err *err);
/* Is a tip with this Chain older than the one known, or that? 1/0/-1. */
int pull_is_old(const struct pull_head *head, struct store *store,
		uint64_t chain, struct err *err);

/* Has the tree all messages that `before` had, and the same objects of them?
 * (pull-fork.c) */
bool pull_has_all(const struct strand_tree *tree, struct strand_tree *before);
/* Whether one more fork may be kept; `fork` is set if in the place of another.
 * 1; 0 if all that it has is here; -1 and EFBIG if there are too many. */
int pull_find_place(struct pull_head *head, struct store *store,
		    struct err *err);

/* Open what is new in the tree; what is bad is a problem. (pull-message.c) */
int pull_open_new(struct pull_worker *worker, struct pull_head *head,
		  struct err *err);
/* Anybody can write any id beside "public", that of a private strand, too: one
 * that is new is proved by a message in it whose root it is made of. -1 and
 * EACCES if there is none: another chain may prove it. (pull-message.c) */
int pull_prove_public(const struct pull_worker *worker,
		      const struct pull_head *head, struct err *err);
/* The lines of `links` of a device of mine. (pull-links.c) */
int pull_read_links(const struct pull_worker *worker, struct pull_head *head,
		    struct err *err);
/* Make `made` of a message that was not kept. */
int pull_open_again(struct pull_worker *worker, const struct pull_head *head,
		    struct pull_message *message, struct err *err);

#endif
