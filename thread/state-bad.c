/* SPDX-License-Identifier: ISC */
/* Tips that were offered and not taken, and why. */
#include "state-bad.h"

#include "sql.h"

enum { BAD_MOST = 10000 };

void state_bad_release(struct state_bad *bad)
{
	g_free(bad->remote);
	g_free(bad->reason);
	*bad = (struct state_bad){ 0 };
}

static void release(gpointer bad)
{
	state_bad_release(bad);
}

static void read_bad(sqlite3_stmt *stmt, struct state_bad *bad)
{
	sql_copy_blob(stmt, 0, &bad->tip, sizeof(bad->tip));
	bad->remote = g_strdup(sql_text(stmt, 1));
	bad->reason = g_strdup(sql_text(stmt, 2));
	bad->when = sqlite3_column_int64(stmt, 3);
	bad->final = sqlite3_column_int(stmt, 4) != 0;
}

#define COLUMNS "tip,remote,reason,time,final"

int state_bad_get(struct state *state, const struct object_id *tip,
		  struct state_bad *bad_r, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " COLUMNS " FROM bad WHERE tip=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "b", tip, sizeof(*tip));
	found = sql_step(stmt, err);
	if (found > 0)
		read_bad(stmt, bad_r);
	return found;
}

int state_bad_put(struct state *state, const struct state_bad *bad,
		  struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO bad VALUES(?,?,?,?,?)", "bttii",
		      &bad->tip, sizeof(bad->tip), bad->remote, bad->reason,
		      bad->when, (int64_t)bad->final);
}

int state_bad_trim(struct state *state, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM bad WHERE tip IN (SELECT tip FROM bad"
		      " ORDER BY time DESC,tip LIMIT -1 OFFSET ?)",
		      "i", (int64_t)BAD_MOST);
}

int state_bad_drop(struct state *state, const struct object_id *tip,
		   struct err *err)
{
	return sql_do(state_sql(state), err, "DELETE FROM bad WHERE tip=?", "b",
		      tip, sizeof(*tip));
}

int state_bad_list(struct state *state, GArray **bads_r, struct err *err)
{
	AUTO(array)
	GArray *bads = g_array_new(FALSE, FALSE, sizeof(struct state_bad));
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT " COLUMNS " FROM bad ORDER BY time,tip", err);
	int more;

	g_array_set_clear_func(bads, release);
	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0) {
		struct state_bad bad;

		read_bad(stmt, &bad);
		(void)g_array_append_val(bads, bad);
	}
	if (more < 0)
		return -1;
	*bads_r = take(bads);
	return 0;
}
