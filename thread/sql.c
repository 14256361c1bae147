/* SPDX-License-Identifier: ISC */
#include "sql.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_MS = 10000, LOG_KEPT = 2 << 20 };

/* A log is not shortened while it is in use: its pages would be made anew.
 * Small pages, for each that a change touches goes into it whole; and not to
 * copy and sync them every hundred changes, as many as one piece of the log's
 * table of pages holds (4,062). */
#define SET_UP                                                                 \
	"PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=16777216;"         \
	"PRAGMA wal_autocheckpoint=4000;"                                      \
	"PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;"

struct sql {
	sqlite3 *db;          /* owned */
	GHashTable *prepared; /* owned; text -> sqlite3_stmt *, by address */
	bool whole;           /* made here: one file once it is closed */
};

/* What the system said, where it is the system that failed. */
static int system_code(sqlite3 *db)
{
	int code = sqlite3_system_errno(db);

	return code != 0 ? code : EIO;
}

/* Of a sync that failed in a COMMIT, which may be the first to tell of a full
 * disk, SQLite says less than what is in errno still. */
static int io_code(void)
{
	return errno == ENOSPC || errno == EDQUOT ? errno : EIO;
}

static int code_of(sqlite3 *db, int result)
{
	switch (result & 0xff) {
	case SQLITE_TOOBIG:
		return EFBIG;
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_CANTOPEN:
		return system_code(db);
	case SQLITE_IOERR:
		return io_code();
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return EBADMSG;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return EACCES;
	default:
		return EIO;
	}
}

int sql_err(struct sql *sql, struct err *err, const char *what)
{
	return err_set(err, code_of(sql->db, sqlite3_extended_errcode(sql->db)),
		       "%s: %s", what, sqlite3_errmsg(sql->db));
}

static void finalize(gpointer stmt)
{
	(void)sqlite3_finalize(stmt);
}

static int set_up(struct sql *sql, unsigned flags, struct err *err)
{
	(void)sqlite3_extended_result_codes(sql->db, 1);
	(void)sqlite3_busy_timeout(sql->db, BUSY_MS);
	if ((flags & SQL_CREATE) &&
	    sql_run(sql,
		    flags & SQL_FULL ? "PRAGMA page_size=2048"
				     : "PRAGMA page_size=4096",
		    err) < 0)
		return -1;
	if (sql_run(sql, SET_UP, err) < 0)
		return -1;
	return sql_run(sql,
		       flags & SQL_FULL ? "PRAGMA synchronous=FULL"
					: "PRAGMA synchronous=NORMAL",
		       err);
}

int sql_open(const char *path, unsigned flags, struct sql **sql_r,
	     struct err *err)
{
	AUTO(sql) struct sql *sql = g_new0(struct sql, 1);
	int mode = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

