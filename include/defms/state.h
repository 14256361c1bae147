/* SPDX-License-Identifier: ISC */
/* state.db: what is mine alone and cannot be derived from the history. One
 * struct state is one connection; each worker has its own. Writers hold the
 * mailbox's lock and one transaction; readers never wait.
 *
 * Serials are given out once and never again: a message's, a copy's and a
 * thread's serial become inode numbers.
 *
 * Here are the connection, strands, links and messages; each other table has
 * its state-X.h. */
#ifndef DEFMS_STATE_H
#define DEFMS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/message.h"
#include "defms/seal.h"
#include "defms/store.h"

struct state;
struct sql;

/* Flags of a copy, and of a message: those of its copies together. */
enum state_flag {
	FLAG_SEEN = 1 << 0,
	FLAG_ANSWERED = 1 << 1,
	FLAG_FLAGGED = 1 << 2,
	FLAG_DRAFT = 1 << 3,
	FLAG_DELETED = 1 << 4,
	FLAG_FORWARDED = 1 << 5,
};

enum strand_kind { STRAND_MINE, STRAND_PUBLIC, STRAND_SHARED };

struct state_strand {
	int64_t serial; /* 0 until it is put */
	struct strand_id id;
	enum strand_kind kind;
	uint32_t generation;        /* of the person secret, if mine */
	struct object_id tip;       /* of this device's chain; null if none */
	uint64_t chain;             /* the tip's Chain number */
	int64_t first_date;         /* of its earliest-dated message */
	struct message_id first_id; /* that message's id */
};

struct state_message {
	int64_t serial;
	struct message_id hash;
	int64_t strand;  /* serial; 0: it is erased */
	unsigned flags;  /* enum state_flag */
	int64_t removed; /* Unix seconds; 0 if it is not */
};

/* Make `path`, with a number "index". EEXIST. */
int state_create(const char *path, struct err *err);
/* Open `path`. EPROTO if a newer defms made it, EBADMSG if it is damaged. */
int state_open(const char *path, struct state **state_r, struct err *err);
/* For one of many connections that read: hold few pages. */
int state_be_small(struct state *state, struct err *err);
/* Between transactions: what is committed need not be on the disk at once, or
 * must be, as after state_open(). */
int state_relax(struct state *state, struct err *err);
int state_be_strict(struct state *state, struct err *err);
void state_close(struct state *state);
AUTO_KIND(state, struct state, state_close)

/* The connection, for state*.c, index*.c and search*.c only. */
struct sql *state_sql(struct state *state);

/* A transaction; one that writes waits for another that does, at most 10 s
 * (EBUSY). A commit that fails has undone all; a rollback without a transaction
 * does nothing. */
int state_begin(struct state *state, bool write, struct err *err);
int state_commit(struct state *state, struct err *err);
void state_rollback(struct state *state);
/* In a transaction: what comes from here on is kept, or undone. Not nested. */
int state_save(struct state *state, struct err *err);
int state_keep(struct state *state, struct err *err);
int state_undo(struct state *state, struct err *err);

/* The number of the last batch that changed messages or threads which were
 * there before it: their flags, removal, copies. */
#define STATE_TOUCHED "touched"
/* Numbers by name: 0 if it was never set. */
int state_get(struct state *state, const char *name, int64_t *value_r,
	      struct err *err);
int state_set(struct state *state, const char *name, int64_t value,
	      struct err *err);

/* -- strands --------------------------------------------------------------- */
/* 1 found, 0 none, -1. */
int state_strand_find(struct state *state, const struct strand_id *id,
		      struct state_strand *strand_r, struct err *err);
int state_strand_get(struct state *state, int64_t serial,
		     struct state_strand *strand_r, struct err *err);
/* Insert (serial 0; filled in) or update. */
int state_strand_put(struct state *state, struct state_strand *strand,
		     struct err *err);
/* All of them, of struct state_strand, by serial. */
int state_strand_list(struct state *state, GArray **strands_r, struct err *err);

/* -- links: what the history of strands says, line by line ------------------
 */
/* All lines (char *) and the strands (int64_t) they stand in, sorted by both.
 */
int state_link_list(struct state *state, GArray **strands_r,
		    GPtrArray **lines_r, struct err *err);
/* The lines of one strand, sorted. */
int state_link_of(struct state *state, int64_t strand, GPtrArray **lines_r,
		  struct err *err);
/* The lines that begin with `start`, sorted, and the strands they stand in. */
int state_link_strands(struct state *state, const char *start,
		       GArray **strands_r, GPtrArray **lines_r,
		       struct err *err);
/* Does any strand have this line? 1/0/-1. */
int state_link_has(struct state *state, const char *line, struct err *err);
/* Are there any lines? 1/0/-1. */
int state_link_any(struct state *state, struct err *err);
/* 1 added, 0 it is there, -1. */
int state_link_add(struct state *state, int64_t strand, const char *line,
		   struct err *err);
int state_link_drop(struct state *state, int64_t strand, const char *line,
		    struct err *err);
/* The number of the last batch that changed any. */
#define STATE_LINKED "linked"

/* -- messages -------------------------------------------------------------- */
int state_message_find(struct state *state, const struct message_id *hash,
		       struct state_message *message_r, struct err *err);
int state_message_get(struct state *state, int64_t serial,
		      struct state_message *message_r, struct err *err);
/* The messages whose hash begins with `prefix`, 1 to 64 lower-case hex digits
 * (EINVAL otherwise): their serials (int64_t), lowest first. */
int state_message_prefix(struct state *state, const char *prefix,
			 GArray **serials_r, struct err *err);
/* The lowest and the highest hash that begin with `prefix`. EINVAL. */
int state_prefix_range(const char *prefix, struct message_id range_r[2],
		       struct err *err);
/* Add one, which must not be there, unless it is erased: then it is no longer,
 * nor removed, and has the serial it had. */
int state_message_add(struct state *state, const struct message_id *hash,
		      int64_t strand, int64_t *serial_r, struct err *err);
int state_message_remove(struct state *state, int64_t serial, int64_t when,
			 struct err *err);
/* Set a message's flags to those of its copies together. */
int state_message_flags(struct state *state, int64_t message, struct err *err);

/* -- erasing (state-erase.c) ------------------------------------------------
 */
/* The messages of strands after `after` (by serial) that were removed at
 * `before` or earlier and may be erased: none that waits in the queue, none of
 * a shared strand. Of struct state_message, by strand. */
int state_erase_list(struct state *state, int64_t before, int64_t after,
		     GArray **messages_r, struct err *err);
/* It has no copy, no trace and no strand any more; its row stays. */
int state_erase(struct state *state, int64_t message, struct err *err);
/* Nor is it known what its copies were called. Once, after all of them: it goes
 * through all such names. */
int state_erase_names(struct state *state, struct err *err);
/* A number, not 0: something was erased, and packs may have it still. */
#define STATE_ERASED "erased"

#endif
