/* SPDX-License-Identifier: ISC */
/* What the owner's decisions (threading.c) come to in the index:
 *
 *	splits	the msgids that begin a thread of their own, for messages here
 *	joins	the msgids that the `join` lines of a strand name
 *	moved	the messages that a decision places in another thread than
 *		they belong to (`home`), and a msgid of that thread
 *
 * A thread's messages are those that belong to it: of a moved one only `home`
 * says so. */
#include "index-links.h"

#include <string.h>

#include "defms/mime.h"
#include "index-row.h"
#include "sql.h"

static void release_home(gpointer data)
{
	struct index_home *home = data;

	g_free(home->subject);
	g_free(home->msgid);
	g_free(home->references);
}

static void read_home(sqlite3_stmt *stmt, struct index_home *home)
{
	home->serial = sqlite3_column_int64(stmt, 0);
	home->date = sqlite3_column_int64(stmt, 1);
	home->has_date = sqlite3_column_int(stmt, 2) != MIME_NO_DATE;
	home->subject = g_strdup(sql_text(stmt, 3));
	home->msgid = g_strdup(sql_text(stmt, 4));
	home->references = g_strdup(sql_text(stmt, 5));
	sql_copy_blob(stmt, 6, &home->hash, sizeof(home->hash));
}

char *index_home_root(const struct index_home *home)
{
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(&home->hash, hex);
	if (home->references[0])
		return g_strndup(home->references,
				 strcspn(home->references, " "));
	return g_strdup(home->msgid[0] ? home->msgid : hex);
}

int index_home_list(struct index *index, int64_t thread, GArray **homes_r,
		    struct err *err)
{
	AUTO(array)
	GArray *homes = g_array_new(FALSE, TRUE, sizeof(struct index_home));
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		index_sql(index),
		"SELECT m.serial,m.date,m.date_zone,m.subject,m.msgid,m.refs,"
		"s.hash FROM (SELECT message FROM places WHERE thread=?1 AND"
		" message NOT IN (SELECT message FROM moved)"
		" UNION ALL SELECT message FROM moved WHERE home=?1) h"
		" JOIN main.messages m ON m.serial=h.message"
		" JOIN state.messages s ON s.serial=h.message"
		" ORDER BY m.serial",
		err);
	int more;

	g_array_set_clear_func(homes, release_home);
	if (!stmt)
		return -1;
	sql_bind(stmt, "i", thread);
	while ((more = sql_step(stmt, err)) > 0) {
		struct index_home home;

		read_home(stmt, &home);
		(void)g_array_append_val(homes, home);
	}
	if (more < 0)
		return -1;
	*homes_r = take(homes);
	return 0;
}

int index_home_of(struct index *index, int64_t message, int64_t *thread_r,
		  struct err *err)
{
	return sql_int(index_sql(index), err, thread_r,
		       "SELECT ifnull((SELECT home FROM moved WHERE message=?1)"
		       ",(SELECT thread FROM places WHERE message=?1))",
		       "i", message);
}

int index_family(struct index *index, int64_t thread, GArray **threads_r,
		 struct err *err)
{
	return sql_list(
		index_sql(index), err, threads_r,
		"SELECT serial FROM threads WHERE joined=? AND joined<>0", "i",
		thread);
}

int index_unjoin(struct index *index, int64_t elder, struct err *err)
{
	return sql_do(index_sql(index), err,
		      "UPDATE threads SET joined=0 WHERE joined=?1 AND"
		      " joined<>0",
		      "i", elder);
}

int index_place_again(struct index *index, int64_t message, int64_t thread,
		      int64_t seq, struct err *err)
{
	return sql_do(index_sql(index), err,
		      "UPDATE places SET thread=?2, seq=?3 WHERE message=?1"
		      " AND thread<>?2",
		      "iii", message, thread, seq);
}

int index_set_dates(struct index *index, int64_t thread, struct err *err)
{
	return sql_do(index_sql(index), err,
		      "UPDATE threads SET first_date=d.a, last_date=d.b FROM"
		      " (SELECT min(m.date) AS a, max(m.date) AS b FROM places"
		      " p JOIN main.messages m ON m.serial=p.message WHERE"
		      " p.thread=?1) AS d WHERE threads.serial=?1",
		      "i", thread);
}

int index_drop_msgid(struct index *index, int64_t key, struct err *err)
{
	return sql_do(index_sql(index), err, "DELETE FROM msgids WHERE key=?",
		      "i", key);
}

