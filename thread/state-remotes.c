/* SPDX-License-Identifier: ISC */
#include "defms/state-remotes.h"

#include "sql.h"
#include "state-remotes-schema.h"

const char state_remotes_schema[] =
	"CREATE TABLE remotes(name TEXT PRIMARY KEY, scope BLOB, cards BLOB,"
	" contacts BLOB, root BLOB, seq INTEGER, sequence INTEGER, pushed_at "
	"INTEGER,"
	" pulled_at INTEGER, whole INTEGER, problem TEXT) WITHOUT ROWID;"
	"CREATE TABLE given(remote TEXT, mine INTEGER, strand BLOB,"
	" device BLOB, number INTEGER, tip BLOB,"
	" PRIMARY KEY(remote, mine, strand, device, number)) WITHOUT ROWID;"
	"CREATE TABLE remote_files(remote TEXT, name TEXT, size INTEGER,"
	" mtime INTEGER, ctime INTEGER, mine INTEGER,"
	" joined INTEGER, PRIMARY KEY(remote, name)) WITHOUT ROWID;"
	"CREATE TABLE remote_names(remote TEXT, name TEXT, sequence INTEGER,"
	" root BLOB, pinned INTEGER, PRIMARY KEY(remote, name)) WITHOUT ROWID;";

#define REMOTE                                                                 \
	"name,scope,cards,contacts,root,seq,sequence,pushed_at,pulled_at,"     \
	"whole,problem"
#define FILE_COLUMNS "name,size,mtime,ctime,mine,joined"

int state_remote_get(struct state *state, const char *name,
		     struct state_remote *remote_r, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " REMOTE " FROM remotes WHERE name=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "t", name);
	found = sql_step(stmt, err);
	if (found <= 0)
		return found;
	sql_copy_text(stmt, 0, remote_r->name, sizeof(remote_r->name));
	sql_copy_blob(stmt, 1, remote_r->scope, sizeof(remote_r->scope));
	sql_copy_blob(stmt, 2, remote_r->cards, sizeof(remote_r->cards));
	sql_copy_blob(stmt, 3, remote_r->contacts, sizeof(remote_r->contacts));
	sql_copy_blob(stmt, 4, &remote_r->root, sizeof(remote_r->root));
	remote_r->seq = sqlite3_column_int64(stmt, 5);
	remote_r->sequence = sqlite3_column_int64(stmt, 6);
	remote_r->pushed_at = sqlite3_column_int64(stmt, 7);
	remote_r->pulled_at = sqlite3_column_int64(stmt, 8);
	remote_r->whole = sqlite3_column_int(stmt, 9) != 0;
	sql_copy_text(stmt, 10, remote_r->problem, sizeof(remote_r->problem));
	return 1;
}

int state_remote_put(struct state *state, const struct state_remote *remote,
		     struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO remotes"
		      " VALUES(?,?,?,?,?,?,?,?,?,?,?)",
		      "tbbbbiiiiit", remote->name, remote->scope,
		      sizeof(remote->scope), remote->cards,
		      sizeof(remote->cards), remote->contacts,
		      sizeof(remote->contacts), &remote->root,
		      sizeof(remote->root), remote->seq, remote->sequence,
		      remote->pushed_at, remote->pulled_at,
		      (int64_t)remote->whole, remote->problem);
}

int state_remote_drop(struct state *state, const char *name, struct err *err)
{
	if (sql_do(state_sql(state), err, "DELETE FROM given WHERE remote=?",
		   "t", name) < 0 ||
	    state_file_clear(state, name, true, err) < 0 ||
	    state_name_clear(state, name, err) < 0)
		return -1;
	return sql_do(state_sql(state), err, "DELETE FROM remotes WHERE name=?",
		      "t", name);
}

/* -- chains that a remote has ---------------------------------------------- */

int state_given_list(struct state *state, const char *remote, bool mine,
		     GArray **heads_r, struct err *err)
{
	AUTO(array)
	GArray *heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT strand,device,number,tip FROM given"
		" WHERE remote=? AND mine=? ORDER BY strand,device,number",
		err);
	struct head head;
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "ti", remote, (int64_t)mine);
	while ((more = sql_step(stmt, err)) > 0) {
		sql_copy_blob(stmt, 0, &head.strand, sizeof(head.strand));
		sql_copy_blob(stmt, 1, &head.device, sizeof(head.device));
		head.number = sqlite3_column_int64(stmt, 2);
		sql_copy_blob(stmt, 3, &head.tip, sizeof(head.tip));
		(void)g_array_append_val(heads, head);
	}
	if (more < 0)
		return -1;
	*heads_r = take(heads);
	return 0;
}

int state_given_put(struct state *state, const char *remote, bool mine,
		    const struct head *head, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO given VALUES(?,?,?,?,?,?)",
		      "tibbib", remote, (int64_t)mine, &head->strand,
		      sizeof(head->strand), &head->device, sizeof(head->device),
		      head->number, &head->tip, sizeof(head->tip));
}

int state_given_drop(struct state *state, const char *remote, bool mine,
		     const struct head *head, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM given WHERE remote=? AND mine=?"
		      " AND strand=? AND device=? AND number=?",
		      "tibbi", remote, (int64_t)mine, &head->strand,
		      sizeof(head->strand), &head->device, sizeof(head->device),
		      head->number);
}

int state_given_clear(struct state *state, const char *remote, bool mine,
		      struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM given WHERE remote=? AND mine=?", "ti",
		      remote, (int64_t)mine);
}

/* -- files of a folder ----------------------------------------------------- */

int state_file_list(struct state *state, const char *remote, GArray **files_r,
		    struct err *err)
{
	AUTO(array)
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct state_file));
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " FILE_COLUMNS " FROM remote_files"
			    " WHERE remote=? ORDER BY name",
			    err);
	struct state_file file;
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "t", remote);
	while ((more = sql_step(stmt, err)) > 0) {
		file = (struct state_file){ 0 };
		sql_copy_text(stmt, 0, file.name, sizeof(file.name));
		file.size = sqlite3_column_int64(stmt, 1);
		file.mtime = sqlite3_column_int64(stmt, 2);
		file.ctime = sqlite3_column_int64(stmt, 3);
		file.mine = sqlite3_column_int(stmt, 4) != 0;
		file.joined = sqlite3_column_int64(stmt, 5);
		(void)g_array_append_val(files, file);
	}
	if (more < 0)
		return -1;
	*files_r = take(files);
	return 0;
}

int state_file_put(struct state *state, const char *remote,
		   const struct state_file *file, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "INSERT OR REPLACE INTO remote_files"
		      " VALUES(?,?,?,?,?,?,?)",
		      "ttiiiii", remote, file->name, file->size, file->mtime,
		      file->ctime, (int64_t)file->mine, file->joined);
}

int state_file_drop(struct state *state, const char *remote, const char *name,
		    struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM remote_files WHERE remote=? AND name=?",
		      "tt", remote, name);
}

int state_file_clear(struct state *state, const char *remote, bool mine_too,
		     struct err *err)
{
	return sql_do(state_sql(state), err,
		      "DELETE FROM remote_files WHERE remote=?"
		      " AND (mine=0 OR ?)",
		      "ti", remote, (int64_t)mine_too);
}
