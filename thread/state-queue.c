/* SPDX-License-Identifier: ISC */
/* The tables `queue` and `recipients`. */
#include "state-queue.h"

#include "sql.h"

#define TIME "sent_time" /* a number of state_get(), ns */

struct queue_recipient *queue_recipient_new(const char *address,
					    enum queue_state state,
					    const char *reason)
{
	struct queue_recipient *recipient = g_new0(struct queue_recipient, 1);

	recipient->address = g_strdup(address);
	recipient->state = state;
	recipient->reason = g_strdup(reason);
	return recipient;
}

void queue_recipient_free(gpointer data)
{
	struct queue_recipient *recipient = data;

	g_free(recipient->address);
	g_free(recipient->reason);
	g_free(recipient);
}

void queue_entry_free(struct queue_entry *entry)
{
	if (!entry)
		return;
	g_free(entry->sender);
	g_free(entry->reason);
	if (entry->recipients)
		g_ptr_array_unref(entry->recipients);
	g_free(entry);
}

static enum queue_state read_state(sqlite3_stmt *stmt, int column)
{
	return (enum queue_state)sqlite3_column_int64(stmt, column);
}

static int get_entry(struct state *state, int64_t id, struct queue_entry *entry,
		     struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT id,message,state,created,due,attempts,sender,reason"
		" FROM queue WHERE id=? AND state<5",
		err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", id);
	found = sql_step(stmt, err);
	if (found <= 0)
		return found;
	entry->id = sqlite3_column_int64(stmt, 0);
	entry->message = sqlite3_column_int64(stmt, 1);
	entry->state = read_state(stmt, 2);
	entry->created = sqlite3_column_int64(stmt, 3);
	entry->due = sqlite3_column_int64(stmt, 4);
	entry->attempts = sqlite3_column_int64(stmt, 5);
	entry->sender = g_strdup(sql_text(stmt, 6));
	entry->reason = g_strdup(sql_text(stmt, 7));
	return 1;
}

static int get_recipients(struct state *state, struct queue_entry *entry,
			  struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		state_sql(state),
		"SELECT address,state,reason FROM recipients WHERE queue=?"
		" ORDER BY place",
		err);
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", entry->id);
	while ((more = sql_step(stmt, err)) > 0)
		g_ptr_array_add(entry->recipients,
				queue_recipient_new(sql_text(stmt, 0),
						    read_state(stmt, 1),
						    sql_text(stmt, 2)));
	return more;
}

int queue_get(struct state *state, int64_t id, struct queue_entry **entry_r,
	      struct err *err)
{
	AUTO(queue_entry)
	struct queue_entry *entry = g_new0(struct queue_entry, 1);
	int found;

	entry->recipients =
		g_ptr_array_new_with_free_func(queue_recipient_free);
	found = get_entry(state, id, entry, err);
	if (found <= 0)
		return found;
	if (get_recipients(state, entry, err) < 0)
		return -1;
	*entry_r = take(entry);
	return 1;
}

int queue_next(struct state *state, int64_t id, struct queue_entry **entry_r,
	       struct err *err)
{
	int64_t next;
	int found = sql_int(state_sql(state), err, &next,
			    "SELECT min(id) FROM queue WHERE id>? AND state<4",
			    "i", id);

	return found > 0 ? queue_get(state, next, entry_r, err) : found;
}

int queue_known(struct state *state, const struct queue_source *source,
		int64_t *id_r, struct err *err)
{
	return sql_int(state_sql(state), err, id_r,
		       "SELECT id FROM queue WHERE source=?", "b",
		       source->bytes, sizeof(source->bytes));
}

/* -- what sent/ lists ------------------------------------------------------ */

int queue_sent_next(struct state *state, int64_t message, int64_t *message_r,
		    struct err *err)
{
	return sql_int(state_sql(state), err, message_r,
		       "SELECT min(message) FROM queue WHERE message>? AND"
		       " state<5",
		       "i", message);
}

int queue_sent(struct state *state, int64_t message, struct err *err)
{
	int64_t one;

	return sql_int(state_sql(state), err, &one,
		       "SELECT 1 FROM queue WHERE message=? AND state<5", "i",
		       message);
}

int queue_last(struct state *state, int64_t *id_r, struct err *err)
{
	*id_r = 0;
	return sql_int(state_sql(state), err, id_r, "SELECT max(id) FROM queue",
		       "") < 0
		       ? -1
		       : 0;
}

