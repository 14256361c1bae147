/* SPDX-License-Identifier: ISC */
/* Messages that gc erases. The row stays, with no strand and no copy: by it a
 * message that was removed is never brought back by coming in again. */
#include "defms/state.h"

#include "sql.h"

int state_erase_list(struct state *state, int64_t before, int64_t after,
		     GArray **messages_r, struct err *err)
{
	AUTO(array)
	GArray *messages =
		g_array_new(FALSE, FALSE, sizeof(struct state_message));
	/* What waits in the queue (queue.h) is still to be sent. Of a strand
	 * that is shared (kind 2) others may count on what stands in it. */
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT m.serial,m.hash,m.strand,m.flags,m.removed"
		" FROM messages m JOIN strands s ON s.serial=m.strand AND"
		" s.kind<>2 WHERE m.removed<>0 AND m.removed<=? AND m.strand>?"
		" AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.message="
		"m.serial AND q.state<4) ORDER BY m.strand,m.serial",
		err);
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "ii", before, after);
	while ((more = sql_step(stmt, err)) > 0) {
		struct state_message message;

		message.serial = sqlite3_column_int64(stmt, 0);
		sql_copy_blob(stmt, 1, &message.hash, sizeof(message.hash));
		message.strand = sqlite3_column_int64(stmt, 2);
		message.flags = (unsigned)sqlite3_column_int64(stmt, 3);
		message.removed = sqlite3_column_int64(stmt, 4);
		(void)g_array_append_val(messages, message);
	}
	if (more < 0)
		return -1;
	*messages_r = take(messages);
	return 0;
}

int state_erase(struct state *state, int64_t message, struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "DELETE FROM traces WHERE copy IN (SELECT serial FROM"
		   " copies WHERE message=?)",
		   "i", message) < 0 ||
	    sql_do(sql, err, "DELETE FROM copies WHERE message=?", "i",
		   message) < 0)
		return -1;
	return sql_do(sql, err,
		      "UPDATE messages SET strand=0, flags=0 WHERE serial=?",
		      "i", message);
}

int state_erase_names(struct state *state, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM gone WHERE EXISTS (SELECT 1 FROM messages m"
		      " WHERE m.serial=gone.message AND m.strand=0)",
		      "");
}
