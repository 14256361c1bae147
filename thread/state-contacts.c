/* SPDX-License-Identifier: ISC */
/* Addresses, the roots they are pinned to, and cards. */
#include "defms/state-contacts.h"

#include <string.h>

#include "sql.h"
#include "state-share-schema.h"

bool root_key_is_among(const struct root_key *root, const GArray *roots)
{
	for (guint i = 0; i < roots->len; i++)
		if (memcmp(&g_array_index(roots, struct root_key, i), root,
			   sizeof(*root)) == 0)
			return true;
	return false;
}

const char state_share_schema[] =
	"CREATE TABLE pins(address TEXT PRIMARY KEY, root BLOB, trust INTEGER)"
	" WITHOUT ROWID;"
	"CREATE INDEX pins_root ON pins(root);"
	"CREATE TABLE cards(root BLOB PRIMARY KEY, version INTEGER, card TEXT)"
	" WITHOUT ROWID;"
	"CREATE TABLE asides(address TEXT, root BLOB, card TEXT, time INTEGER,"
	" PRIMARY KEY(address, card)) WITHOUT ROWID;"
	"CREATE TABLE circles(strand INTEGER PRIMARY KEY, secret BLOB,"
	" closed INTEGER, roots BLOB);"
	"CREATE TABLE standing(message INTEGER, strand INTEGER,"
	" PRIMARY KEY(message, strand)) WITHOUT ROWID;"
	"CREATE INDEX standing_strand ON standing(strand);"
	"CREATE TABLE leaving(strand INTEGER PRIMARY KEY);"
	"CREATE TABLE chains(strand INTEGER, device BLOB, tip BLOB,"
	" chain INTEGER, moved INTEGER, PRIMARY KEY(strand, device))"
	" WITHOUT ROWID;"
	"CREATE INDEX chains_moves ON chains(strand) WHERE moved=0;"
	"CREATE TABLE forks(strand INTEGER, device BLOB, number INTEGER,"
	" tip BLOB, chain INTEGER, moved INTEGER,"
	" PRIMARY KEY(strand, device, number)) WITHOUT ROWID;"
	"CREATE TABLE bad(tip BLOB PRIMARY KEY, remote TEXT, reason TEXT,"
	" time INTEGER, final INTEGER) WITHOUT ROWID;";

static void read_pin(sqlite3_stmt *stmt, struct state_pin *pin)
{
	sql_copy_text(stmt, 0, pin->address, sizeof(pin->address));
	sql_copy_blob(stmt, 1, &pin->root, sizeof(pin->root));
	pin->trust = (enum trust)sqlite3_column_int(stmt, 2);
}

int state_pin_get(struct state *state, const char *address,
		  struct state_pin *pin_r, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT address,root,trust FROM pins WHERE address=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "t", address);
	found = sql_step(stmt, err);
	if (found > 0)
		read_pin(stmt, pin_r);
	return found;
}

int state_pin_put(struct state *state, const struct state_pin *pin,
		  struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO pins VALUES(?,?,?)", "tbi",
		      pin->address, &pin->root, sizeof(pin->root),
		      (int64_t)pin->trust);
}

int state_pin_drop(struct state *state, const char *address, struct err *err)
{
	return sql_do(state_sql(state), err, "DELETE FROM pins WHERE address=?",
		      "t", address);
}

static int list_pins(sqlite3_stmt *held, GArray **pins_r, struct err *err)
{
	AUTO(array)
	GArray *pins = g_array_new(FALSE, FALSE, sizeof(struct state_pin));
	AUTO(stmt) sqlite3_stmt *stmt = held;
	struct state_pin pin;
	int more;

	while ((more = sql_step(stmt, err)) > 0) {
		read_pin(stmt, &pin);
		(void)g_array_append_val(pins, pin);
	}
	if (more < 0)
		return -1;
	*pins_r = take(pins);
	return 0;
}

int state_pin_list(struct state *state, GArray **pins_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT address,root,trust FROM pins ORDER BY address", err);

	return stmt ? list_pins(stmt, pins_r, err) : -1;
}

int state_pin_of(struct state *state, const struct root_key *root,
		 GArray **pins_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT address,root,trust FROM pins WHERE root=?"
			    " ORDER BY address",
			    err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "b", root, sizeof(*root));
	return list_pins(stmt, pins_r, err);
}

int state_card_get(struct state *state, const struct root_key *root,
		   char **text_r, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state), "SELECT card FROM cards WHERE root=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "b", root, sizeof(*root));
	found = sql_step(stmt, err);
	if (found > 0)
		*text_r = g_strdup(sql_text(stmt, 0));
	return found;
}

int state_card_put(struct state *state, const struct root_key *root,
		   int64_t version, const char *text, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO cards VALUES(?,?,?)", "bit", root,
		      sizeof(*root), version, text);
}

int state_card_list(struct state *state, GArray **roots_r, struct err *err)
{
	AUTO(array)
	GArray *roots = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state), "SELECT root FROM cards ORDER BY root", err);
	struct root_key root;
	int more;

	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0) {
		sql_copy_blob(stmt, 0, &root, sizeof(root));
		(void)g_array_append_val(roots, root);
	}
	if (more < 0)
		return -1;
	*roots_r = take(roots);
	return 0;
}

int state_aside_put(struct state *state, const struct state_aside *aside,
		    struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO asides VALUES(?,?,?,?)", "tbti",
		      aside->address, &aside->root, sizeof(aside->root),
		      aside->card, aside->when);
}

static void clear_aside(gpointer data)
{
	struct state_aside *aside = data;

	g_free(aside->card);
}

int state_aside_list(struct state *state, const char *address,
		     GArray **asides_r, struct err *err)
{
	AUTO(array)
	GArray *asides = g_array_new(FALSE, TRUE, sizeof(struct state_aside));
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT address,root,card,time FROM asides"
			    " WHERE ?1 IS NULL OR address=?1"
			    " ORDER BY address,time,root",
			    err);
	int more;

	if (!stmt)
		return -1;
	g_array_set_clear_func(asides, clear_aside);
	sql_bind(stmt, "t", address);
	while ((more = sql_step(stmt, err)) > 0) {
		struct state_aside aside = {
			.card = g_strdup(sql_text(stmt, 2)),
			.when = sqlite3_column_int64(stmt, 3),
		};

		sql_copy_text(stmt, 0, aside.address, sizeof(aside.address));
		sql_copy_blob(stmt, 1, &aside.root, sizeof(aside.root));
		(void)g_array_append_val(asides, aside);
	}
	if (more < 0)
		return -1;
	*asides_r = take(asides);
	return 0;
}

int state_aside_drop(struct state *state, const char *address, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM asides WHERE address=?", "t", address);
}
