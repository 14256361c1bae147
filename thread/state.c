/* SPDX-License-Identifier: ISC */
/* The schema of state.db, and its small tables. */
#include "defms/state.h"
#include "defms/state-copies.h"
#include "defms/state-mount.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sql.h"
#include "state-imap-schema.h"
#include "state-remotes-schema.h"
#include "state-share-schema.h"

enum { VERSION = 4 };

struct state {
	struct sql *sql; /* owned */
};

static const char schema[] =
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER)"
	" WITHOUT ROWID;"
	"CREATE TABLE strands(serial INTEGER PRIMARY KEY, id BLOB UNIQUE,"
	" kind INTEGER, generation INTEGER, tip BLOB, chain INTEGER,"
	" first_date INTEGER, first_id BLOB);"
	"CREATE TABLE runs(seq INTEGER PRIMARY KEY, id INTEGER);"
	"CREATE TABLE moves(strand INTEGER PRIMARY KEY);"
	"CREATE TABLE packs(name TEXT PRIMARY KEY, joined INTEGER DEFAULT 0)"
	" WITHOUT ROWID;"
	"CREATE TABLE messages(serial INTEGER PRIMARY KEY AUTOINCREMENT,"
	" hash BLOB UNIQUE, strand INTEGER, flags INTEGER DEFAULT 0,"
	" removed INTEGER DEFAULT 0);"
	"CREATE TABLE folders(serial INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT UNIQUE, new_time INTEGER DEFAULT 0,"
	" cur_time INTEGER DEFAULT 0);"
	"CREATE TABLE copies(serial INTEGER PRIMARY KEY AUTOINCREMENT,"
	" message INTEGER, folder INTEGER, is_new INTEGER, crlf INTEGER,"
	" flags INTEGER, received INTEGER, raw_size INTEGER,"
	" header_size INTEGER, mbox_size INTEGER, base TEXT,"
	" look INTEGER, suffix TEXT);"
	"CREATE INDEX copies_message ON copies(message, folder, look);"
	"CREATE INDEX copies_folder ON copies(folder, is_new);"
	"CREATE INDEX copies_base ON copies(folder, base)"
	" WHERE base IS NOT NULL;"
	"CREATE TABLE traces(copy INTEGER PRIMARY KEY, data BLOB);"
	"CREATE TABLE threads(serial INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT UNIQUE, anchor INTEGER, flags INTEGER DEFAULT 0);"
	"CREATE INDEX threads_anchor ON threads(anchor);"
	"CREATE TABLE sources(path TEXT, how TEXT, device INTEGER,"
	" inode INTEGER, size INTEGER, mtime INTEGER, ctime INTEGER,"
	" PRIMARY KEY(path, how)) WITHOUT ROWID;"
	"CREATE TABLE links(strand INTEGER, line TEXT,"
	" PRIMARY KEY(strand, line)) WITHOUT ROWID;"
	"CREATE INDEX links_line ON links(line);"
	"CREATE TABLE queue(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" message INTEGER, copy INTEGER, state INTEGER, created INTEGER,"
	" due INTEGER, attempts INTEGER DEFAULT 0, sender TEXT, reason TEXT,"
	" source BLOB UNIQUE);"
	"CREATE INDEX queue_open ON queue(id) WHERE state<4;"
	"CREATE INDEX queue_message ON queue(message) WHERE state<5;"
	"CREATE TABLE recipients(queue INTEGER, address TEXT, place INTEGER,"
	" state INTEGER, reason TEXT, PRIMARY KEY(queue, address))"
	" WITHOUT ROWID;"
	"CREATE TABLE searches(query TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE arrived(file TEXT PRIMARY KEY) WITHOUT ROWID;";

#define NOTE_GONE                                                              \
	"INSERT INTO gone(copy,message,folder,is_new,flags,received,base,"     \
	"suffix) VALUES(old.serial,old.message,old.folder,old.is_new,"         \
	"old.flags,old.received,old.base,old.suffix);"                         \
	"DELETE FROM gone WHERE seq<=(SELECT max(seq) FROM gone)-100000;"

/* Whoever knows the names of copies is to learn that they are no more, whatever
 * did it. */
static const char gone_schema[] =
	"CREATE TABLE gone(seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" copy INTEGER, message INTEGER, folder INTEGER, is_new INTEGER,"
	" flags INTEGER, received INTEGER, base TEXT, suffix TEXT);"
	"CREATE TRIGGER copies_moved AFTER UPDATE OF folder ON copies"
	" WHEN old.folder<>new.folder BEGIN " NOTE_GONE "END;"
	"CREATE TRIGGER copies_deleted AFTER DELETE ON copies BEGIN " NOTE_GONE
	"END;";

