/* SPDX-License-Identifier: ISC */
/* What the mount keeps in state.db. */
#include "defms/state-mount.h"
#include "defms/state.h"

#include "sql.h"

int state_search_add(struct state *state, const char *query, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR IGNORE INTO searches VALUES(?)", "t", query);
}

int state_search_drop(struct state *state, const char *query, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM searches WHERE query=?", "t", query);
}

int state_search_list(struct state *state, GPtrArray **queries_r,
		      struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT query FROM searches ORDER BY query", err);
	AUTO(ptrs) GPtrArray *queries = g_ptr_array_new_with_free_func(g_free);
	int more;

	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0)
		g_ptr_array_add(queries, g_strdup(sql_text(stmt, 0)));
	if (more < 0)
		return -1;
	*queries_r = take(queries);
	return 0;
}

int state_arrived_add(struct state *state, const char *file, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR IGNORE INTO arrived VALUES(?)", "t", file);
}

int state_arrived_has(struct state *state, const char *file, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM arrived WHERE file=?", "t", file);
}

int state_arrived_clear(struct state *state, struct err *err)
{
	return sql_do(state_sql(state), err, "DELETE FROM arrived", "");
}
