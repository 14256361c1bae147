/* SPDX-License-Identifier: ISC */
/* Accounts, their folders, and what has changed here.
 *
 * What a sync has to push is never looked for among all copies: triggers note
 * each copy whose folder, flags or being changes, whoever changes it. They are
 * asleep while there is no account. */
#include "defms/state-imap.h"

#include <string.h>

#include "sql.h"
#include "state-imap-schema.h"

#define WITH_ACCOUNT "EXISTS(SELECT 1 FROM imap_accounts)"
#define NOTE(serial)                                                           \
	" BEGIN INSERT OR IGNORE INTO imap_changed VALUES(" serial "); END;"

const char state_imap_schema[] =
	"CREATE TABLE IF NOT EXISTS imap_accounts("
	" serial INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,"
	" synced INTEGER DEFAULT 0, problem TEXT DEFAULT '');"
	"CREATE TABLE IF NOT EXISTS imap_folders("
	" serial INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER,"
	" folder INTEGER, uidvalidity INTEGER, uidnext INTEGER,"
	" modseq INTEGER, messages INTEGER DEFAULT 0,"
	" gone INTEGER DEFAULT 0, name TEXT, raw TEXT);"
	"CREATE INDEX IF NOT EXISTS imap_folders_folder"
	" ON imap_folders(folder);"
	"CREATE TABLE IF NOT EXISTS imap_uids(folder INTEGER, uid INTEGER,"
	" copy INTEGER, flags INTEGER, PRIMARY KEY(folder, uid))"
	" WITHOUT ROWID;"
	"CREATE UNIQUE INDEX IF NOT EXISTS imap_uids_copy ON imap_uids(copy)"
	" WHERE copy IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS imap_uids_doomed ON imap_uids(folder)"
	" WHERE copy IS NULL;"
	"CREATE TABLE IF NOT EXISTS imap_gone(copy INTEGER PRIMARY KEY,"
	" folder INTEGER, flags INTEGER);"
	"CREATE INDEX IF NOT EXISTS imap_gone_folder"
	" ON imap_gone(folder, copy);"
	"CREATE TABLE IF NOT EXISTS imap_pending(copy INTEGER PRIMARY KEY,"
	" folder INTEGER);"
	"CREATE TABLE IF NOT EXISTS imap_changed(copy INTEGER PRIMARY KEY);"
	"CREATE TRIGGER IF NOT EXISTS imap_uids_more AFTER INSERT ON imap_uids"
	" BEGIN UPDATE imap_folders SET messages=messages+1"
	" WHERE serial=new.folder; END;"
	"CREATE TRIGGER IF NOT EXISTS imap_uids_less AFTER DELETE ON imap_uids"
	" BEGIN UPDATE imap_folders SET messages=messages-1"
	" WHERE serial=old.folder; END;"
	"CREATE TRIGGER IF NOT EXISTS imap_gone_more AFTER INSERT ON imap_gone"
	" BEGIN UPDATE imap_folders SET gone=gone+1"
	" WHERE serial=new.folder; END;"
	"CREATE TRIGGER IF NOT EXISTS imap_gone_less AFTER DELETE ON imap_gone"
	" BEGIN UPDATE imap_folders SET gone=gone-1"
	" WHERE serial=old.folder; END;"
	"CREATE TRIGGER IF NOT EXISTS imap_copy_comes AFTER INSERT ON copies"
	" WHEN " WITH_ACCOUNT NOTE(
		"new.serial") "CREATE TRIGGER IF NOT EXISTS imap_copy_changes"
			      " AFTER UPDATE OF folder, flags ON copies WHEN"
			      " (old.folder<>new.folder OR "
			      "old.flags<>new.flags)"
			      " AND " WITH_ACCOUNT NOTE(
				      "new.serial") "CREATE TRIGGER IF NOT "
						    "EXISTS imap_copy_goes "
						    "AFTER DELETE ON copies"
						    " WHEN " WITH_ACCOUNT NOTE(
							    "old.serial") "CREA"
									  "TE "
									  "TRIG"
									  "GER "
									  "IF "
									  "NOT "
									  "EXIS"
									  "TS "
									  "imap"
									  "_mes"
									  "sage"
									  "_goe"
									  "s"
									  " AFT"
									  "ER "
									  "UPDA"
									  "TE "
									  "OF "
									  "remo"
									  "ved "
									  "ON "
									  "mess"
									  "ages"
									  " WHE"
									  "N"
									  " ("
									  "old."
									  "remo"
									  "ved="
									  "0)<>"
									  "(new"
									  ".rem"
									  "oved"
									  "=0) "
									  "AND"
									  " " WITH_ACCOUNT
									  " BEG"
									  "IN "
									  "INSE"
									  "RT "
									  "OR "
									  "IGNO"
									  "RE "
									  "INTO"
									  " ima"
									  "p_"
									  "chan"
									  "ged"
									  " SEL"
									  "ECT "
									  "seri"
									  "al "
									  "FROM"
									  " cop"
									  "ies "
									  "WHER"
									  "E "
									  "mess"
									  "age="
									  "new."
									  "seri"
									  "al; "
									  "END"
									  ";";

