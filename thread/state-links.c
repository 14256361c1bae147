/* SPDX-License-Identifier: ISC */
/* What the history says in `links`, by strand; sorted as the blob is. */
#include "defms/state.h"
#include "sql.h"

static int read_lines(sqlite3_stmt *held, GArray **strands_r,
		      GPtrArray **lines_r, struct err *err)
{
	AUTO(array)
	GArray *strands = g_array_new(FALSE, FALSE, sizeof(int64_t));
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int more;

	while ((more = sql_step(stmt, err)) > 0) {
		int64_t strand = sqlite3_column_int64(stmt, 0);

		(void)g_array_append_val(strands, strand);
		g_ptr_array_add(lines, g_strdup(sql_text(stmt, 1)));
	}
	if (more < 0)
		return -1;
	*strands_r = take(strands);
	*lines_r = take(lines);
	return 0;
}

int state_link_list(struct state *state, GArray **strands_r,
		    GPtrArray **lines_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 "SELECT strand,line FROM links"
					 " ORDER BY strand,line",
					 err);

	return stmt ? read_lines(stmt, strands_r, lines_r, err) : -1;
}

int state_link_of(struct state *state, int64_t strand, GPtrArray **lines_r,
		  struct err *err)
{
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 "SELECT line FROM links WHERE strand=?"
					 " ORDER BY line",
					 err);
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", strand);
	while ((more = sql_step(stmt, err)) > 0)
		g_ptr_array_add(lines, g_strdup(sql_text(stmt, 0)));
	if (more < 0)
		return -1;
	*lines_r = take(lines);
	return 0;
}

int state_link_has(struct state *state, const char *line, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM links WHERE line=? LIMIT 1", "t", line);
}

/* Lines are compared byte by byte, and UTF-8 has no byte that is greater than
 * the one in `end`. */
int state_link_strands(struct state *state, const char *start,
		       GArray **strands_r, GPtrArray **lines_r, struct err *err)
{
	AUTO(str) char *end = g_strconcat(start, "\xff", NULL);
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT strand,line FROM links WHERE line>=? AND line<?"
		" ORDER BY line,strand",
		err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "tt", start, end);
	return read_lines(stmt, strands_r, lines_r, err);
}

int state_link_any(struct state *state, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM links LIMIT 1", "");
}

/* Early databases of this version lack it; a transaction is open. */
static int make_index(struct state *state, struct err *err)
{
	return sql_run(state_sql(state),
		       "CREATE INDEX IF NOT EXISTS links_line ON links(line)",
		       err);
}

int state_link_add(struct state *state, int64_t strand, const char *line,
		   struct err *err)
{
	int64_t one;
	int found = sql_int(state_sql(state), err, &one,
			    "SELECT 1 FROM links WHERE strand=? AND line=?",
			    "it", strand, line);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (make_index(state, err) < 0)
		return -1;
	return sql_do(state_sql(state), err, "INSERT INTO links VALUES(?,?)",
		      "it", strand, line) < 0
		       ? -1
		       : 1;
}

int state_link_drop(struct state *state, int64_t strand, const char *line,
		    struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM links WHERE strand=? AND line=?", "it",
		      strand, line);
}