	/* Else each malloc of a connection would lock out those of all others
	 * to count it. Refused once SQLite is in use: then it was done. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sql->whole = (flags & SQL_CREATE) != 0;
	if (flags & SQL_CREATE)
		mode |= SQLITE_OPEN_CREATE;
	sql->prepared =
		g_hash_table_new_full(g_direct_hash, NULL, NULL, finalize);
	if (sqlite3_open_v2(path, &sql->db, mode, NULL) != SQLITE_OK)
		return sql_err(sql, err, path);
	if (set_up(sql, flags, err) < 0)
		return err_prefix(err, "%s", path);
	*sql_r = take(sql);
	return 0;
}

/* The last connection would copy the log into the database and sync both: five
 * of the syncs of a process that delivers one message. A short log stays. */
static void keep_short_log(struct sql *sql)
{
	const char *path = sqlite3_db_filename(sql->db, "main");
	AUTO(str) char *log = g_strconcat(path ? path : "", "-wal", NULL);
	struct stat st;

	if (stat(log, &st) == 0 && st.st_size < LOG_KEPT)
		(void)sqlite3_db_config(
			sql->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void sql_close(struct sql *sql)
{
	if (!sql)
		return;
	g_hash_table_unref(sql->prepared);
	if (sql->db && !sql->whole)
		keep_short_log(sql);
	(void)sqlite3_close(sql->db);
	g_free(sql);
}

int sql_attach(struct sql *sql, const char *path, const char *name,
	       struct err *err)
{
	char *text = sqlite3_mprintf("ATTACH %Q AS %s", path, name);
	int result = sql_run(sql, text, err);

	sqlite3_free(text);
	return result;
}

int sql_run(struct sql *sql, const char *text, struct err *err)
{
	errno = 0; /* for io_code() */
	if (sqlite3_exec(sql->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sql_err(sql, err, "database");
	return 0;
}

sqlite3_stmt *sql_prepare(struct sql *sql, const char *text, struct err *err)
{
	sqlite3_stmt *stmt = g_hash_table_lookup(sql->prepared, text);

	if (stmt) {
		(void)sqlite3_reset(stmt);
		(void)sqlite3_clear_bindings(stmt);
		return stmt;
	}
	if (sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT,
			       &stmt, NULL) != SQLITE_OK) {
		(void)sql_err(sql, err, "database");
		return NULL;
	}
	(void)g_hash_table_insert(sql->prepared, (gpointer)(uintptr_t)text,
				  stmt);
	return stmt;
}

static int bind_one(sqlite3_stmt *stmt, int i, char type, va_list *args)
{
	const void *data;
	size_t size;

	switch (type) {
	case 'i':
		return sqlite3_bind_int64(stmt, i, va_arg(*args, int64_t));
	case 't':
		return sqlite3_bind_text(stmt, i, va_arg(*args, const char *),
					 -1, SQLITE_STATIC);
	case 'b':
		data = va_arg(*args, const void *);
		size = va_arg(*args, size_t);
		return sqlite3_bind_blob64(stmt, i, data, size, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(stmt, i);
	}
}

static int bind_all(sqlite3_stmt *stmt, const char *types, va_list *args)
{
	for (int i = 1; *types; types++, i++)
		if (bind_one(stmt, i, *types, args) != SQLITE_OK)
			return -1;
	return 0;
}

int sql_bind(sqlite3_stmt *stmt, const char *types, ...)
{
	va_list args;
	int result;

	va_start(args, types);
	result = bind_all(stmt, types, &args);
	va_end(args);
	return result;
}

int sql_step(sqlite3_stmt *stmt, struct err *err)
{
	int result;

	errno = 0; /* for io_code() */
	result = sqlite3_step(stmt);
	if (result == SQLITE_ROW)
		return 1;
	if (result == SQLITE_DONE)
		return 0;
	return err_set(err, code_of(sqlite3_db_handle(stmt), result),
		       "database: %s", sqlite3_errmsg(sqlite3_db_handle(stmt)));
}

/* The statement with its parameters, or NULL. */
static sqlite3_stmt *prepare_bound(struct sql *sql, const char *text,
				   const char *types, va_list *args,
				   struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = sql_prepare(sql, text, err);

	if (stmt && bind_all(stmt, types, args) < 0) {
		(void)sql_err(sql, err, "database");
		return NULL;
	}
	return take(stmt);
}

int sql_do(struct sql *sql, struct err *err, const char *text,
	   const char *types, ...)
{
	AUTO(stmt) sqlite3_stmt *stmt = NULL;
	va_list args;

	va_start(args, types);
	stmt = prepare_bound(sql, text, types, &args, err);
	va_end(args);
	if (!stmt)
		return -1;
	return sql_step(stmt, err) < 0 ? -1 : 0;
}

int sql_int(struct sql *sql, struct err *err, int64_t *value_r,
	    const char *text, const char *types, ...)
{
	AUTO(stmt) sqlite3_stmt *stmt = NULL;
	va_list args;
	int more;

	va_start(args, types);
	stmt = prepare_bound(sql, text, types, &args, err);
	va_end(args);
	if (!stmt)
		return -1;
	more = sql_step(stmt, err);
	if (more <= 0)
		return more;
	if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		return 0;
	*value_r = sqlite3_column_int64(stmt, 0);
	return 1;
}

int sql_integers(sqlite3_stmt *stmt, GArray **values_r, struct err *err)
{
	AUTO(array)
	GArray *values = g_array_new(FALSE, FALSE, sizeof(int64_t));
	int more;

	while ((more = sql_step(stmt, err)) > 0) {
		int64_t value = sqlite3_column_int64(stmt, 0);

		(void)g_array_append_val(values, value);
	}
	if (more < 0)
		return -1;
	*values_r = take(values);
	return 0;
}

int sql_list(struct sql *sql, struct err *err, GArray **values_r,
	     const char *text, const char *types, ...)
{
	AUTO(stmt) sqlite3_stmt *stmt = NULL;
	va_list args;

	va_start(args, types);
	stmt = prepare_bound(sql, text, types, &args, err);
	va_end(args);
	if (!stmt)
		return -1;
	return sql_integers(stmt, values_r, err);
}

const char *sql_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return text ? (const char *)text : "";
}

void sql_copy_text(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
	(void)g_strlcpy(out, sql_text(stmt, column), size);
}

void sql_copy_blob(sqlite3_stmt *stmt, int column, void *out, size_t size)
{
	const void *data = sqlite3_column_blob(stmt, column);

	memset(out, 0, size);
	if (data && (size_t)sqlite3_column_bytes(stmt, column) == size)
		memcpy(out, data, size);
}

void sql_append_blob(sqlite3_stmt *stmt, int column, GByteArray *out)
{
	const void *data = sqlite3_column_blob(stmt, column);
	int size = sqlite3_column_bytes(stmt, column);

	if (data && size > 0)
		(void)g_byte_array_append(out, data, (guint)size);
}

int sql_begin(struct sql *sql, bool write, struct err *err)
{
	return sql_do(sql, err, write ? "BEGIN IMMEDIATE" : "BEGIN", "");
}

int sql_commit(struct sql *sql, struct err *err)
{
	if (sql_do(sql, err, "COMMIT", "") == 0)
		return 0;
	sql_rollback(sql);
	return -1;
}

void sql_rollback(struct sql *sql)
{
	if (sql_in_transaction(sql))
		(void)sql_do(sql, NULL, "ROLLBACK", "");
}

bool sql_in_transaction(const struct sql *sql)
{
	return !sqlite3_get_autocommit(sql->db);
}

int64_t sql_last_rowid(const struct sql *sql)
{
	return sqlite3_last_insert_rowid(sql->db);
}

sqlite3 *sql_handle(const struct sql *sql)
{
	return sql->db;
}
