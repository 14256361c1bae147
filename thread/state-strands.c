/* SPDX-License-Identifier: ISC */
/* Strands of this mailbox, the refs still to be moved to their tips, and the
 * packs that hold what they reach. */
#include "defms/state-batch.h"
#include "defms/state.h"

#include "sql.h"

#define COLUMNS "serial,id,kind,generation,tip,chain,first_date,first_id"

static void read_strand(sqlite3_stmt *stmt, struct state_strand *strand)
{
	strand->serial = sqlite3_column_int64(stmt, 0);
	sql_copy_blob(stmt, 1, &strand->id, sizeof(strand->id));
	strand->kind = (enum strand_kind)sqlite3_column_int(stmt, 2);
	strand->generation = (uint32_t)sqlite3_column_int64(stmt, 3);
	sql_copy_blob(stmt, 4, &strand->tip, sizeof(strand->tip));
	strand->chain = (uint64_t)sqlite3_column_int64(stmt, 5);
	strand->first_date = sqlite3_column_int64(stmt, 6);
	sql_copy_blob(stmt, 7, &strand->first_id, sizeof(strand->first_id));
}

static int get(sqlite3_stmt *held, struct state_strand *strand_r,
	       struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0)
		read_strand(stmt, strand_r);
	return found;
}

int state_strand_find(struct state *state, const struct strand_id *id,
		      struct state_strand *strand_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " COLUMNS " FROM strands WHERE id=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "b", id, sizeof(*id));
	return get(stmt, strand_r, err);
}

int state_strand_get(struct state *state, int64_t serial,
		     struct state_strand *strand_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT " COLUMNS " FROM strands WHERE serial=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get(stmt, strand_r, err);
}

int state_strand_put(struct state *state, struct state_strand *strand,
		     struct err *err)
{
	struct sql *sql = state_sql(state);
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(sql,
					 "INSERT OR REPLACE INTO strands"
					 " VALUES(nullif(?,0),?,?,?,?,?,?,?)",
					 err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "ibiibiib", strand->serial, &strand->id,
		 sizeof(strand->id), (int64_t)strand->kind,
		 (int64_t)strand->generation, &strand->tip, sizeof(strand->tip),
		 (int64_t)strand->chain, strand->first_date, &strand->first_id,
		 sizeof(strand->first_id));
	if (sql_step(stmt, err) < 0)
		return -1;
	if (strand->serial == 0)
		strand->serial = sql_last_rowid(sql);
	return 0;
}

static int list(sqlite3_stmt *held, GArray **strands_r, struct err *err)
{
	AUTO(array)
	GArray *strands =
		g_array_new(FALSE, FALSE, sizeof(struct state_strand));
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int more;

	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0) {
		struct state_strand strand;

		read_strand(stmt, &strand);
		(void)g_array_append_val(strands, strand);
	}
	if (more < 0)
		return -1;
	*strands_r = take(strands);
	return 0;
}

int state_strand_list(struct state *state, GArray **strands_r, struct err *err)
{
	return list(sql_prepare(state_sql(state),
				"SELECT " COLUMNS
				" FROM strands ORDER BY serial",
				err),
		    strands_r, err);
}

int state_move_add(struct state *state, int64_t strand, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR IGNORE INTO moves VALUES(?)", "i", strand);
}

int state_move_list(struct state *state, GArray **strands_r, struct err *err)
{
	return list(sql_prepare(state_sql(state),
				"SELECT " COLUMNS
				" FROM strands JOIN moves ON serial=strand",
				err),
		    strands_r, err);
}

int state_move_count(struct state *state, int64_t *count_r, struct err *err)
{
	return sql_int(state_sql(state), err, count_r,
		       "SELECT (SELECT count(*) FROM moves)+(SELECT count(*)"
		       " FROM chains WHERE moved=0)+(SELECT count(*) FROM"
		       " forks WHERE moved=0)",
		       "") < 0
		       ? -1
		       : 0;
}

int state_move_clear(struct state *state, struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err, "UPDATE chains SET moved=1 WHERE moved=0", "") <
		    0 ||
	    sql_do(sql, err, "UPDATE forks SET moved=1 WHERE moved=0", "") < 0)
		return -1;
	return sql_do(sql, err, "DELETE FROM moves", "");
}

int state_pack_add(struct state *state, const char *name, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT INTO packs(name) VALUES(?) ON CONFLICT(name)"
		      " DO UPDATE SET joined=0",
		      "t", name);
}

int state_pack_has(struct state *state, const char *name, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM packs WHERE name=?", "t", name);
}

int state_pack_list(struct state *state, GArray **packs_r, struct err *err)
{
	AUTO(array)
	GArray *packs = g_array_new(FALSE, FALSE, sizeof(struct state_pack));
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT name,joined FROM packs ORDER BY name", err);
	int more;

	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0) {
		struct state_pack pack;

		sql_copy_text(stmt, 0, pack.name, sizeof(pack.name));
		pack.joined = sqlite3_column_int64(stmt, 1);
		(void)g_array_append_val(packs, pack);
	}
	if (more < 0)
		return -1;
	*packs_r = take(packs);
	return 0;
}

int state_pack_count(struct state *state, int64_t *count_r, struct err *err)
{
	*count_r = 0;
	return sql_int(state_sql(state), err, count_r,
		       "SELECT count(*) FROM packs WHERE joined=0", "") < 0
		       ? -1
		       : 0;
}

int state_pack_join(struct state *state, const char *name, int64_t when,
		    struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE packs SET joined=?2 WHERE name=?1", "ti", name,
		      when);
}

int state_pack_drop(struct state *state, const char *name, struct err *err)
{
	return sql_do(state_sql(state), err, "DELETE FROM packs WHERE name=?",
		      "t", name);
}