int queue_added(struct state *state, int64_t id, int64_t *id_r,
		int64_t *message_r, struct err *err)
{
	int found = sql_int(state_sql(state), err, id_r,
			    "SELECT min(id) FROM queue WHERE id>? AND state<5",
			    "i", id);

	if (found <= 0)
		return found;
	return sql_int(state_sql(state), err, message_r,
		       "SELECT message FROM queue WHERE id=?", "i", *id_r);
}

int queue_sent_time(struct state *state, int64_t *time_r, struct err *err)
{
	return state_get(state, TIME, time_r, err);
}

int state_queue_touch(struct state *state, struct err *err)
{
	int64_t last;

	if (state_get(state, TIME, &last, err) < 0)
		return -1;
	return state_set(state, TIME, MAX(g_get_real_time() * 1000, last + 1),
			 err);
}

/* -- changes --------------------------------------------------------------- */

static int add_row(struct state *state, const struct queue_entry *entry,
		   int64_t copy, const struct queue_source *source,
		   struct err *err)
{
	struct sql *sql = state_sql(state);

	if (!source)
		return sql_do(sql, err,
			      "INSERT INTO queue(message,copy,state,created,"
			      "due,sender,reason) VALUES(?,?,?,?,?,?,?)",
			      "iiiiitt", entry->message, copy,
			      (int64_t)entry->state, entry->created, entry->due,
			      entry->sender, entry->reason);
	return sql_do(sql, err,
		      "INSERT INTO queue(message,copy,state,created,due,"
		      "sender,reason,source) VALUES(?,?,?,?,?,?,?,?)",
		      "iiiiittb", entry->message, copy, (int64_t)entry->state,
		      entry->created, entry->due, entry->sender, entry->reason,
		      source->bytes, sizeof(source->bytes));
}

int state_queue_add(struct state *state, struct queue_entry *entry,
		    int64_t copy, const struct queue_source *source,
		    struct err *err)
{
	if (add_row(state, entry, copy, source, err) < 0)
		return -1;
	entry->id = sql_last_rowid(state_sql(state));
	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (sql_do(state_sql(state), err,
			   "INSERT OR IGNORE INTO recipients(queue,address,"
			   "place,state,reason) VALUES(?,?,?,?,?)",
			   "itiit", entry->id, recipient->address, (int64_t)i,
			   (int64_t)recipient->state, recipient->reason) < 0)
			return -1;
	}
	return state_queue_touch(state, err);
}

int state_queue_copy(struct state *state, int64_t id, int64_t *copy_r,
		     struct err *err)
{
	int found = sql_int(state_sql(state), err, copy_r,
			    "SELECT copy FROM queue WHERE id=?", "i", id);

	if (found == 0)
		*copy_r = 0;
	return found < 0 ? -1 : 0;
}

int state_queue_end(struct state *state, int64_t id, enum queue_state to,
		    struct err *err)
{
	struct sql *sql = state_sql(state);

	if (sql_do(sql, err, "UPDATE queue SET state=?2 WHERE id=?1", "ii", id,
		   (int64_t)to) < 0 ||
	    sql_do(sql, err,
		   "UPDATE recipients SET state=5 WHERE queue=? AND state<3",
		   "i", id) < 0)
		return -1;
	return state_queue_touch(state, err);
}

/* 1 if it was `from`, and is `to` now. */
static int move(struct state *state, int64_t id, enum queue_state from,
		enum queue_state to, struct err *err)
{
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	int found = queue_get(state, id, &entry, err);

	if (found <= 0 || entry->state != from)
		return found < 0 ? -1 : 0;
	if (sql_do(state_sql(state), err,
		   "UPDATE queue SET state=?2,reason='' WHERE id=?1", "ii", id,
		   (int64_t)to) < 0)
		return -1;
	return 1;
}

int queue_hold(struct state *state, int64_t id, struct err *err)
{
	return move(state, id, QUEUE_WAITING, QUEUE_HELD, err);
}

int queue_release(struct state *state, int64_t id, struct err *err)
{
	return move(state, id, QUEUE_HELD, QUEUE_WAITING, err);
}

int queue_hold_all(struct state *state, const char *reason, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE queue SET state=?,reason=? WHERE state=?", "iti",
		      (int64_t)QUEUE_HELD, reason, (int64_t)QUEUE_WAITING);
}
