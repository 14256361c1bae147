/* SPDX-License-Identifier: ISC */
#include "sql.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store-test.h"

static struct sql *open_new(const char *folder)
{
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);
	struct sql *sql = NULL;
	struct err err = { 0 };

	if (sql_open(path, SQL_CREATE, &sql, &err) < 0 ||
	    sql_run(sql, "CREATE TABLE t(a INTEGER PRIMARY KEY, b)", &err) <
		    0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return sql;
}

static int64_t count(struct sql *sql)
{
	struct err err = { 0 };
	int64_t number = -1;

	CHECK_INT(sql_int(sql, &err, &number, "SELECT count(*) FROM t", ""), 1);
	return number;
}

TEST(a_statement_is_prepared_once)
{
	static const char text[] = "SELECT ?1", other[] = "SELECT ?1+1";
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_new(folder);
	struct err err = { 0 };
	sqlite3_stmt *first = sql_prepare(sql, text, &err);

	CHECK(first != NULL);
	CHECK(sql_prepare(sql, other, &err) != first);
	sql_bind(first, "i", (int64_t)7);
	CHECK_INT(sql_step(first, &err), 1);
	CHECK_INT(sqlite3_column_int64(first, 0), 7);
	/* In the middle of its rows: reset, and nothing is bound. */
	CHECK(sql_prepare(sql, text, &err) == first);
	CHECK(!sqlite3_stmt_busy(first));
	CHECK_INT(sql_step(first, &err), 1);
	CHECK_INT(sqlite3_column_type(first, 0), SQLITE_NULL);
	CHECK_INT(sql_step(first, &err), 0);
}

TEST(a_held_statement_is_reset_when_it_is_left)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_new(folder);
	struct err err = { 0 };
	sqlite3_stmt *seen;

	{
		AUTO(stmt)
		sqlite3_stmt *stmt =
			sql_prepare(sql, "SELECT 1 UNION SELECT 2", &err);

		seen = stmt;
		CHECK_INT(sql_step(stmt, &err), 1);
		CHECK(sqlite3_stmt_busy(stmt));
	}
	CHECK(!sqlite3_stmt_busy(seen));
}

TEST(what_is_bound_comes_back)
{
	static const uint8_t blob[] = { 0, 255, 0, 1 };
	static const int64_t numbers[] = { 0, -1, INT64_MAX, INT64_MIN };
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_new(folder);
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err = { 0 };
	uint8_t four[4], five[5];
	char text[4];
	sqlite3_stmt *stmt;

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		int64_t number = 5;

		CHECK_INT(sql_int(sql, &err, &number, "SELECT ?", "i",
				  numbers[i]),
			  1);
		CHECK(number == numbers[i]);
	}
	stmt = sql_prepare(sql, "SELECT ?,?,?,?,?,typeof(?4),typeof(?5)", &err);
	sql_bind(stmt, "tbntb", "caf\xc3\xa9", blob, sizeof(blob), NULL, NULL,
		 (size_t)0);
	CHECK_INT(sql_step(stmt, &err), 1);
	CHECK_STR(sql_text(stmt, 0), "caf\xc3\xa9");
	sql_copy_text(stmt, 0, text, sizeof(text));
	CHECK_STR(text, "caf");
	sql_copy_blob(stmt, 1, four, sizeof(four));
	CHECK_MEM(four, blob, sizeof(blob));
	/* One of another size is none. */
	memset(five, 9, sizeof(five));
	sql_copy_blob(stmt, 1, five, sizeof(five));
	CHECK_MEM(five, "\0\0\0\0\0", sizeof(five));
	sql_append_blob(stmt, 1, out);
	sql_append_blob(stmt, 2, out);
	sql_append_blob(stmt, 1, out);
	CHECK_INT(out->len, 2 * sizeof(blob));
	CHECK_MEM(out->data + 4, blob, sizeof(blob));
	CHECK_STR(sql_text(stmt, 2), "");
	CHECK_STR(sql_text(stmt, 3), "");
	CHECK_STR(sql_text(stmt, 5), "null");
}

