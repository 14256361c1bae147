/* SPDX-License-Identifier: ISC */
/* The schema of index.db. A message's row is written once; where it is shown
 * stands apart in the narrow table `places`, which late joins rewrite. A msgid
 * is known by a 64-bit key: the start of a BLAKE2b keyed with random bytes of
 * this index, so that nobody can choose two that collide. */
#include "defms/index.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "index-row.h"
#include "index-write.h"
#include "sql.h"

/* Over a hundred: state.db, whose versions are less, is no index. */
enum { VERSION = 105, KEY = 32 };

struct index {
	struct sql *sql;       /* owned */
	GHashTable *addresses; /* owned; those met while writing */
	uint8_t key[KEY];      /* of msgid keys */
};

static const char schema[] =
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE messages(serial INTEGER PRIMARY KEY, strand INTEGER,"
	" id BLOB, object BLOB, pieces INTEGER, content_size INTEGER, date "
	"INTEGER,"
	" date_zone INTEGER, name TEXT, subject TEXT, sender TEXT,"
	" recipients TEXT, cc TEXT, reply_to TEXT, mail_reply_to TEXT,"
	" mail_followup_to TEXT, mail TEXT, short_name TEXT,"
	" msgid TEXT, refs TEXT, list TEXT, text_size INTEGER,"
	" quote_size INTEGER, html_part INTEGER, html_size INTEGER,"
	" parts BLOB);"
	"CREATE INDEX messages_date ON messages(date, date_zone);"
	"CREATE TABLE places(message INTEGER PRIMARY KEY, thread INTEGER,"
	" seq INTEGER);"
	"CREATE INDEX places_thread ON places(thread);"
	"CREATE TABLE threads(serial INTEGER PRIMARY KEY,"
	" joined INTEGER DEFAULT 0, seq INTEGER, changed INTEGER,"
	" live INTEGER DEFAULT 0, first_date INTEGER, last_date INTEGER);"
	"CREATE INDEX threads_seq ON threads(seq);"
	"CREATE INDEX threads_elder ON threads(joined) WHERE joined<>0;"
	"CREATE TABLE msgids(key INTEGER PRIMARY KEY, thread INTEGER);"
	"CREATE TABLE splits(message INTEGER PRIMARY KEY, key INTEGER);"
	"CREATE INDEX splits_key ON splits(key);"
	"CREATE TABLE moved(message INTEGER PRIMARY KEY, home INTEGER,"
	" root INTEGER);"
	"CREATE INDEX moved_home ON moved(home);"
	"CREATE INDEX moved_root ON moved(root);"
	"CREATE TABLE joins(strand INTEGER, key INTEGER,"
	" PRIMARY KEY(strand, key)) WITHOUT ROWID;"
	"CREATE INDEX joins_key ON joins(key);"
	"CREATE TABLE addresses(serial INTEGER PRIMARY KEY, mail TEXT UNIQUE,"
	" last0 INTEGER, last1 INTEGER, last2 INTEGER);"
	"CREATE INDEX addresses_from ON addresses(last0)"
	" WHERE last0 IS NOT NULL;"
	"CREATE INDEX addresses_to ON addresses(last1)"
	" WHERE last1 IS NOT NULL;"
	"CREATE INDEX addresses_list ON addresses(last2)"
	" WHERE last2 IS NOT NULL;"
	"CREATE TABLE mentions(address INTEGER, kind INTEGER,"
	" message INTEGER, PRIMARY KEY(address, kind, message))"
	" WITHOUT ROWID;"
	"CREATE VIRTUAL TABLE words USING fts5(sender, recipients, subject,"
	" body, content='', columnsize=0,"
	" tokenize='unicode61 remove_diacritics 2');"
	"INSERT INTO words(words, rank) VALUES('hashsize', 33554432);"
	"INSERT INTO words(words, rank) VALUES('automerge', 8);"
	"INSERT INTO meta VALUES('seq', 0), ('threads', 0), ('changed', 0),"
	" ('key', randomblob(32));"
	/* index_thread_count() is asked for with each look at threads/. */
	"CREATE TRIGGER threads_new AFTER INSERT ON threads BEGIN"
	" UPDATE meta SET value=value+(new.joined=0 AND new.live>0)"
	" WHERE name='threads';"
	" UPDATE meta SET value=max(value,new.changed) WHERE name='changed';"
	" END;"
	"CREATE TRIGGER threads_changed AFTER UPDATE OF changed ON threads"
	" BEGIN UPDATE meta SET value=new.changed WHERE name='changed'"
	" AND value<new.changed; END;"
	"CREATE TRIGGER threads_shown AFTER UPDATE OF joined, live ON threads"
	" WHEN (old.joined=0 AND old.live>0)<>(new.joined=0 AND new.live>0)"
	" BEGIN UPDATE meta SET value=value+(new.joined=0 AND new.live>0)"
	"-(old.joined=0 AND old.live>0) WHERE name='threads'; END;"
	"PRAGMA user_version=105;";

int index_create(const char *path, struct err *err)
{
	AUTO(sql) struct sql *sql = NULL;

	if (sql_open(path, SQL_CREATE, &sql, err) < 0 ||
	    sql_begin(sql, true, err) < 0 || sql_run(sql, schema, err) < 0 ||
	    sql_commit(sql, err) < 0)
		return -1;
	if (g_chmod(path, 0600) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

/* Another database has none, whatever version it says it is. */
static int read_key(struct index *index, const char *path, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		index->sql, "SELECT value FROM meta WHERE name='key'", err);
	int found;

	if (!stmt)
		return -1;
	found = sql_step(stmt, err);
	if (found > 0)
		sql_copy_blob(stmt, 0, index->key, sizeof(index->key));
	if (found == 0)
		return err_set(err, EPROTO, "%s: not an index", path);
	return found < 0 ? -1 : 0;
}

int index_open(const char *path, const char *state_path, struct index **index_r,
	       struct err *err)
{
	AUTO(index) struct index *index = g_new0(struct index, 1);
	int64_t version = 0;

	index->addresses =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (sql_open(path, 0, &index->sql, err) < 0)
		return -1;
	if (sql_int(index->sql, err, &version, "PRAGMA user_version", "") < 0)
		return err_prefix(err, "%s", path);
	if (version != VERSION)
		return err_set(err, EPROTO, "%s: made by another defms", path);
	if (sql_attach(index->sql, state_path, "state", err) < 0 ||
	    read_key(index, path, err) < 0)
		return -1;
	*index_r = take(index);
	return 0;
}

int index_be_small(struct index *index, struct err *err)
{
	return sql_run(index->sql,
		       "PRAGMA main.cache_size=-1024;"
		       " PRAGMA state.cache_size=-512;",
		       err);
}

void index_close(struct index *index)
{
	if (!index)
		return;
	sql_close(index->sql);
	g_hash_table_unref(index->addresses);
	g_free(index);
}

GHashTable *index_addresses(struct index *index)
{
	return index->addresses;
}

struct sql *index_sql(struct index *index)
{
	return index->sql;
}

int index_begin(struct index *index, struct err *err)
{
	return sql_begin(index->sql, false, err);
}

void index_end(struct index *index)
{
	if (sql_in_transaction(index->sql))
		(void)sql_commit(index->sql, NULL);
}

int index_seq(struct index *index, int64_t *seq_r, struct err *err)
{
	*seq_r = 0;
	return sql_int(index->sql, err, seq_r,
		       "SELECT value FROM meta WHERE name='seq'", "") < 0
		       ? -1
		       : 0;
}

int index_run(struct index *index, int64_t *run_r, struct err *err)
{
	*run_r = 0;
	return sql_int(index->sql, err, run_r,
		       "SELECT value FROM meta WHERE name='run'", "") < 0
		       ? -1
		       : 0;
}

int64_t index_number(const struct index *index)
{
	int64_t number;

	memcpy(&number, index->key, sizeof(number));
	return number;
}

int64_t index_msgid_key(struct index *index, const char *msgid)
{
	struct message_id id = message_id_of(index->key, msgid, strlen(msgid));
	int64_t key;

	memcpy(&key, id.bytes, sizeof(key));
	return key;
}

int index_msgid_thread(struct index *index, int64_t key, int64_t *thread_r,
		       struct err *err)
{
	int found = sql_int(index->sql, err, thread_r,
			    "SELECT thread FROM msgids WHERE key=?", "i", key);
	int64_t elder;

	while (found > 0) {
		found = sql_int(index->sql, err, &elder,
				"SELECT joined FROM threads WHERE serial=?",
				"i", *thread_r);
		/* An elder has a lower serial: what says otherwise is damaged,
		 * and leads round and round. */
		if (found <= 0 || elder <= 0 || elder >= *thread_r)
			break;
		*thread_r = elder;
	}
	return found;
}

int index_thread_of_msgid(struct index *index, const char *msgid,
			  int64_t *thread_r, struct err *err)
{
	return index_msgid_thread(index, index_msgid_key(index, msgid),
				  thread_r, err);
}