/* -- splits ---------------------------------------------------------------- */

int index_split_put(struct index *index, int64_t message, int64_t key,
		    struct err *err)
{
	return sql_do(index_sql(index), err,
		      "INSERT OR REPLACE INTO splits VALUES(?,?)", "ii",
		      message, key);
}

int index_split_drop(struct index *index, int64_t message, struct err *err)
{
	return sql_do(index_sql(index), err,
		      "DELETE FROM splits WHERE message=?", "i", message);
}

int index_split_has(struct index *index, int64_t key, struct err *err)
{
	int64_t one;

	return sql_int(index_sql(index), err, &one,
		       "SELECT 1 FROM splits WHERE key=? LIMIT 1", "i", key);
}

/* -- joins ----------------------------------------------------------------- */

int index_join_put(struct index *index, int64_t strand, int64_t key,
		   struct err *err)
{
	return sql_do(index_sql(index), err,
		      "INSERT OR IGNORE INTO joins VALUES(?,?)", "ii", strand,
		      key);
}

int index_join_drop(struct index *index, int64_t strand, struct err *err)
{
	return sql_do(index_sql(index), err, "DELETE FROM joins WHERE strand=?",
		      "i", strand);
}

/* -- what concerns some msgids --------------------------------------------- */

static const struct {
	const char *few, *all, *one;
} relations[] = {
	[INDEX_SPLITS] = {
		"SELECT count(*) FROM (SELECT 1 FROM splits LIMIT ?)",
		"SELECT key,message FROM splits",
		"SELECT key,message FROM splits WHERE key=?",
	},
	[INDEX_JOINS] = {
		"SELECT count(*) FROM (SELECT 1 FROM joins LIMIT ?)",
		"SELECT key,strand FROM joins",
		"SELECT key,strand FROM joins WHERE key=?",
	},
	[INDEX_MOVED] = {
		"SELECT count(*) FROM (SELECT 1 FROM moved LIMIT ?)",
		"SELECT root,message FROM moved",
		"SELECT root,message FROM moved WHERE root=?",
	},
};

static int read_pairs(sqlite3_stmt *held, GArray *pairs, struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int more;

	while ((more = sql_step(stmt, err)) > 0) {
		struct index_pair pair = { sqlite3_column_int64(stmt, 0),
					   sqlite3_column_int64(stmt, 1) };

		(void)g_array_append_val(pairs, pair);
	}
	return more;
}

int index_relations(struct index *index, enum index_relation relation,
		    const GArray *keys, GArray **pairs_r, struct err *err)
{
	AUTO(array)
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(struct index_pair));
	struct sql *sql = index_sql(index);
	sqlite3_stmt *stmt;
	int64_t count = 0;

	if (sql_int(sql, err, &count, relations[relation].few, "i",
		    (int64_t)keys->len) < 0)
		return -1;
	if (count < keys->len) {
		stmt = sql_prepare(sql, relations[relation].all, err);
		if (!stmt || (count > 0 && read_pairs(stmt, pairs, err) < 0))
			return -1;
	}
	for (guint i = 0; count >= keys->len && i < keys->len; i++) {
		stmt = sql_prepare(sql, relations[relation].one, err);
		if (!stmt)
			return -1;
		sql_bind(stmt, "i", g_array_index(keys, int64_t, i));
		if (read_pairs(stmt, pairs, err) < 0)
			return -1;
	}
	*pairs_r = take(pairs);
	return 0;
}

/* -- moved messages -------------------------------------------------------- */

int index_moved_put(struct index *index, int64_t message, int64_t home,
		    int64_t root, struct err *err)
{
	return sql_do(index_sql(index), err,
		      "INSERT OR REPLACE INTO moved VALUES(?,?,?)", "iii",
		      message, home, root);
}

int index_moved_drop(struct index *index, int64_t message, struct err *err)
{
	return sql_do(index_sql(index), err,
		      "DELETE FROM moved WHERE message=?", "i", message);
}

int index_moved_get(struct index *index, int64_t message, int64_t *home_r,
		    int64_t *root_r, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(index_sql(index),
			    "SELECT home,root FROM moved WHERE message=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", message);
	found = sql_step(stmt, err);
	if (found > 0) {
		*home_r = sqlite3_column_int64(stmt, 0);
		*root_r = sqlite3_column_int64(stmt, 1);
	}
	return found;
}
