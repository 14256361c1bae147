/* SPDX-License-Identifier: ISC */
#include "sql.h"

#include "store-test.h"

/* With a limit that a test can reach; SQLite's own is 10^9. */
static struct sql *open_small(const char *folder)
{
	AUTO(str) char *path = g_build_filename(folder, "x.db", NULL);
	struct sql *sql = NULL;
	struct err err = { 0 };

	if (sql_open(path, SQL_CREATE, &sql, &err) < 0 ||
	    sql_run(sql, "CREATE TABLE t(a, b, c)", &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	(void)sqlite3_limit(sql_handle(sql), SQLITE_LIMIT_LENGTH, 1000);
	return sql;
}

/* It was stored as null, without a word. */
TEST(what_is_too_long_is_an_error_and_not_stored)
{
	static const char insert[] = "INSERT INTO t VALUES(?,?,?)";
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_small(folder);
	AUTO(str) char *text = g_strnfill(1001, 'x');
	sqlite3_stmt *stmt;
	int64_t count = 0;
	struct err err = { 0 };

	CHECK_INT(
		sql_do(sql, &err, insert, "iti", (int64_t)1, text, (int64_t)2),
		-1);
	CHECK_INT(err.code, EFBIG);
	err.code = 0;
	CHECK_INT(sql_do(sql, &err, insert, "iib", (int64_t)1, (int64_t)2, text,
			 (size_t)1001),
		  -1);
	CHECK_INT(err.code, EFBIG);
	CHECK_INT(sql_int(sql, &err, &count, "SELECT ?", "t", text), -1);
	stmt = sql_prepare(sql, insert, &err);
	CHECK_INT(sql_bind(stmt, "iti", (int64_t)1, text, (int64_t)2), -1);
	CHECK_INT(sql_bind(stmt, "iti", (int64_t)1, "x", (int64_t)2), 0);
	CHECK_INT(sql_step(stmt, &err), 0);
	(void)sqlite3_reset(stmt);
	/* Each fits, the row does not. */
	text[600] = '\0';
	CHECK_INT(sql_do(sql, &err, insert, "itt", (int64_t)1, text, text), -1);
	CHECK_INT(err.code, EFBIG);
	CHECK_INT(sql_int(sql, &err, &count, "SELECT count(*) FROM t", ""), 1);
	CHECK_INT(count, 1);
}

TEST(the_first_column_of_all_rows_is_a_list)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_small(folder);
	AUTO(array) GArray *values = NULL;
	AUTO(array) GArray *none = NULL;
	struct err err = { 0 };

	CHECK_INT(sql_run(sql, "INSERT INTO t VALUES(3,0,0),(1,0,0),(2,1,0)",
			  &err),
		  0);
	CHECK_INT(sql_list(sql, &err, &values,
			   "SELECT a FROM t WHERE b=? ORDER BY a", "i",
			   (int64_t)0),
		  0);
	CHECK_INT(values->len, 2);
	CHECK_INT(g_array_index(values, int64_t, 0), 1);
	CHECK_INT(g_array_index(values, int64_t, 1), 3);
	CHECK_INT(sql_list(sql, &err, &none, "SELECT a FROM t WHERE b=7", ""),
		  0);
	CHECK_INT(none->len, 0);
}

TEST(a_list_that_fails_half_way_is_none)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(sql) struct sql *sql = open_small(folder);
	GArray *values = NULL;
	struct err err = { 0 };

	CHECK_INT(sql_run(sql, "INSERT INTO t VALUES(1,0,0),(2,0,0)", &err), 0);
	CHECK_INT(sql_list(sql, &err, &values,
			   "SELECT CASE a WHEN 1 THEN 1 ELSE"
			   " abs(-9223372036854775807-1) END FROM t ORDER BY a",
			   ""),
		  -1);
	CHECK(!values);
	CHECK(err.text[0]);
}
