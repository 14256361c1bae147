/* SPDX-License-Identifier: ISC */
/* Each query gives a line for what should not be. */
#include "state-check.h"

#include <string.h>

#include "defms/state-imap.h"
#include "sql.h"

static int collect(struct sql *sql, const char *text, GPtrArray *problems,
		   struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = sql_prepare(sql, text, err);
	int more;

	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0)
		if (strcmp(sql_text(stmt, 0), "ok") != 0)
			g_ptr_array_add(problems, g_strdup(sql_text(stmt, 0)));
	return more;
}

int state_check_run(struct sql *sql, const char *const *queries, size_t count,
		    GPtrArray *problems, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (collect(sql, queries[i], problems, err) < 0)
			return -1;
	return 0;
}

int state_check(struct state *state, GPtrArray *problems, struct err *err)
{
	static const char *const queries[] = {
		"PRAGMA integrity_check(20)",
		"SELECT 'message '||lower(hex(hash))||': its strand is not "
		"there' FROM messages"
		" WHERE strand NOT IN (SELECT serial FROM strands) AND"
		" (strand<>0 OR removed=0)",
		"SELECT 'copy '||serial||': its message '||message||' is not"
		" there' FROM copies"
		" WHERE message NOT IN (SELECT serial FROM messages)",
		"SELECT 'copy '||serial||': its folder '||folder||' is not"
		" there' FROM copies"
		" WHERE folder NOT IN (SELECT serial FROM folders)",
		"SELECT 'message '||lower(hex(hash))||': it has no copy' FROM"
		" messages m WHERE strand<>0 AND NOT EXISTS (SELECT 1 FROM"
		" copies c WHERE c.message=m.serial)",
		"SELECT 'message '||lower(hex(hash))||': is erased, but has a"
		" copy' FROM messages m WHERE strand=0 AND EXISTS (SELECT 1"
		" FROM copies c WHERE c.message=m.serial)",
		"SELECT 'queue entry '||id||': its message '||message||' is"
		" not there' FROM queue"
		" WHERE message NOT IN (SELECT serial FROM messages)",
		"SELECT 'queue entry '||id||': it has no recipient' FROM queue"
		" WHERE id NOT IN (SELECT queue FROM recipients)",
		"SELECT 'recipient '||address||': there is no queue entry '||"
		"queue FROM recipients WHERE queue NOT IN (SELECT id FROM "
		"queue)",
		"SELECT 'trace of copy '||copy||': there is no such copy'"
		" FROM traces WHERE copy NOT IN (SELECT serial FROM copies)",
		"SELECT 'thread '||name||': its message '||anchor||' is not"
		" there' FROM threads"
		" WHERE anchor NOT IN (SELECT serial FROM messages)",
		"SELECT 'links: strand '||strand||' is not there' FROM links"
		" WHERE strand NOT IN (SELECT serial FROM strands)",
		"SELECT 'ref to be moved: strand '||strand||' is not there'"
		" FROM moves WHERE strand NOT IN (SELECT serial FROM strands)",
	};

	if (state_check_run(state_sql(state), queries, G_N_ELEMENTS(queries),
			    problems, err) < 0)
		return -1;
	return state_imap_check(state, problems, err);
}

int state_check_messages(struct state *state, GArray **serials_r,
			 struct err *err)
{
	return sql_list(state_sql(state), err, serials_r,
			"SELECT serial FROM messages WHERE strand<>0"
			" ORDER BY serial",
			"");
}

int state_check_mend_flags(struct state *state, struct err *err)
{
	AUTO(array) GArray *serials = NULL;

	if (state_begin(state, true, err) < 0)
		return -1;
	if (state_check_messages(state, &serials, err) < 0) {
		state_rollback(state);
		return -1;
	}
	for (guint i = 0; i < serials->len; i++)
		if (state_message_flags(state,
					g_array_index(serials, int64_t, i),
					err) < 0) {
			state_rollback(state);
			return -1;
		}
	return state_commit(state, err);
}
