/* SPDX-License-Identifier: ISC */
/* What state.db remembers of its last batches, for an index that is behind. All
 * that each batch writes of it stands in one page. */
#include <string.h>

#include "defms/state-batch.h"
#include "defms/state.h"
#include "sql.h"

/* An index that is at none of them any more is made anew. */
enum { REMEMBERED = 1000 };

int state_run_of(struct state *state, int64_t seq, int64_t *run_r,
		 struct err *err)
{
	*run_r = 0;
	return sql_int(state_sql(state), err, run_r,
		       "SELECT id FROM runs WHERE seq<=?"
		       " ORDER BY seq DESC LIMIT 1",
		       "i", seq) < 0
		       ? -1
		       : 0;
}

int state_run_on(struct state *state, int64_t seq, int64_t run, struct err *err)
{
	int64_t last;

	if (state_run_of(state, seq, &last, err) < 0)
		return -1;
	if (last == run)
		return 0;
	if (sql_do(state_sql(state), err, "INSERT INTO runs VALUES(?,?)", "ii",
		   seq, run) < 0)
		return -1;
	return sql_do(state_sql(state), err,
		      "DELETE FROM runs WHERE seq<=(SELECT seq FROM runs"
		      " ORDER BY seq DESC LIMIT 1 OFFSET ?)",
		      "i", (int64_t)REMEMBERED);
}

int state_touched_set(struct state *state, int64_t seq, const GArray *threads,
		      struct err *err)
{
	AUTO(array)
	GArray *packed =
		g_array_sized_new(FALSE, FALSE, sizeof(int64_t), threads->len);

	for (guint i = 0; i < threads->len; i++) {
		int64_t thread =
			GINT64_TO_LE(g_array_index(threads, int64_t, i));

		(void)g_array_append_val(packed, thread);
	}
	if (packed->len == 0)
		return sql_do(state_sql(state), err,
			      "INSERT INTO meta VALUES('seq',?),('threads',?)"
			      " ON CONFLICT(name) DO UPDATE SET"
			      " value=excluded.value",
			      "ib", seq, "", (size_t)0);
	return sql_do(state_sql(state), err,
		      "INSERT INTO meta VALUES('seq',?1),('threads',?2),"
		      "('" STATE_TOUCHED "',?1) ON CONFLICT(name) DO UPDATE"
		      " SET value=excluded.value",
		      "ib", seq, packed->data, packed->len * sizeof(int64_t));
}

int state_touched_list(struct state *state, GArray **threads_r, struct err *err)
{
	AUTO(array)
	GArray *threads = g_array_new(FALSE, FALSE, sizeof(int64_t));
	AUTO(bytes) GByteArray *packed = g_byte_array_new();
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT value FROM meta WHERE name='threads'", err);
	int found;

	if (!stmt)
		return -1;
	found = sql_step(stmt, err);
	if (found < 0)
		return -1;
	if (found > 0)
		sql_append_blob(stmt, 0, packed);
	for (guint i = 0; i + sizeof(int64_t) <= packed->len;
	     i += sizeof(int64_t)) {
		int64_t thread;

		memcpy(&thread, packed->data + i, sizeof(thread));
		thread = GINT64_FROM_LE(thread);
		(void)g_array_append_val(threads, thread);
	}
	*threads_r = take(threads);
	return 0;
}
