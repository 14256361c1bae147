/* SPDX-License-Identifier: ISC */
/* Which UID is which copy. A copy is bound to one UID at most, of one account:
 * whose deletion and flags it follows. */
#include "defms/state-imap.h"

#include <string.h>

#include "sql.h"

#define ROW "SELECT folder,uid,copy,flags FROM imap_uids WHERE "
#define GONE "SELECT folder,0,copy,flags FROM imap_gone WHERE "

static void read_row(sqlite3_stmt *stmt, struct state_imap_uid *row)
{
	row->folder = sqlite3_column_int64(stmt, 0);
	row->uid = (uint32_t)sqlite3_column_int64(stmt, 1);
	row->copy = sqlite3_column_int64(stmt, 2);
	row->flags = (unsigned)sqlite3_column_int64(stmt, 3);
}

static int get_row(sqlite3_stmt *held, struct state_imap_uid *row_r,
		   struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0)
		read_row(stmt, row_r);
	return found;
}

static int list_rows(sqlite3_stmt *held, GArray **rows_r, struct err *err)
{
	AUTO(array)
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct state_imap_uid));
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int more;

	while ((more = sql_step(stmt, err)) > 0) {
		struct state_imap_uid row;

		read_row(stmt, &row);
		(void)g_array_append_val(rows, row);
	}
	if (more < 0)
		return -1;
	*rows_r = take(rows);
	return 0;
}

int state_imap_uid_get(struct state *state, int64_t folder, uint32_t uid,
		       struct state_imap_uid *row_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state), ROW "folder=? AND uid=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "ii", folder, (int64_t)uid);
	return get_row(stmt, row_r, err);
}

int state_imap_uid_of(struct state *state, int64_t copy,
		      struct state_imap_uid *row_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state), ROW "copy=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", copy);
	return get_row(stmt, row_r, err);
}

int state_imap_uid_range(struct state *state, int64_t folder,
			 const uint32_t range[2], int64_t limit,
			 GArray **rows_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		ROW "folder=? AND uid BETWEEN ? AND ? ORDER BY uid LIMIT ?",
		err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "iiii", folder, (int64_t)range[0], (int64_t)range[1],
		 limit);
	return list_rows(stmt, rows_r, err);
}

int state_imap_uid_put(struct state *state, const struct state_imap_uid *row,
		       struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "UPDATE imap_uids SET copy=NULL WHERE copy=?1"
		   " AND NOT (folder=?2 AND uid=?3)",
		   "iii", row->copy, row->folder, (int64_t)row->uid) < 0 ||
	    sql_do(sql, err,
		   "INSERT INTO imap_uids VALUES(?1,?2,?3,?4)"
		   " ON CONFLICT(folder,uid) DO UPDATE SET copy=?3,flags=?4",
		   "iiii", row->folder, (int64_t)row->uid, row->copy,
		   (int64_t)row->flags) < 0 ||
	    state_imap_gone_drop(state, row->copy, err) < 0 ||
	    state_imap_pending_drop(state, row->copy, err) < 0)
		return -1;
	return state_imap_settle(state, row->copy, err);
}

int state_imap_uid_drop(struct state *state, int64_t folder, uint32_t uid,
			struct err *err)
{
	struct state_imap_uid row = { 0 };
	int found = state_imap_uid_get(state, folder, uid, &row, err);

	if (found <= 0)
		return found;
	if (sql_do(state_sql(state), err,
		   "DELETE FROM imap_uids WHERE folder=? AND uid=?", "ii",
		   folder, (int64_t)uid) < 0)
		return -1;
	if (row.copy == 0)
		return 0;
	if (state_imap_touch(state, row.copy, err) < 0)
		return -1;
	return state_imap_settle(state, row.copy, err);
}

int state_imap_uid_doomed(struct state *state, int64_t folder, GArray **rows_r,
			  struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 ROW "folder=? AND copy IS NULL", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", folder);
	return list_rows(stmt, rows_r, err);
}

/* -- gone ------------------------------------------------------------------ */

int state_imap_gone_add(struct state *state, const struct state_imap_uid *row,
			struct err *err)
{
	struct sql *sql = state_sql(state);

	if (row->copy != 0 &&
	    sql_do(sql, err, "INSERT INTO imap_gone VALUES(?,?,?)", "iii",
		   row->copy, row->folder, (int64_t)row->flags) < 0)
		return -1;
	return sql_do(sql, err,
		      "DELETE FROM imap_uids WHERE folder=? AND uid=?", "ii",
		      row->folder, (int64_t)row->uid);
}

int state_imap_gone_all(struct state *state, int64_t folder, struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "INSERT INTO imap_gone SELECT copy,folder,flags FROM"
		   " imap_uids WHERE folder=? AND copy IS NOT NULL",
		   "i", folder) < 0)
		return -1;
	return sql_do(sql, err, "DELETE FROM imap_uids WHERE folder=?", "i",
		      folder);
}

int state_imap_gone_of(struct state *state, int64_t copy,
		       struct state_imap_uid *row_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state), GONE "copy=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", copy);
	return get_row(stmt, row_r, err);
}

int state_imap_gone_range(struct state *state, int64_t folder, int64_t after,
			  int64_t limit, GArray **rows_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		GONE "folder=? AND copy>? ORDER BY copy LIMIT ?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "iii", folder, after, limit);
	return list_rows(stmt, rows_r, err);
}

int state_imap_gone_drop(struct state *state, int64_t copy, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM imap_gone WHERE copy=?", "i", copy);
}

/* -- pending --------------------------------------------------------------- */

int state_imap_pending_add(struct state *state, int64_t copy, int64_t folder,
			   struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO imap_pending VALUES(?,?)", "ii",
		      copy, folder);
}

int state_imap_pending_has(struct state *state, int64_t copy, int64_t folder,
			   struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM imap_pending WHERE copy=? AND folder=?",
		       "ii", copy, folder);
}

int state_imap_pending_drop(struct state *state, int64_t copy, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM imap_pending WHERE copy=?", "i", copy);
}

/* -- unbound --------------------------------------------------------------- */

/* "+" keeps SQLite at the copies of the message, of which there are few. */
int state_imap_unbound(struct state *state,
		       const struct state_imap_folder *folder,
		       const struct state_copy *like, GArray **serials_r,
		       struct err *err)
{
	return sql_list(state_sql(state), err, serials_r,
			"SELECT c.serial,c.folder<>?3 FROM copies c"
			" LEFT JOIN imap_gone g ON g.copy=c.serial"
			" LEFT JOIN imap_folders f ON f.serial=g.folder"
			" WHERE c.message=?1 AND +c.look=?2"
			" AND (CASE WHEN EXISTS(SELECT 1 FROM imap_uids u"
			"  WHERE u.copy=c.serial)"
			" THEN EXISTS(SELECT 1 FROM imap_pending p"
			"  WHERE p.copy=c.serial AND p.folder=?5)"
			" ELSE c.folder=?3 OR f.account=?4 END)"
			" ORDER BY 2,1",
			"iiiii", like->message, like->look, folder->folder,
			folder->account, folder->serial);
}