/* -- accounts -------------------------------------------------------------- */

/* Has this database the tables? 1/0/-1. */
static int has_tables(struct state *state, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM sqlite_master"
		       " WHERE name='imap_message_goes'",
		       "");
}

int state_imap_account(struct state *state, const char *name, bool create,
		       int64_t *serial_r, struct err *err)
{
	struct sql *sql = state_sql(state);
	int found = has_tables(state, err);

	if (found < 0 || (found == 0 && !create))
		return found;
	if (found == 0 && sql_run(sql, state_imap_schema, err) < 0)
		return -1;
	found = sql_int(sql, err, serial_r,
			"SELECT serial FROM imap_accounts WHERE name=?", "t",
			name);
	if (found != 0 || !create)
		return found;
	if (sql_do(sql, err, "INSERT INTO imap_accounts(name) VALUES(?)", "t",
		   name) < 0)
		return -1;
	*serial_r = sql_last_rowid(sql);
	return 1;
}

int state_imap_account_get(struct state *state, const char *name,
			   struct state_imap_account *account_r,
			   struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = NULL;
	int found = has_tables(state, err);

	if (found <= 0)
		return found;
	stmt = sql_prepare(state_sql(state),
			   "SELECT serial,synced,problem FROM imap_accounts"
			   " WHERE name=?",
			   err);
	if (!stmt)
		return -1;
	sql_bind(stmt, "t", name);
	found = sql_step(stmt, err);
	if (found <= 0)
		return found;
	account_r->serial = sqlite3_column_int64(stmt, 0);
	account_r->synced = sqlite3_column_int64(stmt, 1);
	sql_copy_text(stmt, 2, account_r->problem, sizeof(account_r->problem));
	return 1;
}

int state_imap_account_put(struct state *state,
			   const struct state_imap_account *account,
			   struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE imap_accounts SET synced=?2,problem=?3"
		      " WHERE serial=?1",
		      "iit", account->serial, account->synced,
		      account->problem);
}

/* -- folders --------------------------------------------------------------- */

#define FOLDER                                                                 \
	"SELECT serial,account,folder,uidvalidity,uidnext,modseq,messages,"    \
	"gone,name,raw FROM imap_folders WHERE "

static int get_folder(sqlite3_stmt *held, struct state_imap_folder *folder_r,
		      struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found <= 0)
		return found;
	folder_r->serial = sqlite3_column_int64(stmt, 0);
	folder_r->account = sqlite3_column_int64(stmt, 1);
	folder_r->folder = sqlite3_column_int64(stmt, 2);
	folder_r->uidvalidity = (uint32_t)sqlite3_column_int64(stmt, 3);
	folder_r->uidnext = (uint32_t)sqlite3_column_int64(stmt, 4);
	folder_r->modseq = (uint64_t)sqlite3_column_int64(stmt, 5);
	folder_r->messages = sqlite3_column_int64(stmt, 6);
	folder_r->gone = sqlite3_column_int64(stmt, 7);
	sql_copy_text(stmt, 8, folder_r->name, sizeof(folder_r->name));
	sql_copy_text(stmt, 9, folder_r->raw, sizeof(folder_r->raw));
	return 1;
}

