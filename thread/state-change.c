/* SPDX-License-Identifier: ISC */
/* Copies that change, come and go, and the serials they are given. */
#include "defms/state-copies.h"
#include "defms/state.h"

#include "sql.h"

int state_copy_flags(struct state *state, int64_t copy, unsigned flags,
		     struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE copies SET flags=?2 WHERE serial=?1", "ii", copy,
		      (int64_t)flags);
}

int state_copy_move(struct state *state, int64_t copy, bool is_new,
		    struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE copies SET is_new=?2 WHERE serial=?1", "ii", copy,
		      (int64_t)is_new);
}

int state_copy_put(struct state *state, const struct state_copy *copy,
		   struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE copies SET folder=?2, is_new=?3, flags=?4,"
		      " base=?5, suffix=?6, received=?7 WHERE serial=?1",
		      "iiiitti", copy->serial, copy->folder,
		      (int64_t)copy->is_new, (int64_t)copy->flags,
		      copy->base[0] ? copy->base : NULL,
		      copy->has_suffix ? copy->suffix : NULL, copy->received);
}

int state_copy_again(struct state *state, int64_t from, struct state_copy *copy,
		     struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "INSERT INTO copies(message,folder,is_new,crlf,flags,"
		   "received,raw_size,header_size,mbox_size,base,look,suffix)"
		   " SELECT message,?2,?3,crlf,?4,"
		   "received,raw_size,header_size,mbox_size,?5,look,?6"
		   " FROM copies WHERE serial=?1",
		   "iiiitt", from, copy->folder, (int64_t)copy->is_new,
		   (int64_t)copy->flags, copy->base[0] ? copy->base : NULL,
		   copy->has_suffix ? copy->suffix : NULL) < 0)
		return -1;
	copy->serial = sql_last_rowid(sql);
	return sql_do(sql, err,
		      "INSERT INTO traces SELECT ?2,data FROM traces"
		      " WHERE copy=?1",
		      "ii", from, copy->serial);
}

int state_copy_delete(struct state *state, int64_t copy, struct err *err)
{
	if (sql_do(state_sql(state), err, "DELETE FROM traces WHERE copy=?",
		   "i", copy) < 0)
		return -1;
	return sql_do(state_sql(state), err,
		      "DELETE FROM copies WHERE serial=?", "i", copy);
}

int state_copy_other(struct state *state, int64_t message, int64_t copy,
		     struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM copies WHERE message=? AND serial<>?"
		       " LIMIT 1",
		       "ii", message, copy);
}

/* -- serials --------------------------------------------------------------- */

/* SQLite's own note of the last one (AUTOINCREMENT), which has no row before
 * the first copy. */
int state_copy_last(struct state *state, int64_t *serial_r, struct err *err)
{
	*serial_r = 0;
	return sql_int(state_sql(state), err, serial_r,
		       "SELECT seq FROM sqlite_sequence WHERE name='copies'",
		       "") < 0
		       ? -1
		       : 0;
}

static int raise_last(struct state *state, int64_t last, int64_t count,
		      struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "INSERT INTO sqlite_sequence(name,seq) SELECT 'copies',0"
		   " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence"
		   " WHERE name='copies')",
		   "") < 0)
		return -1;
	return sql_do(sql, err,
		      "UPDATE sqlite_sequence SET seq=? WHERE name='copies'",
		      "i", last + count);
}

int state_copy_reserve(struct state *state, int64_t count, int64_t *first_r,
		       struct err *err)
{
	int64_t last;

	if (state_begin(state, true, err) < 0)
		return -1;
	if (state_copy_last(state, &last, err) < 0 ||
	    raise_last(state, last, count, err) < 0) {
		state_rollback(state);
		return -1;
	}
	*first_r = last + 1;
	return state_commit(state, err);
}
