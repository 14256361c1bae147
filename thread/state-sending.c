/* SPDX-License-Identifier: ISC */
/* The rows of the queue while it is sent, for sending.c. */
#include "state-queue.h"

#include "defms/sending.h"
#include "sql.h"

int sending_next(struct state *state, int64_t id, int64_t now,
		 struct queue_entry **entry_r, struct err *err)
{
	int64_t next;
	int found = sql_int(state_sql(state), err, &next,
			    "SELECT min(id) FROM queue WHERE id>? AND state<4"
			    " AND state=? AND due<=?",
			    "iii", id, (int64_t)QUEUE_WAITING, now);

	return found > 0 ? queue_get(state, next, entry_r, err) : found;
}

int state_queue_begin(struct state *state, int64_t id, const char *address,
		      const char *reason, struct err *err)
{
	int64_t waits;
	int found = sql_int(state_sql(state), err, &waits,
			    "SELECT 1 FROM recipients JOIN queue ON"
			    " queue.id=queue WHERE queue=? AND address=? AND"
			    " recipients.state=? AND queue.state=?",
			    "itii", id, address, (int64_t)QUEUE_WAITING,
			    (int64_t)QUEUE_WAITING);

	if (found <= 0)
		return found;
	if (sql_do(state_sql(state), err,
		   "UPDATE recipients SET state=?3,reason=?4"
		   " WHERE queue=?1 AND address=?2",
		   "itit", id, address, (int64_t)QUEUE_DOUBT, reason) < 0)
		return -1;
	return 1;
}

int state_queue_fate(struct state *state, int64_t id,
		     const struct queue_recipient *recipient, struct err *err)
{
	int64_t was;
	int found = sql_int(state_sql(state), err, &was,
			    "SELECT state FROM recipients"
			    " WHERE queue=? AND address=?",
			    "it", id, recipient->address);

	/* Somebody may have dropped it meanwhile. */
	if (found <= 0 || (was != QUEUE_WAITING && was != QUEUE_DOUBT))
		return found < 0 ? -1 : 0;
	if (sql_do(state_sql(state), err,
		   "UPDATE recipients SET state=?3,reason=?4"
		   " WHERE queue=?1 AND address=?2",
		   "itit", id, recipient->address, (int64_t)recipient->state,
		   recipient->reason) < 0)
		return -1;
	return recipient->state == QUEUE_FAILED;
}

int state_queue_put(struct state *state, const struct queue_entry *entry,
		    struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE queue SET state=?2,created=?3,due=?4,attempts=?5,"
		      "reason=?6 WHERE id=?1",
		      "iiiiit", entry->id, (int64_t)entry->state,
		      entry->created, entry->due, entry->attempts,
		      entry->reason);
}

int state_queue_bounced(struct state *state, int64_t id, const char *address,
			const char *reason, struct err *err)
{
	int64_t place;
	int found = sql_int(state_sql(state), err, &place,
			    "SELECT place FROM recipients WHERE queue=? AND"
			    " address=? COLLATE NOCASE AND state IN(?,?)",
			    "itii", id, address, (int64_t)QUEUE_SENT,
			    (int64_t)QUEUE_DOUBT);

	if (found <= 0)
		return found;
	if (sql_do(state_sql(state), err,
		   "UPDATE recipients SET state=?3,reason=?4"
		   " WHERE queue=?1 AND place=?2",
		   "iiit", id, place, (int64_t)QUEUE_FAILED, reason) < 0)
		return -1;
	return 1;
}

int state_queue_of_message(struct state *state, int64_t message, int64_t id,
			   int64_t *id_r, struct err *err)
{
	return sql_int(state_sql(state), err, id_r,
		       "SELECT min(id) FROM queue WHERE message=? AND state<5"
		       " AND id>?",
		       "ii", message, id);
}

int state_queue_again(struct state *state, int64_t id, struct err *err)
{
	return sql_do(state_sql(state), err,
		      "UPDATE recipients SET state=?2,reason=''"
		      " WHERE queue=?1 AND state IN(?3,?4)",
		      "iiii", id, (int64_t)QUEUE_WAITING, (int64_t)QUEUE_FAILED,
		      (int64_t)QUEUE_DOUBT);
}
