/* SPDX-License-Identifier: ISC */
/* Messages in the index. */
#include <errno.h>
#include <string.h>

#include "defms/state.h"
#include "index-row.h"
#include "sql.h"

#define COLUMNS                                                                \
	"m.serial,p.thread,p.seq,m.strand,m.object,m.pieces,m.content_size,"   \
	"m.date,m.date_zone,m.name,m.subject,m.sender,m.recipients,m.cc,"      \
	"m.reply_to,m.mail_reply_to,m.mail_followup_to,m.mail,m.short_name,"   \
	"m.msgid,m.refs,m.list,m.text_size,m.quote_size,m.html_part,"          \
	"m.html_size,m.parts,m.id,s.hash,s.flags,s.removed"
#define TABLES                                                                 \
	" FROM places p JOIN messages m ON m.serial=p.message"                 \
	" JOIN state.messages s ON s.serial=p.message "

static char *text_of(sqlite3_stmt *stmt, int column)
{
	return g_strdup(sql_text(stmt, column));
}

static void read_message(sqlite3_stmt *stmt, struct index_message *message)
{
	const void *parts = sqlite3_column_blob(stmt, 26);

	message->serial = sqlite3_column_int64(stmt, 0);
	message->thread = sqlite3_column_int64(stmt, 1);
	message->seq = sqlite3_column_int64(stmt, 2);
	message->strand = sqlite3_column_int64(stmt, 3);
	sql_copy_blob(stmt, 4, &message->object, sizeof(message->object));
	message->pieces = sqlite3_column_int(stmt, 5) != 0;
	message->content_size = (uint64_t)sqlite3_column_int64(stmt, 6);
	sql_copy_blob(stmt, 27, &message->id, sizeof(message->id));
	sql_copy_blob(stmt, 28, &message->hash, sizeof(message->hash));
	message->flags = (unsigned)sqlite3_column_int64(stmt, 29);
	message->removed = sqlite3_column_int64(stmt, 30);
	message->date = sqlite3_column_int64(stmt, 7);
	message->date_zone = sqlite3_column_int(stmt, 8);
	message->name = text_of(stmt, 9);
	message->subject = text_of(stmt, 10);
	message->from = text_of(stmt, 11);
	message->to = text_of(stmt, 12);
	message->cc = text_of(stmt, 13);
	message->reply_to = text_of(stmt, 14);
	message->mail_reply_to = text_of(stmt, 15);
	message->mail_followup_to = text_of(stmt, 16);
	message->mail = text_of(stmt, 17);
	message->short_name = text_of(stmt, 18);
	message->msgid = text_of(stmt, 19);
	message->references = text_of(stmt, 20);
	message->list_id = text_of(stmt, 21);
	message->text_size = (uint64_t)sqlite3_column_int64(stmt, 22);
	message->quote_size = (uint64_t)sqlite3_column_int64(stmt, 23);
	message->html_part = sqlite3_column_int(stmt, 24);
	message->html_size = (uint64_t)sqlite3_column_int64(stmt, 25);
	message->parts = index_unpack_parts(
		parts, (size_t)sqlite3_column_bytes(stmt, 26));
}

void index_message_release(struct index_message *message)
{
	g_free(message->name);
	g_free(message->subject);
	g_free(message->from);
	g_free(message->to);
	g_free(message->cc);
	g_free(message->reply_to);
	g_free(message->mail_reply_to);
	g_free(message->mail_followup_to);
	g_free(message->mail);
	g_free(message->short_name);
	g_free(message->msgid);
	g_free(message->references);
	g_free(message->list_id);
	if (message->parts)
		g_ptr_array_unref(message->parts);
	memset(message, 0, sizeof(*message));
}

static int get(sqlite3_stmt *held, struct index_message *message_r,
	       struct err *err)
{
	AUTO(stmt) sqlite3_stmt *stmt = held;
	int found = sql_step(stmt, err);

	if (found > 0)
		read_message(stmt, message_r);
	return found;
}

int index_message_get(struct index *index, int64_t serial,
		      struct index_message *message_r, struct err *err)
{
	sqlite3_stmt *stmt =
		sql_prepare(index_sql(index),
			    "SELECT " COLUMNS TABLES "WHERE p.message=?", err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	return get(stmt, message_r, err);
}

int index_message_next(struct index *index, int64_t thread, int64_t seq,
		       int64_t after, struct index_message *message_r,
		       struct err *err)
{
	sqlite3_stmt *stmt = sql_prepare(
		index_sql(index),
		"SELECT " COLUMNS TABLES
		"WHERE p.thread=? AND p.seq<=? AND p.message>? AND s.removed=0"
		" ORDER BY p.message LIMIT 1",
		err);

	if (!stmt)
		return -1;
	sql_bind(stmt, "iii", thread, seq, after);
	return get(stmt, message_r, err);
}

int index_message_of_msgid(struct index *index, const char *msgid,
			   int64_t after, int64_t *serial_r, struct err *err)
{
	int64_t thread;
	int found = index_thread_of_msgid(index, msgid, &thread, err);

	if (found <= 0)
		return found;
	return sql_int(index_sql(index), err, serial_r,
		       "SELECT min(p.message) FROM places p JOIN messages m ON"
		       " m.serial=p.message WHERE p.thread=? AND p.message>?"
		       " AND m.msgid=?",
		       "iit", thread, after, msgid);
}

int index_message_order(struct index *index, int64_t thread, int64_t seq,
			GArray **serials_r, struct err *err)
{
	return sql_list(index_sql(index), err, serials_r,
			"SELECT p.message" TABLES
			"WHERE p.thread=? AND p.seq<=? AND s.removed=0"
			" ORDER BY m.date, p.message",
			"ii", thread, seq);
}

/* One of `serials` that stands in `thread` under `name`. */
static int pick_named(struct index *index, const GArray *serials,
		      int64_t thread, const char *name,
		      struct index_message *message_r, struct err *err)
{
	for (guint i = 0; i < serials->len; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);
		int found = index_message_get(index, serial, message_r, err);

		if (found < 0)
			return -1;
		if (found > 0 && message_r->thread == thread &&
		    strcmp(message_r->name, name) == 0)
			return 1;
		if (found > 0)
			index_message_release(message_r);
	}
	return 0;
}

/* The hash stands at the end of the name, so that no index of names is kept. */
int index_message_named(struct index *index, int64_t thread, const char *name,
			struct index_message *message_r, struct err *err)
{
	AUTO(array) GArray *serials = NULL;
	const char *hex = strrchr(name, '.');
	struct message_id range[2];

	if (!hex || strlen(hex + 1) < 8 ||
	    state_prefix_range(hex + 1, range, NULL) < 0)
		return 0;
	if (sql_list(index_sql(index), err, &serials,
		     "SELECT serial FROM state.messages WHERE hash"
		     " BETWEEN ? AND ? AND removed=0 ORDER BY serial",
		     "bb", &range[0], sizeof(range[0]), &range[1],
		     sizeof(range[1])) < 0)
		return -1;
	return pick_named(index, serials, thread, name, message_r, err);
}

int index_ids(struct index *index, GArray **ids_r, struct err *err)
{
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct message_id));
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(index_sql(index), "SELECT id FROM messages", err);
	int more;

	if (!stmt)
		return -1;
	while ((more = sql_step(stmt, err)) > 0) {
		struct message_id id;

		sql_copy_blob(stmt, 0, &id, sizeof(id));
		(void)g_array_append_val(ids, id);
	}
	if (more < 0)
		return -1;
	*ids_r = take(ids);
	return 0;
}