TEST(an_integer_is_found_or_there_is_none)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_new(folder);
	struct err err = { 0 };
	int64_t number = 5;

	CHECK_INT(sql_int(sql, &err, &number, "SELECT b FROM t WHERE a=?", "i",
			  (int64_t)1),
		  0);
	CHECK_INT(sql_do(sql, &err, "INSERT INTO t VALUES(?,?)", "in",
			 (int64_t)1),
		  0);
	CHECK_INT(sql_last_rowid(sql), 1);
	CHECK_INT(sql_int(sql, &err, &number, "SELECT b FROM t WHERE a=1", ""),
		  0);
	CHECK_INT(number, 5);
	CHECK_INT(sql_int(sql, &err, &number, "SELECT nowhere FROM t", ""), -1);
	CHECK_INT(err.code, EIO);
	CHECK_STR(err.text, "database: no such column: nowhere");
	/* What failed once can be done again. */
	CHECK_INT(
		sql_do(sql, &err, "INSERT INTO t VALUES(?,1)", "i", (int64_t)1),
		-1);
	CHECK_STR(err.text, "database: UNIQUE constraint failed: t.a");
	CHECK_INT(
		sql_do(sql, &err, "INSERT INTO t VALUES(?,1)", "i", (int64_t)2),
		0);
	CHECK_INT(count(sql), 2);
}

TEST(a_transaction_is_whole_or_nothing)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_new(folder);
	struct err err = { 0 };

	CHECK(!sql_in_transaction(sql));
	CHECK_INT(sql_begin(sql, true, &err), 0);
	CHECK(sql_in_transaction(sql));
	CHECK_INT(sql_begin(sql, true, &err), -1);
	CHECK_INT(sql_run(sql, "INSERT INTO t VALUES(1,1)", &err), 0);
	sql_rollback(sql);
	CHECK(!sql_in_transaction(sql));
	sql_rollback(sql);
	CHECK_INT(count(sql), 0);
	CHECK_INT(sql_begin(sql, false, &err), 0);
	CHECK_INT(sql_run(sql, "INSERT INTO t VALUES(1,1)", &err), 0);
	CHECK_INT(sql_commit(sql, &err), 0);
	CHECK_INT(sql_commit(sql, &err), -1);
	CHECK_INT(count(sql), 1);
}

/* One writer at a time; who reads does not wait and sees what was committed. */
TEST(a_second_writer_is_told_that_it_is_busy)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);
	AUTO(sql) struct sql *one = open_new(folder);
	AUTO(sql) struct sql *two = NULL;
	struct err err = { 0 };

	CHECK_INT(sql_open(path, 0, &two, &err), 0);
	(void)sqlite3_busy_timeout(sql_handle(two), 0);
	CHECK_INT(sql_begin(one, true, &err), 0);
	CHECK_INT(sql_run(one, "INSERT INTO t VALUES(1,1)", &err), 0);
	CHECK_INT(sql_begin(two, true, &err), -1);
	CHECK_INT(err.code, EBUSY);
	CHECK(err_is_temporary(&err));
	CHECK_INT(count(two), 0);
	CHECK_INT(sql_do(two, &err, "INSERT INTO t VALUES(2,2)", ""), -1);
	CHECK_INT(err.code, EBUSY);
	/* It began to read before the other committed: too old to write. */
	CHECK_INT(sql_begin(two, false, &err), 0);
	CHECK_INT(count(two), 0);
	CHECK_INT(sql_commit(one, &err), 0);
	CHECK_INT(count(two), 0);
	CHECK_INT(sql_do(two, &err, "INSERT INTO t VALUES(2,2)", ""), -1);
	CHECK_INT(err.code, EBUSY);
	CHECK_INT(sql_commit(two, &err), 0);
	CHECK_INT(count(two), 1);
	CHECK_INT(sql_do(two, &err, "INSERT INTO t VALUES(2,2)", ""), 0);
	CHECK_INT(count(one), 2);
}

