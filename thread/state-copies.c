/* SPDX-License-Identifier: ISC */
/* Messages and their copies. */
#include "defms/state-copies.h"
#include "defms/state.h"

#include <errno.h>
#include <string.h>

#include "defms/name.h"
#include "sql.h"

#define MESSAGE "serial,hash,strand,flags,removed"
#define COPY                                                                   \
	"serial,message,folder,is_new,crlf,flags,received,raw_size,"           \
	"header_size,mbox_size,base,suffix"

static int get_message(sqlite3_stmt *held, struct state_message *message_r,
		       struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0) {
		message_r->serial = sqlite3_column_int64(stmt, 0);
		sql_copy_blob(stmt, 1, &message_r->hash,
			      sizeof(message_r->hash));
		message_r->strand = sqlite3_column_int64(stmt, 2);
		message_r->flags = (unsigned)sqlite3_column_int64(stmt, 3);
		message_r->removed = sqlite3_column_int64(stmt, 4);
	}
	return found;
}

int state_message_find(struct state *state, const struct message_id *hash,
		       struct state_message *message_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT " MESSAGE " FROM messages WHERE hash=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "b", hash, sizeof(*hash));
	return get_message(stmt, message_r, err);
}

int state_message_get(struct state *state, int64_t serial,
		      struct state_message *message_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT " MESSAGE " FROM messages WHERE serial=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get_message(stmt, message_r, err);
}

int state_prefix_range(const char *prefix, struct message_id range[2],
		       struct err *err)
{
	char hex[MESSAGE_ID_HEX + 1];
	size_t len = strlen(prefix);

	if (len == 0 || len > MESSAGE_ID_HEX)
		return err_set(err, EINVAL, "not the start of a hash");
	memcpy(hex, prefix, len);
	memset(hex + len, '0', MESSAGE_ID_HEX - len);
	hex[MESSAGE_ID_HEX] = '\0';
	if (message_id_parse(hex, &range[0], err) < 0)
		return -1;
	memset(hex + len, 'f', MESSAGE_ID_HEX - len);
	return message_id_parse(hex, &range[1], err);
}

int state_message_prefix(struct state *state, const char *prefix,
			 GArray **serials_r, struct err *err)
{
	struct message_id range[2];

	if (state_prefix_range(prefix, range, err) < 0)
		return -1;
	return sql_list(state_sql(state), err, serials_r,
			"SELECT serial FROM messages WHERE hash BETWEEN ?"
			" AND ? ORDER BY serial",
			"bb", &range[0], sizeof(range[0]), &range[1],
			sizeof(range[1]));
}

int state_message_add(struct state *state, const struct message_id *hash,
		      int64_t strand, int64_t *serial_r, struct err *err)
{
	int added = sql_int(state_sql(state), err, serial_r,
			    "INSERT INTO messages(hash,strand) VALUES(?,?)"
			    " ON CONFLICT(hash) DO UPDATE SET removed=0,"
			    " strand=excluded.strand WHERE strand=0"
			    " RETURNING serial",
			    "bi", hash, sizeof(*hash), strand);

	if (added == 0)
		return err_set(err, EEXIST, "the message is there already");
	return added < 0 ? -1 : 0;
}

int state_message_remove(struct state *state, int64_t serial, int64_t when,
			 struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE messages SET removed=?2 WHERE serial=?1", "ii",
		      serial, when);
}

