/* SPDX-License-Identifier: ISC */
/* Is a database whole, and does each row lead to one that is there? */
#ifndef DEFMS_STATE_CHECK_H
#define DEFMS_STATE_CHECK_H

#include "defms/index.h"
#include "defms/state.h"
#include "defms/strand.h"

/* Run queries whose first column is a line for each problem ("ok" is none). */
int state_check_run(struct sql *sql, const char *const *queries, size_t count,
		    GPtrArray *problems, struct err *err);

/* Look at all of state.db, its copies' flags and contents aside. A line (char
 * *) for each problem. */
int state_check(struct state *state, GPtrArray *problems, struct err *err);

/* The serials (int64_t) of all messages, ascending. */
int state_check_messages(struct state *state, GArray **serials_r,
			 struct err *err);

/* Set the flags of every message to those of its copies. */
int state_check_mend_flags(struct state *state, struct err *err);

/* Begin a read transaction in which index and state.db stay as they are now. */
int index_check_begin(struct index *index, struct err *err);

/* Look at all of the index, each message's own row aside. */
int index_check(struct index *index, GPtrArray *problems, struct err *err);

/* Does the index say this of message `serial`? 1, 0 (none, or another), -1. */
int index_check_message(struct index *index, int64_t serial, int64_t strand,
			const struct strand_entry *entry, uint64_t content_size,
			struct err *err);

#endif