TEST(what_is_not_there_is_not_made)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);
	AUTO(str) char *below = g_build_filename(folder, "none/x.db", NULL);
	AUTO(sql) struct sql *sql = NULL;
	struct err err = { 0 };

	CHECK_INT(sql_open(path, 0, &sql, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK(g_str_has_prefix(err.text, path));
	CHECK_INT(access(path, F_OK), -1);
	CHECK_INT(sql_open(below, SQL_CREATE, &sql, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK(sql == NULL);
}

TEST(a_file_that_is_no_database_is_damaged)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);
	AUTO(str) char *text = g_strnfill(20000, 'x');
	AUTO(sql) struct sql *sql = NULL;
	struct err err = { 0 };

	CHECK(g_file_set_contents(path, text, -1, NULL));
	CHECK_INT(sql_open(path, 0, &sql, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	CHECK(g_str_has_prefix(err.text, path));
	CHECK(sql == NULL);
}

/* Whatever page is overwritten: rows or EBADMSG, and the program lives. */
TEST(a_damaged_page_is_told)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);
	int damaged = 0;
	struct stat st;

	sql_close(open_new(folder));
	for (long page = 0; page < 8; page++) {
		AUTO(sql) struct sql *sql = NULL;
		struct err err = { 0 };
		int64_t sum = 0;
		int result;

		CHECK_INT(shell("rm -f %s*", path), 0);
		sql = open_new(folder);
		CHECK_INT(sql_run(sql,
				  "INSERT INTO t WITH RECURSIVE n(i) AS"
				  " (VALUES(1) UNION ALL SELECT i+1 FROM n"
				  " WHERE i<60) SELECT i,zeroblob(999) FROM n",
				  &err),
			  0);
		sql_close(take(sql));
		CHECK_INT(stat(path, &st), 0);
		CHECK(st.st_size >= 8 * 8192);
		CHECK_INT(shell("yes | dd of=%s bs=8192 count=1 seek=%ld "
				"iflag=fullblock conv=notrunc status=none",
				path, page),
			  0);
		result = sql_open(path, 0, &sql, &err);
		if (result == 0)
			result = sql_int(sql, &err, &sum,
					 "SELECT sum(length(b)) FROM t", "");
		if (result < 0)
			CHECK_INT(err.code, EBADMSG);
		else
			CHECK_INT(sum, 60 * 999);
		damaged += result < 0;
	}
	CHECK(damaged >= 7);
}

/* As another user, for root may write anywhere. */
static int as_nobody(const char *path)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct sql *sql = NULL;
		struct err err = { 0 };
		int result;

		if (getuid() == 0 && setuid(65534) < 0)
			_exit(0);
		result = sql_open(path, 0, &sql, &err);
		if (result == 0)
			result = sql_do(sql, &err, "INSERT INTO t VALUES(9,9)",
					"");
		_exit(result < 0 ? err.code : 0);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(a_folder_that_may_not_be_written_is_told)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);

	sql_close(open_new(folder));
	CHECK_INT(shell("chmod 0444 %s && chmod 0555 %s", path, folder), 0);
	CHECK_INT(as_nobody(path), EACCES);
	CHECK_INT(shell("chmod 0755 %s", folder), 0);
}

TEST(a_full_disk_is_told_and_nothing_is_lost)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_new(folder);
	struct err err = { 0 };

	CHECK_INT(sql_run(sql, "INSERT INTO t VALUES(1,1)", &err), 0);
	CHECK_INT(sql_run(sql, "PRAGMA max_page_count=4", &err), 0);
	CHECK_INT(sql_begin(sql, true, &err), 0);
	CHECK_INT(sql_do(sql, &err, "INSERT INTO t VALUES(2,zeroblob(99999))",
			 ""),
		  -1);
	CHECK_INT(err.code, ENOSPC);
	sql_rollback(sql);
	CHECK_INT(count(sql), 1);
}

TEST(another_database_is_attached_whatever_it_is_called)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str)
	char *quoted = g_build_filename(folder, "it's \"x\".db", NULL);
	AUTO(str) char *none = g_build_filename(folder, "none", "x", NULL);
	AUTO(sql) struct sql *other = NULL;
	AUTO(sql) struct sql *sql = open_new(folder);
	struct err err = { 0 };
	int64_t number = 0;

	CHECK_INT(sql_open(quoted, SQL_CREATE, &other, &err), 0);
	CHECK_INT(sql_run(other, "CREATE TABLE u(v); INSERT INTO u VALUES(7)",
			  &err),
		  0);
	CHECK_INT(sql_attach(sql, quoted, "state", &err), 0);
	CHECK_INT(sql_int(sql, &err, &number, "SELECT v FROM state.u", ""), 1);
	CHECK_INT(number, 7);
	CHECK_INT(sql_attach(sql, none, "more", &err), -1);
	CHECK_INT(err.code, ENOENT);
}

TEST(what_is_closed_is_one_file_where_it_was_made)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);
	struct sql *sql = open_new(folder);
	struct err err = { 0 };

	CHECK_INT(sql_run(sql, "INSERT INTO t VALUES(1,1)", &err), 0);
	sql_close(sql);
	CHECK_INT(shell("test \"$(ls %s)\" = x.db", folder), 0);
	/* A short log stays, and is read again. */
	CHECK_INT(sql_open(path, SQL_FULL, &sql, &err), 0);
	CHECK_INT(sql_run(sql, "INSERT INTO t VALUES(2,2)", &err), 0);
	sql_close(sql);
	CHECK_INT(shell("test -s %s-wal", path), 0);
	CHECK_INT(sql_open(path, 0, &sql, &err), 0);
	CHECK_INT(count(sql), 2);
	sql_close(sql);
	sql_close(NULL);
}
