/* SPDX-License-Identifier: ISC */
/* Threads in the index. Their names stand in state.db. */
#include "index-row.h"
#include "sql.h"

#define COLUMNS                                                                \
	"t.serial,t.joined,t.seq,t.changed,t.live,t.first_date,t.last_date,"   \
	"n.name"
#define TABLES " FROM threads t JOIN state.threads n ON n.serial=t.serial "

static void read_thread(sqlite3_stmt *stmt, struct index_thread *thread)
{
	thread->serial = sqlite3_column_int64(stmt, 0);
	thread->joined = sqlite3_column_int64(stmt, 1);
	thread->seq = sqlite3_column_int64(stmt, 2);
	thread->changed = sqlite3_column_int64(stmt, 3);
	thread->live = sqlite3_column_int64(stmt, 4);
	thread->first_date = sqlite3_column_int64(stmt, 5);
	thread->last_date = sqlite3_column_int64(stmt, 6);
	sql_copy_text(stmt, 7, thread->name, sizeof(thread->name));
}

static int get(sqlite3_stmt *held, struct index_thread *thread_r,
	       struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0)
		read_thread(stmt, thread_r);
	return found;
}

int index_thread_get(struct index *index, int64_t serial,
		     struct index_thread *thread_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(index_sql(index),
			    "SELECT " COLUMNS TABLES "WHERE t.serial=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get(stmt, thread_r, err);
}

int index_thread_range(struct index *index, int64_t after, int64_t limit,
		       GArray **threads_r, struct err *err)
{
	AUTO(array)
	GArray *threads =
		g_array_new(FALSE, FALSE, sizeof(struct index_thread));
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(index_sql(index),
			    "SELECT " COLUMNS TABLES
			    "WHERE t.serial>? AND (t.joined<>0 OR t.live>0)"
			    " ORDER BY t.serial LIMIT ?",
			    err);
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "ii", after, limit);
	while ((more = sql_step(stmt, err)) > 0) {
		struct index_thread thread;

		read_thread(stmt, &thread);
		(void)g_array_append_val(threads, thread);
	}
	if (more < 0)
		return -1;
	*threads_r = take(threads);
	return 0;
}

int index_thread_named(struct index *index, const char *name,
		       struct index_thread *thread_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(index_sql(index),
					 "SELECT " COLUMNS
					 " FROM state.threads n JOIN threads t"
					 " ON t.serial=n.serial WHERE n.name=?",
					 err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "t", name);
	return get(stmt, thread_r, err);
}

int index_thread_changed(struct index *index, int64_t seq, GArray **threads_r,
			 struct err *err)
{
	return sql_list(
		index_sql(index), err, threads_r,
		/* "+": by seq, and then sorted, not through all threads. */
		"SELECT serial FROM threads WHERE seq>? ORDER BY +serial", "i",
		seq);
}

int index_places(struct index *index, int64_t thread, int64_t seq,
		 GArray **messages_r, struct err *err)
{
	return sql_list(index_sql(index), err, messages_r,
			"SELECT message FROM places WHERE thread=? AND seq>?",
			"ii", thread, seq);
}

int index_thread_count(struct index *index, int64_t *count_r,
		       int64_t *changed_r, struct err *err)
{
	struct sql *sql = index_sql(index);

	*count_r = *changed_r = 0;
	if (sql_int(sql, err, count_r,
		    "SELECT value FROM meta WHERE name='threads'", "") < 0 ||
	    sql_int(sql, err, changed_r,
		    "SELECT value FROM meta WHERE name='changed'", "") < 0)
		return -1;
	return 0;
}