int state_imap_folder_next(struct state *state, int64_t account, int64_t after,
			   struct state_imap_folder *folder_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    FOLDER "(?1=0 OR account=?1) AND serial>?2"
				   " ORDER BY serial LIMIT 1",
			    err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "ii", account, after);
	return get_folder(stmt, folder_r, err);
}

int state_imap_folder_get(struct state *state, int64_t serial,
			  struct state_imap_folder *folder_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state), FOLDER "serial=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get_folder(stmt, folder_r, err);
}

int state_imap_folder_of(struct state *state, int64_t account, int64_t folder,
			 struct state_imap_folder *folder_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 FOLDER "account=? AND folder=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "ii", account, folder);
	return get_folder(stmt, folder_r, err);
}

static int add_folder(struct state *state, struct state_imap_folder *folder,
		      struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "INSERT INTO imap_folders(account,folder,uidvalidity,"
		   "uidnext,modseq,name,raw) VALUES(?,?,?,?,?,?,?)",
		   "iiiiitt", folder->account, folder->folder,
		   (int64_t)folder->uidvalidity, (int64_t)folder->uidnext,
		   (int64_t)folder->modseq, folder->name, folder->raw) < 0)
		return -1;
	folder->serial = sql_last_rowid(sql);
	return sql_do(sql, err,
		      "INSERT OR IGNORE INTO imap_changed"
		      " SELECT serial FROM copies WHERE folder=?",
		      "i", folder->folder);
}

int state_imap_folder_put(struct state *state, struct state_imap_folder *folder,
			  struct err *err)
{
	if (folder->serial == 0)
		return add_folder(state, folder, err);
	return sql_do(state_sql(state), err,
		      "UPDATE imap_folders SET folder=?2,uidvalidity=?3,"
		      "uidnext=?4,modseq=?5,name=?6,raw=?7 WHERE serial=?1",
		      "iiiiitt", folder->serial, folder->folder,
		      (int64_t)folder->uidvalidity, (int64_t)folder->uidnext,
		      (int64_t)folder->modseq, folder->name, folder->raw);
}

int state_imap_folder_drop(struct state *state, int64_t serial, struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "INSERT OR IGNORE INTO imap_changed SELECT copy FROM"
		   " imap_uids WHERE folder=? AND copy IS NOT NULL",
		   "i", serial) < 0 ||
	    sql_do(sql, err, "DELETE FROM imap_uids WHERE folder=?", "i",
		   serial) < 0 ||
	    sql_do(sql, err, "DELETE FROM imap_gone WHERE folder=?", "i",
		   serial) < 0 ||
	    sql_do(sql, err, "DELETE FROM imap_pending WHERE folder=?", "i",
		   serial) < 0)
		return -1;
	return sql_do(sql, err, "DELETE FROM imap_folders WHERE serial=?", "i",
		      serial);
}

/* -- what has changed here ------------------------------------------------- */

static void read_change(sqlite3_stmt *stmt, struct state_imap_change *change)
{
	*change = (struct state_imap_change){
		.copy = sqlite3_column_int64(stmt, 0),
		.here = sqlite3_column_int(stmt, 1) != 0,
		.folder = sqlite3_column_int64(stmt, 2),
		.flags = (unsigned)sqlite3_column_int(stmt, 3),
		.gone = sqlite3_column_int(stmt, 4) != 0,
		.account = sqlite3_column_int64(stmt, 8),
	};
	change->row.folder = sqlite3_column_int64(stmt, 5);
	change->row.uid = (uint32_t)sqlite3_column_int64(stmt, 6);
	change->row.flags = (unsigned)sqlite3_column_int64(stmt, 7);
	change->row.copy = change->row.uid != 0 ? change->copy : 0;
}

