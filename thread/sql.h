/* SPDX-License-Identifier: ISC */
/* SQLite for state*.c, index*.c and search*.c. A connection keeps its
 * statements prepared by their text, which must be a string literal (or live
 * as long as the connection). */
#ifndef DEFMS_SQL_H
#define DEFMS_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <sqlite3.h>

#include "defms/auto.h"
#include "defms/err.h"

struct sql;

enum sql_flags {
	SQL_CREATE = 1 << 0, /* with pages of 4 KiB; with SQL_FULL of 2 KiB,
			      * for what is changed a little at a time */
	SQL_FULL = 1 << 1,   /* synchronous=FULL instead of NORMAL */
};

/* Open `path` in WAL mode. ENOENT without SQL_CREATE if it is not there. */
int sql_open(const char *path, unsigned flags, struct sql **sql_r,
	     struct err *err);
void sql_close(struct sql *sql);
AUTO_KIND(sql, struct sql, sql_close)

/* Attach the database at `path` as `name`. */
int sql_attach(struct sql *sql, const char *path, const char *name,
	       struct err *err);

/* Run statements without results. */
int sql_run(struct sql *sql, const char *text, struct err *err);

/* The statement of `text`, reset and without bindings; NULL and `err` if it
 * cannot be prepared. Release with AUTO(stmt), which resets it. */
sqlite3_stmt *sql_prepare(struct sql *sql, const char *text, struct err *err);

static inline void stmt_auto_(sqlite3_stmt **held)
{
	if (*held)
		(void)sqlite3_reset(*held);
}

/* Bind arguments from the first on by `types`: i int64_t, t text (NULL: null),
 * b blob (pointer, size_t), n null. Nothing is copied: what is bound must stay
 * until the statement is reset. -1 if one is longer than a row may be (10^9
 * bytes): it and what follows are null then, which finds nothing, but must not
 * be stored. sql_do(), sql_int() and sql_list() fail for it. */
int sql_bind(sqlite3_stmt *stmt, const char *types, ...);

/* 1 a row, 0 done, -1 failed. */
int sql_step(sqlite3_stmt *stmt, struct err *err);

/* Prepare, bind, step once and reset: for statements without a result. */
int sql_do(struct sql *sql, struct err *err, const char *text,
	   const char *types, ...);

/* The same for one integer: 1 found, 0 no row (or null), -1 failed. */
int sql_int(struct sql *sql, struct err *err, int64_t *value_r,
	    const char *text, const char *types, ...);

/* The first column (a null is 0) of all rows that are left, of int64_t. Caller
 * unrefs. 0/-1; the statement is not reset. */
int sql_integers(sqlite3_stmt *stmt, GArray **values_r, struct err *err);

/* Prepare, bind, and that; reset. */
int sql_list(struct sql *sql, struct err *err, GArray **values_r,
	     const char *text, const char *types, ...);

/* Column `column` as text, "" if null; valid until the next step or reset. */
const char *sql_text(sqlite3_stmt *stmt, int column);

/* The same, cut to `size` bytes with its NUL. */
void sql_copy_text(sqlite3_stmt *stmt, int column, char *out, size_t size);

/* Copy a blob of exactly `size` bytes to `out`; zeros if it is another. */
void sql_copy_blob(sqlite3_stmt *stmt, int column, void *out, size_t size);

/* Append a blob. */
void sql_append_blob(sqlite3_stmt *stmt, int column, GByteArray *out);

/* Transactions. */
int sql_begin(struct sql *sql, bool write, struct err *err);
int sql_commit(struct sql *sql, struct err *err);
void sql_rollback(struct sql *sql);
bool sql_in_transaction(const struct sql *sql);

int64_t sql_last_rowid(const struct sql *sql);

/* Fill `err` from the connection: ENOSPC, EBUSY, EBADMSG, ENOMEM, EACCES, what
 * the system said of a file that cannot be opened, else EIO. Always -1. */
int sql_err(struct sql *sql, struct err *err, const char *what);

/* The connection, for functions and limits of its own. */
sqlite3 *sql_handle(const struct sql *sql);

#endif
