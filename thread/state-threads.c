/* SPDX-License-Identifier: ISC */
/* Threads: the names that directories were given at birth. */
#include "defms/state-threads.h"
#include "defms/state.h"

#include "sql.h"

#define COLUMNS "serial,anchor,flags,name"

static int get(sqlite3_stmt *held, struct state_thread *thread_r,
	       struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0) {
		thread_r->serial = sqlite3_column_int64(stmt, 0);
		thread_r->anchor = sqlite3_column_int64(stmt, 1);
		thread_r->flags = (unsigned)sqlite3_column_int64(stmt, 2);
		sql_copy_text(stmt, 3, thread_r->name, sizeof(thread_r->name));
	}
	return found;
}

int state_thread_add(struct state *state, const char *name, int64_t anchor,
		     int64_t *serial_r, struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err, "INSERT INTO threads(name,anchor) VALUES(?,?)",
		   "ti", name, anchor) < 0)
		return -1;
	*serial_r = sql_last_rowid(sql);
	return 0;
}

int state_thread_find(struct state *state, const char *name,
		      struct state_thread *thread_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT " COLUMNS " FROM threads WHERE name=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "t", name);
	return get(stmt, thread_r, err);
}

int state_thread_get(struct state *state, int64_t serial,
		     struct state_thread *thread_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT " COLUMNS " FROM threads WHERE serial=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get(stmt, thread_r, err);
}

int state_thread_anchored(struct state *state, int64_t message, int64_t after,
			  int64_t *serial_r, struct err *err)
{
	return sql_int(state_sql(state), err, serial_r,
		       "SELECT min(serial) FROM threads WHERE anchor=?"
		       " AND serial>?",
		       "ii", message, after);
}

int state_thread_anchor(struct state *state, int64_t serial, int64_t message,
			struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE threads SET anchor=?2 WHERE serial=?1", "ii",
		      serial, message);
}

int state_thread_flags(struct state *state, int64_t serial, unsigned flags,
		       struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE threads SET flags=?2 WHERE serial=?1", "ii",
		      serial, (int64_t)flags);
}