/* No table: no changes. */
static int list_changes(struct state *state, int64_t after, int64_t limit,
			GArray *changes, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT d.copy,coalesce(m.removed=0,0),c.folder,c.flags,"
		"g.copy IS NOT NULL,coalesce(u.folder,g.folder),u.uid,"
		"coalesce(u.flags,g.flags),f.account"
		" FROM imap_changed d LEFT JOIN copies c ON c.serial=d.copy"
		" LEFT JOIN messages m ON m.serial=c.message"
		" LEFT JOIN imap_uids u ON u.copy=d.copy"
		" LEFT JOIN imap_gone g ON g.copy=d.copy"
		" LEFT JOIN imap_folders f"
		" ON f.serial=coalesce(u.folder,g.folder)"
		" WHERE d.copy>? ORDER BY d.copy LIMIT ?",
		err);
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "ii", after, limit);
	while ((more = sql_step(stmt, err)) > 0) {
		struct state_imap_change change;

		read_change(stmt, &change);
		(void)g_array_append_val(changes, change);
	}
	return more;
}

int state_imap_changes(struct state *state, int64_t after, int64_t limit,
		       GArray **changes_r, struct err *err)
{
	AUTO(array)
	GArray *changes =
		g_array_new(FALSE, FALSE, sizeof(struct state_imap_change));
	int found = has_tables(state, err);

	if (found > 0)
		found = list_changes(state, after, limit, changes, err);
	if (found < 0)
		return -1;
	*changes_r = take(changes);
	return 0;
}

int state_imap_touch(struct state *state, int64_t copy, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR IGNORE INTO imap_changed VALUES(?)", "i",
		      copy);
}

int state_imap_settle(struct state *state, int64_t copy, struct err *err)
{
	return sql_do(
		state_sql(state), err,
		"DELETE FROM imap_changed WHERE copy=?1 AND CASE"
		" WHEN EXISTS(SELECT 1 FROM copies c JOIN messages m"
		"  ON m.serial=c.message AND m.removed=0 WHERE c.serial=?1)"
		" THEN EXISTS(SELECT 1 FROM copies c JOIN imap_uids u"
		"  ON u.copy=c.serial AND u.flags=c.flags JOIN imap_folders f"
		"  ON f.serial=u.folder AND f.folder=c.folder"
		"  WHERE c.serial=?1)"
		" OR NOT (EXISTS(SELECT 1 FROM imap_uids WHERE copy=?1)"
		"  OR EXISTS(SELECT 1 FROM imap_gone WHERE copy=?1)"
		"  OR EXISTS(SELECT 1 FROM copies c JOIN imap_folders f"
		"   ON f.folder=c.folder WHERE c.serial=?1))"
		" ELSE NOT EXISTS(SELECT 1 FROM imap_uids WHERE copy=?1)"
		" END",
		"i", copy);
}

/* -- check ----------------------------------------------------------------- */

static int collect(struct sql *sql, const char *text, GPtrArray *problems,
		   struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = sql_prepare(sql, text, err);
	int more;

	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0)
		g_ptr_array_add(problems, g_strdup(sql_text(stmt, 0)));
	return more;
}

int state_imap_check(struct state *state, GPtrArray *problems, struct err *err)
{
	static const char *const queries[] = {
		"SELECT 'imap: UID '||uid||': folder '||folder||' is not there'"
		" FROM imap_uids"
		" WHERE folder NOT IN (SELECT serial FROM imap_folders)",
		"SELECT 'imap: copy '||copy||' is gone from a folder '||folder"
		"||' that is not there' FROM imap_gone"
		" WHERE folder NOT IN (SELECT serial FROM imap_folders)",
		"SELECT 'imap: copy '||u.copy||' is not what its UID says, and"
		" not noted' FROM imap_uids u JOIN imap_folders f"
		" ON f.serial=u.folder WHERE u.copy IS NOT NULL AND NOT EXISTS"
		" (SELECT 1 FROM copies c JOIN messages m ON m.serial=c.message"
		"  AND m.removed=0 WHERE c.serial=u.copy AND c.flags=u.flags"
		"  AND c.folder=f.folder)"
		" AND u.copy NOT IN (SELECT copy FROM imap_changed)",
		"SELECT 'imap: folder '||name||': its UIDs are not '||messages"
		" FROM imap_folders f WHERE messages<>(SELECT count(*) FROM"
		" imap_uids u WHERE u.folder=f.serial)",
	};
	int found = has_tables(state, err);

	if (found <= 0)
		return found;
	for (size_t i = 0; i < G_N_ELEMENTS(queries); i++)
		if (collect(state_sql(state), queries[i], problems, err) < 0)
			return -1;
	return 0;
}
