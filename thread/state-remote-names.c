/* SPDX-License-Identifier: ISC */
#include "defms/state-remotes.h"
#include "sql.h"

int state_name_get(struct state *state, const char *remote, const char *name,
		   struct state_name *name_r, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT name,sequence,root,pinned FROM remote_names"
			    " WHERE remote=? AND name=?",
			    err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "tt", remote, name);
	found = sql_step(stmt, err);
	if (found <= 0)
		return found;
	sql_copy_text(stmt, 0, name_r->name, sizeof(name_r->name));
	name_r->sequence = sqlite3_column_int64(stmt, 1);
	sql_copy_blob(stmt, 2, &name_r->root, sizeof(name_r->root));
	name_r->pinned = sqlite3_column_int(stmt, 3) != 0;
	return 1;
}

int state_name_put(struct state *state, const char *remote,
		   const struct state_name *name, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO remote_names VALUES(?,?,?,?,?)",
		      "ttibi", remote, name->name, name->sequence, &name->root,
		      sizeof(name->root), (int64_t)name->pinned);
}

int state_name_clear(struct state *state, const char *remote, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM remote_names WHERE remote=?", "t", remote);
}