int state_message_flags(struct state *state, int64_t message, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE messages SET flags=coalesce(("
		      " SELECT max(flags&1)|max(flags&2)|max(flags&4)|"
		      " max(flags&8)|max(flags&16)|max(flags&32)"
		      " FROM copies WHERE message=?1),0) WHERE serial=?1",
		      "i", message);
}

int state_copy_add(struct state *state, struct state_copy *copy,
		   const void *trace, size_t trace_size, struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err,
		   "INSERT INTO copies(message,folder,is_new,crlf,flags,"
		   "received,raw_size,header_size,mbox_size,base,look,suffix,"
		   "serial) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,nullif(?,0))",
		   "iiiiiiiiititi", copy->message, copy->folder,
		   (int64_t)copy->is_new, (int64_t)copy->crlf,
		   (int64_t)copy->flags, copy->received,
		   (int64_t)copy->raw_size, (int64_t)copy->header_size,
		   (int64_t)copy->mbox_size, copy->base[0] ? copy->base : NULL,
		   copy->look, copy->has_suffix ? copy->suffix : NULL,
		   copy->serial) < 0)
		return -1;
	copy->serial = sql_last_rowid(sql);
	if (copy->flags != 0 &&
	    sql_do(sql, err,
		   "UPDATE messages SET flags=flags|?2 WHERE serial=?1", "ii",
		   copy->message, (int64_t)copy->flags) < 0)
		return -1;
	if (trace_size == 0)
		return 0;
	return sql_do(sql, err, "INSERT INTO traces VALUES(?,?)", "ib",
		      copy->serial, trace, trace_size);
}

static void read_copy(sqlite3_stmt *stmt, struct state_copy *copy)
{
	copy->serial = sqlite3_column_int64(stmt, 0);
	copy->message = sqlite3_column_int64(stmt, 1);
	copy->folder = sqlite3_column_int64(stmt, 2);
	copy->is_new = sqlite3_column_int(stmt, 3) != 0;
	copy->crlf = sqlite3_column_int(stmt, 4) != 0;
	copy->flags = (unsigned)sqlite3_column_int64(stmt, 5);
	copy->received = sqlite3_column_int64(stmt, 6);
	copy->raw_size = (uint64_t)sqlite3_column_int64(stmt, 7);
	copy->header_size = (uint64_t)sqlite3_column_int64(stmt, 8);
	copy->mbox_size = (uint64_t)sqlite3_column_int64(stmt, 9);
	sql_copy_text(stmt, 10, copy->base, sizeof(copy->base));
	copy->has_suffix = sqlite3_column_type(stmt, 11) == SQLITE_TEXT;
	sql_copy_text(stmt, 11, copy->suffix, sizeof(copy->suffix));
}

static int get_copy(sqlite3_stmt *held, struct state_copy *copy_r,
		    struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0)
		read_copy(stmt, copy_r);
	return found;
}

int state_copy_get(struct state *state, int64_t serial,
		   struct state_copy *copy_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " COPY " FROM copies WHERE serial=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get_copy(stmt, copy_r, err);
}

int state_copy_gone(struct state *state, int64_t *seq,
		    struct state_copy *copy_r, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT copy,message,folder,is_new,0,flags,received,0,0,0,base,"
		"suffix,seq FROM gone WHERE seq>? ORDER BY seq LIMIT 1",
		err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", *seq);
	found = sql_step(stmt, err);
	if (found <= 0)
		return found;
	read_copy(stmt, copy_r);
	*seq = sqlite3_column_int64(stmt, 12);
	return 1;
}

int state_copy_gone_last(struct state *state, int64_t *seq_r, struct err *err)
{
	*seq_r = 0;
	return sql_int(state_sql(state), err, seq_r,
		       "SELECT seq FROM gone ORDER BY seq DESC LIMIT 1", "") < 0
		       ? -1
		       : 0;
}

int state_copy_first(struct state *state, int64_t message,
		     struct state_copy *copy_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " COPY " FROM copies WHERE serial=("
			    "SELECT min(serial) FROM copies WHERE message=?)",
			    err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", message);
	return get_copy(stmt, copy_r, err);
}

int state_copy_alike(struct state *state, const struct state_copy *like,
		     struct state_copy *copy_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " COPY " FROM copies WHERE message=? AND"
			    " folder=? AND look=? AND serial>?"
			    " ORDER BY serial LIMIT 1",
			    err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "iiii", like->message, like->folder, like->look,
		 like->serial);
	return get_copy(stmt, copy_r, err);
}

