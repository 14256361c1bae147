/* SPDX-License-Identifier: ISC */
/* Chains of other devices, and tips that do not go on from what was known. */
#include "defms/state-chains.h"

#include "defms/state-batch.h"
#include "sql.h"

#define COLUMNS "strand,device,tip,chain"

static void read_chain(sqlite3_stmt *stmt, struct state_chain *chain)
{
	chain->strand = sqlite3_column_int64(stmt, 0);
	sql_copy_blob(stmt, 1, &chain->device, sizeof(chain->device));
	sql_copy_blob(stmt, 2, &chain->tip, sizeof(chain->tip));
	chain->chain = (uint64_t)sqlite3_column_int64(stmt, 3);
}

int state_chain_get(struct state *state, int64_t strand,
		    const struct device_id *device, struct state_chain *chain_r,
		    struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 "SELECT " COLUMNS " FROM chains"
					 " WHERE strand=? AND device=?",
					 err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "ib", strand, device, sizeof(*device));
	found = sql_step(stmt, err);
	if (found > 0)
		read_chain(stmt, chain_r);
	return found;
}

int state_chain_put(struct state *state, const struct state_chain *chain,
		    struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO chains VALUES(?,?,?,?,0)", "ibbi",
		      chain->strand, &chain->device, sizeof(chain->device),
		      &chain->tip, sizeof(chain->tip), (int64_t)chain->chain);
}

int state_chain_leave(struct state *state, const struct device_id *device,
		      struct err *err)
{
	static const struct object_id none = { 0 };

	if (sql_do(state_sql(state), err,
		   "INSERT OR REPLACE INTO chains SELECT serial,?,tip,chain,0"
		   " FROM strands WHERE chain>0",
		   "b", device, sizeof(*device)) < 0 ||
	    sql_do(state_sql(state), err,
		   "UPDATE strands SET tip=?,chain=0 WHERE chain>0", "b", &none,
		   sizeof(none)) < 0)
		return -1;
	return state_move_clear(state, err);
}

static int list_chains(sqlite3_stmt *held, GArray **chains_r, struct err *err)
{
	AUTO(array)
	GArray *chains = g_array_new(FALSE, FALSE, sizeof(struct state_chain));
	AUTO(stmt) sqlite3_stmt *stmt = held;
	struct state_chain chain;
	int more;

	while ((more = sql_step(stmt, err)) > 0) {
		read_chain(stmt, &chain);
		(void)g_array_append_val(chains, chain);
	}
	if (more < 0)
		return -1;
	*chains_r = take(chains);
	return 0;
}

int state_chain_list(struct state *state, int64_t strand, GArray **chains_r,
		     struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 "SELECT " COLUMNS " FROM chains"
					 " WHERE ?1=0 OR strand=?1"
					 " ORDER BY strand,device",
					 err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", strand);
	return list_chains(stmt, chains_r, err);
}

int state_chain_moves(struct state *state, GArray **chains_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 "SELECT " COLUMNS " FROM chains"
					 " WHERE moved=0"
					 " ORDER BY strand,device",
					 err);

	return stmt ? list_chains(stmt, chains_r, err) : -1;
}

/* The number of the fork with this very tip; 0 row: none. */
static int find_fork(struct state *state, struct state_fork *fork,
		     struct err *err)
{
	const struct state_chain *chain = &fork->chain;

	return sql_int(state_sql(state), err, &fork->number,
		       "SELECT number FROM forks"
		       " WHERE strand=? AND device=? AND tip=?",
		       "ibb", chain->strand, &chain->device,
		       sizeof(chain->device), &chain->tip, sizeof(chain->tip));
}

int state_fork_add(struct state *state, struct state_fork *fork,
		   struct err *err)
{
	const struct state_chain *chain = &fork->chain;
	int found = find_fork(state, fork, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (sql_int(state_sql(state), err, &fork->number,
		    "SELECT coalesce(max(number),0)+1 FROM forks"
		    " WHERE strand=? AND device=?",
		    "ib", chain->strand, &chain->device,
		    sizeof(chain->device)) < 0 ||
	    sql_do(state_sql(state), err,
		   "INSERT INTO forks VALUES(?,?,?,?,?,0)", "ibibi",
		   chain->strand, &chain->device, sizeof(chain->device),
		   fork->number, &chain->tip, sizeof(chain->tip),
		   (int64_t)chain->chain) < 0)
		return -1;
	return 1;
}

static int list_forks(sqlite3_stmt *held, GArray **forks_r, struct err *err)
{
	AUTO(array)
	GArray *forks = g_array_new(FALSE, FALSE, sizeof(struct state_fork));
	AUTO(stmt) sqlite3_stmt *stmt = held;
	struct state_fork fork;
	int more;

	while ((more = sql_step(stmt, err)) > 0) {
		read_chain(stmt, &fork.chain);
		fork.number = sqlite3_column_int64(stmt, 4);
		(void)g_array_append_val(forks, fork);
	}
	if (more < 0)
		return -1;
	*forks_r = take(forks);
	return 0;
}

int state_fork_advance(struct state *state, const struct state_fork *fork,
		       struct err *err)
{
	const struct state_chain *chain = &fork->chain;

	return sql_do(state_sql(state), err,
		      "UPDATE forks SET tip=?4,chain=?5,moved=0"
		      " WHERE strand=?1 AND device=?2 AND number=?3",
		      "ibibi", chain->strand, &chain->device,
		      sizeof(chain->device), fork->number, &chain->tip,
		      sizeof(chain->tip), (int64_t)chain->chain);
}

int state_fork_list(struct state *state, int64_t strand, GArray **forks_r,
		    struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 "SELECT " COLUMNS ",number FROM forks"
					 " WHERE ?1=0 OR strand=?1"
					 " ORDER BY strand,device,number",
					 err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", strand);
	return list_forks(stmt, forks_r, err);
}

int state_fork_moves(struct state *state, GArray **forks_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(state_sql(state),
					 "SELECT " COLUMNS ",number FROM forks"
					 " WHERE moved=0"
					 " ORDER BY strand,device,number",
					 err);

	return stmt ? list_forks(stmt, forks_r, err) : -1;
}

int state_tip_list(struct state *state, const struct state_strand *strand,
		   GArray **tips_r, struct err *err)
{
	struct state_chain mine = { .strand = strand->serial,
				    .tip = strand->tip,
				    .chain = strand->chain };
	AUTO(array)
	GArray *tips = g_array_new(FALSE, FALSE, sizeof(struct state_chain));
	AUTO(array) GArray *chains = NULL;
	AUTO(array) GArray *forks = NULL;

	if (state_chain_list(state, strand->serial, &chains, err) < 0 ||
	    state_fork_list(state, strand->serial, &forks, err) < 0)
		return -1;
	if (!object_id_is_null(&mine.tip))
		(void)g_array_append_val(tips, mine);
	if (chains->len > 0)
		(void)g_array_append_vals(tips, chains->data, chains->len);
	for (guint i = 0; i < forks->len; i++)
		(void)g_array_append_val(
			tips, g_array_index(forks, struct state_fork, i).chain);
	*tips_r = take(tips);
	return 0;
}
