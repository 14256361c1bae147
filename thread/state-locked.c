/* SPDX-License-Identifier: ISC */
#include "state-bad.h"

#include "sql.h"
#include "state-share-schema.h"

enum { LOCKED_MOST = 100000 };

const char state_locked_schema[] =
	"CREATE TABLE IF NOT EXISTS locked(keys BLOB PRIMARY KEY,"
	" generations INTEGER, time INTEGER) WITHOUT ROWID;"
	"PRAGMA user_version=4;";

int state_locked_get(struct state *state, const struct object_id *keys,
		     int64_t generations, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM locked WHERE keys=? AND generations=?",
		       "bi", keys, sizeof(*keys), generations);
}

int state_locked_put(struct state *state, const struct object_id *keys,
		     int64_t generations, int64_t now, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO locked VALUES(?,?,?)", "bii",
		      keys, sizeof(*keys), generations, now);
}

int state_locked_trim(struct state *state, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM locked WHERE keys IN (SELECT keys FROM"
		      " locked ORDER BY time DESC,keys LIMIT -1 OFFSET ?)",
		      "i", (int64_t)LOCKED_MOST);
}
