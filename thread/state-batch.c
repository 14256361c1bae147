/* SPDX-License-Identifier: ISC */
/* What state.db remembers of its last batches, for an index that is behind. */
#include <string.h>

#include "defms/state.h"
#include "sql.h"

/* An index that lost more of them in a power failure is made anew. */
enum { REMEMBERED = 1000, NAME = 32 };

static void print_name(int64_t seq, char name[NAME])
{
	(void)g_snprintf(name, NAME, "batch-%" G_GINT64_FORMAT, seq);
}

int state_batch_id(struct state *state, int64_t seq, int64_t *id_r,
		   struct err *err)
{
	char name[NAME];

	print_name(seq, name);
	return state_get(state, name, id_r, err);
}

int state_batch_add(struct state *state, int64_t seq, struct err *err)
{
	int64_t id = (int64_t)g_random_int() << 31 | g_random_int() >> 1 | 1;
	char name[NAME];

	print_name(seq - REMEMBERED, name);
	if (sql_do(state_sql(state), err, "DELETE FROM meta WHERE name=?", "t",
		   name) < 0)
		return -1;
	print_name(seq, name);
	return state_set(state, name, id, err);
}

/* Early databases of this version lack it; a transaction is open. */
static int make_touched(struct state *state, struct err *err)
{
	return sql_run(state_sql(state),
		       "CREATE TABLE IF NOT EXISTS"
		       " touched(thread INTEGER PRIMARY KEY)",
		       err);
}

int state_touched_clear(struct state *state, struct err *err)
{
	if (make_touched(state, err) < 0)
		return -1;
	return sql_do(state_sql(state), err, "DELETE FROM touched", "");
}

int state_touched_add(struct state *state, int64_t thread, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR IGNORE INTO touched VALUES(?)", "i", thread);
}

int state_touched_list(struct state *state, GArray **threads_r, struct err *err)
{
	AUTO(array)
	GArray *threads = g_array_new(FALSE, FALSE, sizeof(int64_t));
	AUTO(stmt) sqlite3_stmt *stmt = NULL;
	int more;

	if (make_touched(state, err) < 0)
		return -1;
	stmt = sql_prepare(state_sql(state), "SELECT thread FROM touched", err);
	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0) {
		int64_t thread = sqlite3_column_int64(stmt, 0);

		(void)g_array_append_val(threads, thread);
	}
	if (more < 0)
		return -1;
	*threads_r = take(threads);
	return 0;
}