int state_copy_list(struct state *state, int64_t message, int64_t folder,
		    GArray **serials_r, struct err *err)
{
	return sql_list(state_sql(state), err, serials_r,
			"SELECT serial FROM copies WHERE message=?1 AND"
			" (?2=0 OR folder=?2) ORDER BY serial",
			"ii", message, folder);
}

int state_copy_named(struct state *state, int64_t folder, const char *base,
		     struct state_copy *copy_r, struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT " COPY " FROM copies WHERE folder=? AND base=?"
		" ORDER BY serial LIMIT 1",
		err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "it", folder, base);
	return get_copy(stmt, copy_r, err);
}

static bool is_called(const struct state_copy *copy, const char *name)
{
	AUTO(str) char *called = name_copy(copy);

	return strcmp(called, name) == 0;
}

/* One whose name is made of its serial. */
static int find_made(struct state *state, const struct state_copy *like,
		     const char *name, struct state_copy *copy_r,
		     struct err *err)
{
	int64_t serial = name_copy_serial(like->base);
	struct state_message message;
	int found;

	if (serial == 0)
		return 0;
	found = state_copy_get(state, serial, copy_r, err);
	if (found <= 0 || copy_r->folder != like->folder ||
	    copy_r->is_new != like->is_new || !is_called(copy_r, name))
		return found < 0 ? -1 : 0;
	found = state_message_get(state, copy_r->message, &message, err);
	return found > 0 ? message.removed == 0 : found;
}

int state_copy_called(struct state *state, int64_t folder, bool is_new,
		      const char *name, struct state_copy *copy_r,
		      struct err *err)
{
	struct state_copy like = { .folder = folder, .is_new = is_new };
	AUTO(stmt) sqlite3_stmt *stmt = NULL;
	int found;

	if (name[0] == '\0' || strlen(name) >= sizeof(like.base))
		return 0;
	name_copy_split(name, &like);
	found = find_made(state, &like, name, copy_r, err);
	if (found != 0)
		return found;
	/* "+": by the base, of which there are few, not by the place. */
	stmt = sql_prepare(state_sql(state),
			   "SELECT " COPY " FROM copies WHERE folder=? AND"
			   " base=? AND +is_new=? AND NOT EXISTS (SELECT 1"
			   " FROM messages m WHERE m.serial=copies.message"
			   " AND m.removed<>0)",
			   err);
	if (!stmt)
		return -1;
	sql_bind(stmt, "iti", folder, like.base, (int64_t)is_new);
	while ((found = sql_step(stmt, err)) > 0) {
		read_copy(stmt, copy_r);
		if (is_called(copy_r, name))
			return 1;
	}
	return found;
}

int state_copy_range(struct state *state, const struct state_copy *after,
		     int64_t limit, GArray **copies_r, struct err *err)
{
	AUTO(array)
	GArray *copies = g_array_new(FALSE, FALSE, sizeof(struct state_copy));
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(state_sql(state),
			    "SELECT " COPY " FROM copies WHERE folder=? AND"
			    " is_new=? AND serial>? AND NOT EXISTS (SELECT 1"
			    " FROM messages m WHERE m.serial=copies.message"
			    " AND m.removed<>0) ORDER BY serial LIMIT ?",
			    err);
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "iiii", after->folder, (int64_t)after->is_new,
		 after->serial, limit);
	while ((more = sql_step(stmt, err)) > 0) {
		struct state_copy copy;

		read_copy(stmt, &copy);
		(void)g_array_append_val(copies, copy);
	}
	if (more < 0)
		return -1;
	*copies_r = take(copies);
	return 0;
}

int state_trace(struct state *state, int64_t copy, GByteArray *out,
		struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state), "SELECT data FROM traces WHERE copy=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", copy);
	found = sql_step(stmt, err);
	if (found > 0)
		sql_append_blob(stmt, 0, out);
	return found < 0 ? -1 : 0;
}