int state_create(const char *path, struct err *err)
{
	AUTO(sql) struct sql *sql = NULL;
	struct stat st;

	if (stat(path, &st) == 0)
		return err_set(err, EEXIST, "%s: there is one already", path);
	if (sql_open(path, SQL_CREATE | SQL_FULL, &sql, err) < 0 ||
	    sql_begin(sql, true, err) < 0 || sql_run(sql, schema, err) < 0 ||
	    sql_run(sql, gone_schema, err) < 0 ||
	    sql_run(sql, state_imap_schema, err) < 0 ||
	    sql_run(sql, state_share_schema, err) < 0 ||
	    sql_run(sql, state_locked_schema, err) < 0 ||
	    sql_run(sql, state_remotes_schema, err) < 0 ||
	    /* An index's number is drawn at random, so that two mailboxes that
	     * share a cache directory never take each other's. */
	    sql_do(sql, err, "INSERT INTO meta VALUES('index',?)", "i",
		   (int64_t)g_random_int() << 16) < 0 ||
	    sql_commit(sql, err) < 0)
		return -1;
	if (chmod(path, 0600) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

/* Format 3 lacks two tables, which fill by and by. Another process may do the
 * same at this moment. */
static int upgrade(struct sql *sql, struct err *err)
{
	int64_t version = 0;

	if (sql_begin(sql, true, err) < 0)
		return -1;
	if (sql_int(sql, err, &version, "PRAGMA user_version", "") >= 0 &&
	    (version == VERSION ||
	     (sql_run(sql, gone_schema, err) == 0 &&
	      sql_run(sql, state_locked_schema, err) == 0)))
		return sql_commit(sql, err);
	sql_rollback(sql);
	return -1;
}

int state_open(const char *path, struct state **state_r, struct err *err)
{
	AUTO(state) struct state *state = g_new0(struct state, 1);
	int64_t version = 0;

	if (sql_open(path, SQL_FULL, &state->sql, err) < 0)
		return -1;
	if (sql_int(state->sql, err, &version, "PRAGMA user_version", "") < 0)
		return err_prefix(err, "%s", path);
	if (version > VERSION)
		return err_set(err, EPROTO,
			       "%s: made by a newer defms (format %d, this one "
			       "knows %d)",
			       path, (int)version, VERSION);
	if (version < 1)
		return err_set(err, EBADMSG, "%s: not a defms database", path);
	if (version < 3)
		return err_set(err, EPROTO,
			       "%s: made by a defms before its first release "
			       "(format %d, this one knows %d); import again",
			       path, (int)version, VERSION);
	if (version < VERSION && upgrade(state->sql, err) < 0)
		return err_prefix(err, "%s", path);
	*state_r = take(state);
	return 0;
}

int state_be_small(struct state *state, struct err *err)
{
	return sql_run(state->sql, "PRAGMA cache_size=-512", err);
}

int state_relax(struct state *state, struct err *err)
{
	return sql_run(state->sql, "PRAGMA synchronous=NORMAL", err);
}

int state_be_strict(struct state *state, struct err *err)
{
	return sql_run(state->sql, "PRAGMA synchronous=FULL", err);
}

void state_close(struct state *state)
{
	if (!state)
		return;
	sql_close(state->sql);
	g_free(state);
}

struct sql *state_sql(struct state *state)
{
	return state->sql;
}

int state_begin(struct state *state, bool write, struct err *err)
{
	return sql_begin(state->sql, write, err);
}

int state_commit(struct state *state, struct err *err)
{
	return sql_commit(state->sql, err);
}

void state_rollback(struct state *state)
{
	sql_rollback(state->sql);
}

int state_save(struct state *state, struct err *err)
{
	return sql_do(state->sql, err, "SAVEPOINT one", "");
}

int state_keep(struct state *state, struct err *err)
{
	return sql_do(state->sql, err, "RELEASE one", "");
}

int state_undo(struct state *state, struct err *err)
{
	if (sql_do(state->sql, err, "ROLLBACK TO one", "") < 0)
		return -1;
	return state_keep(state, err);
}

int state_get(struct state *state, const char *name, int64_t *value_r,
	      struct err *err)
{
	*value_r = 0;
	return sql_int(state->sql, err, value_r,
		       "SELECT value FROM meta WHERE name=?", "t", name) < 0
		       ? -1
		       : 0;
}

int state_set(struct state *state, const char *name, int64_t value,
	      struct err *err)
{
	return sql_do(state->sql, err,
		      "INSERT INTO meta VALUES(?1,?2) ON CONFLICT(name)"
		      " DO UPDATE SET value=?2",
		      "ti", name, value);
}

/* -- folders --------------------------------------------------------------- */

static void read_folder(sqlite3_stmt *stmt, struct state_folder *folder)
{
	folder->serial = sqlite3_column_int64(stmt, 0);
	folder->new_time = sqlite3_column_int64(stmt, 1);
	folder->cur_time = sqlite3_column_int64(stmt, 2);
	sql_copy_text(stmt, 3, folder->name, sizeof(folder->name));
}

static int get_folder(sqlite3_stmt *held, struct state_folder *folder_r,
		      struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0)
		read_folder(stmt, folder_r);
	return found;
}

int state_folder_find(struct state *state, const char *name, bool create,
		      struct state_folder *folder_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state->sql,
		"SELECT serial,new_time,cur_time,name FROM folders WHERE"
		" name=?",
		err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "t", name);
	found = get_folder(stmt, folder_r, err);
	if (found != 0 || !create)
		return found;
	if (sql_do(state->sql, err, "INSERT INTO folders(name) VALUES(?)", "t",
		   name) < 0)
		return -1;
	return state_folder_find(state, name, false, folder_r, err);
}

