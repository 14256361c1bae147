/* SPDX-License-Identifier: ISC */
/* Shared strands: what opens them, for whom they are, what stands in them. */
#include "state-circles.h"

#include <errno.h>
#include <string.h>

#include "sql.h"

void state_circle_release(struct state_circle *circle)
{
	if (circle->roots)
		g_array_unref(circle->roots);
	*circle = (struct state_circle){ 0 };
}

int state_circle_get(struct state *state, int64_t strand,
		     struct state_circle *circle_r, struct err *err)
{
	AUTO(bytes) GByteArray *roots = g_byte_array_new();
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT secret,closed,roots FROM circles WHERE strand=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", strand);
	found = sql_step(stmt, err);
	if (found <= 0)
		return found;
	circle_r->strand = strand;
	sql_copy_blob(stmt, 0, circle_r->secret, sizeof(circle_r->secret));
	circle_r->closed = sqlite3_column_int(stmt, 1) != 0;
	sql_append_blob(stmt, 2, roots);
	if (roots->len % sizeof(struct root_key) != 0)
		return err_set(err, EBADMSG, "state.db: members are damaged");
	circle_r->roots = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	if (roots->len > 0)
		(void)g_array_append_vals(circle_r->roots, roots->data,
					  roots->len / sizeof(struct root_key));
	return 1;
}

int state_circle_put(struct state *state, const struct state_circle *circle,
		     struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO circles VALUES(?,?,?,?)", "ibib",
		      circle->strand, circle->secret, sizeof(circle->secret),
		      (int64_t)circle->closed, circle->roots->data,
		      circle->roots->len * sizeof(struct root_key));
}

int state_circle_list(struct state *state, GArray **strands_r, struct err *err)
{
	return sql_list(state_sql(state), err, strands_r,
			"SELECT strand FROM circles ORDER BY strand", "");
}

int state_circle_any(struct state *state, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM circles LIMIT 1", "");
}

int state_standing_add(struct state *state, int64_t message, int64_t strand,
		       struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR IGNORE INTO standing VALUES(?,?)", "ii",
		      message, strand);
}

int state_standing_from(struct state *state, int64_t message, int64_t strand,
			struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE messages SET strand=?2 WHERE serial=?1", "ii",
		      message, strand);
}

int state_leaving_add(struct state *state, int64_t strand, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR IGNORE INTO leaving VALUES(?)", "i", strand);
}

int state_leaving_list(struct state *state, GArray **strands_r, struct err *err)
{
	return sql_list(state_sql(state), err, strands_r,
			"SELECT strand FROM leaving ORDER BY strand", "");
}

int state_leaving_drop(struct state *state, int64_t strand, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM leaving WHERE strand=?", "i", strand);
}

int state_standing_has(struct state *state, int64_t message, int64_t strand,
		       struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM standing WHERE message=? AND strand=?",
		       "ii", message, strand);
}

int state_standing_of(struct state *state, int64_t message, GArray **strands_r,
		      struct err *err)
{
	return sql_list(state_sql(state), err, strands_r,
			"SELECT strand FROM standing"
			" WHERE message=? ORDER BY strand",
			"i", message);
}

int state_standing_in(struct state *state, int64_t strand, GArray **messages_r,
		      struct err *err)
{
	return sql_list(state_sql(state), err, messages_r,
			"SELECT message FROM standing"
			" WHERE strand=? ORDER BY message",
			"i", strand);
}