int state_folder_get(struct state *state, int64_t serial,
		     struct state_folder *folder_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state->sql,
		"SELECT serial,new_time,cur_time,name FROM folders WHERE"
		" serial=?",
		err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get_folder(stmt, folder_r, err);
}

int state_folder_next(struct state *state, int64_t after,
		      struct state_folder *folder_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state->sql,
		"SELECT serial,new_time,cur_time,name FROM folders WHERE"
		" serial>? ORDER BY serial LIMIT 1",
		err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", after);
	return get_folder(stmt, folder_r, err);
}

int state_folder_touch(struct state *state, int64_t folder, bool new_too,
		       bool cur_too, int64_t now, struct err *err)
{
	return sql_do(state->sql, err,
		      "UPDATE folders SET"
		      " new_time=CASE WHEN ?2 THEN max(?4,new_time+1)"
		      " ELSE new_time END,"
		      " cur_time=CASE WHEN ?3 THEN max(?4,cur_time+1)"
		      " ELSE cur_time END WHERE serial=?1",
		      "iiii", folder, (int64_t)new_too, (int64_t)cur_too, now);
}

int state_folder_rename(struct state *state, int64_t folder, const char *name,
			struct err *err)
{
	return sql_do(state->sql, err,
		      "UPDATE folders SET name=?2 WHERE serial=?1", "it",
		      folder, name);
}

int state_folder_used(struct state *state, int64_t folder, struct err *err)
{
	int64_t one;

	return sql_int(state->sql, err, &one,
		       "SELECT 1 FROM copies c JOIN messages m"
		       " ON m.serial=c.message AND m.removed=0"
		       " WHERE c.folder=? LIMIT 1",
		       "i", folder);
}

int state_folder_delete(struct state *state, int64_t folder, int64_t instead,
			struct err *err)
{
	if (sql_do(state->sql, err,
		   "UPDATE copies SET folder=?2 WHERE folder=?1", "ii", folder,
		   instead) < 0)
		return -1;
	return sql_do(state->sql, err, "DELETE FROM folders WHERE serial=?",
		      "i", folder);
}

/* -- sources --------------------------------------------------------------- */

int state_source_known(struct state *state, const struct state_source *source,
		       struct err *err)
{
	int64_t one;

	return sql_int(state->sql, err, &one,
		       "SELECT 1 FROM sources WHERE path=? AND how=? AND"
		       " device=? AND inode=? AND size=? AND mtime=? AND"
		       " ctime=?",
		       "ttiiiii", source->path, source->how,
		       (int64_t)source->device, (int64_t)source->inode,
		       (int64_t)source->size, source->mtime, source->ctime);
}

int state_source_last(struct state *state, const struct state_source *source,
		      int64_t *ctime_r, struct err *err)
{
	return sql_int(state->sql, err, ctime_r,
		       "SELECT ctime FROM sources WHERE path=? AND how=? AND"
		       " device=? AND inode=?",
		       "ttii", source->path, source->how,
		       (int64_t)source->device, (int64_t)source->inode);
}

int state_source_put(struct state *state, const struct state_source *source,
		     struct err *err)
{
	return sql_do(state->sql, err,
		      "INSERT OR REPLACE INTO sources VALUES(?,?,?,?,?,?,?)",
		      "ttiiiii", source->path, source->how,
		      (int64_t)source->device, (int64_t)source->inode,
		      (int64_t)source->size, source->mtime, source->ctime);
}
