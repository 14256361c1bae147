/* SPDX-License-Identifier: ISC */
/* Filling the index. */
#include "index-write.h"

#include <errno.h>
#include <string.h>

#include "defms/index-view.h"
#include "defms/name.h"
#include "index-row.h"
#include "quote.h"
#include "sql.h"

enum { WORDS_MAX = 1 << 20 }; /* bytes of a body that are searched */

int index_write_begin(struct index *index, struct err *err)
{
	/* Not BEGIN IMMEDIATE, which would lock the attached state.db too. */
	return sql_begin(index_sql(index), false, err);
}

void index_write_undo(struct index *index)
{
	sql_rollback(index_sql(index));
	g_hash_table_remove_all(index_addresses(index));
}

struct index_part *index_part_new(const char *name, unsigned number,
				  uint64_t size)
{
	struct index_part *part = g_new(struct index_part, 1);

	part->name = g_strdup(name);
	part->number = number;
	part->size = size;
	return part;
}

static void add_number(GByteArray *out, uint64_t value)
{
	uint8_t byte;

	for (; value >= 0x80; value >>= 7) {
		byte = (uint8_t)(value | 0x80);
		(void)g_byte_array_append(out, &byte, 1);
	}
	byte = (uint8_t)value;
	(void)g_byte_array_append(out, &byte, 1);
}

GByteArray *index_pack_parts(const GPtrArray *parts)
{
	GByteArray *out = g_byte_array_new();

	for (guint i = 0; i < parts->len; i++) {
		const struct index_part *part = g_ptr_array_index(parts, i);

		add_number(out, part->number);
		add_number(out, part->size);
		(void)g_byte_array_append(out, (const guint8 *)part->name,
					  (guint)strlen(part->name) + 1);
	}
	return out;
}

static uint64_t take_number(const uint8_t **at, const uint8_t *end)
{
	uint64_t value = 0;
	unsigned shift = 0;

	while (*at < end && shift < 64) {
		uint8_t byte = *(*at)++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

static void free_part(gpointer data)
{
	struct index_part *part = data;

	g_free(part->name);
	g_free(part);
}

GPtrArray *index_unpack_parts(const void *data, size_t size)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(free_part);
	const uint8_t *at = data, *end = at + size;

	while (at < end) {
		unsigned number = (unsigned)take_number(&at, end);
		uint64_t length = take_number(&at, end);
		const uint8_t *nul = memchr(at, '\0', (size_t)(end - at));

		if (!nul)
			break;
		g_ptr_array_add(parts, index_part_new((const char *)at, number,
						      length));
		at = nul + 1;
	}
	return parts;
}

/* The attachments under names that are safe and unique in their folder. */
static GByteArray *parts_of(const struct mime *mime)
{
	AUTO(ptrs) GPtrArray *parts = g_ptr_array_new_with_free_func(free_part);
	AUTO(table)
	GHashTable *taken = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < mime->attachments->len; i++) {
		const struct mime_attachment *from =
			g_ptr_array_index(mime->attachments, i);
		struct index_part *part =
			index_part_new("", from->number, from->size);

		g_free(part->name);
		part->name = name_attachment(from->name, from->type,
					     from->number, taken);
		(void)g_hash_table_add(taken, part->name);
		g_ptr_array_add(parts, part);
	}
	return index_pack_parts(parts);
}

/* References, then what In-Reply-To names besides. */
static char *references_of(const struct mime *mime)
{
	AUTO(table)
	GHashTable *said = g_hash_table_new(g_str_hash, g_str_equal);
	GString *out = g_string_new(NULL);
	const GPtrArray *lists[] = { mime->references, mime->in_reply_to };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++) {
			char *msgid = g_ptr_array_index(lists[i], j);

			if (!g_hash_table_add(said, msgid))
				continue;
			if (out->len > 0)
				(void)g_string_append_c(out, ' ');
			(void)g_string_append(out, msgid);
		}
	return g_string_free(out, FALSE);
}

static const struct address *first_sender(const struct mime *mime)
{
	return mime->senders->len > 0 ? g_ptr_array_index(mime->senders, 0)
				      : NULL;
}

static int add_row(struct index *index, const struct index_entry *entry,
		   struct err *err)
{
	const struct mime *mime = entry->mime;
	const struct address *sender = first_sender(mime);
	AUTO(str)
	char *short_name =
		sender ? address_short_name(sender) : g_strdup("unknown");
	AUTO(str)
	char *name = name_message(mime, &entry->hash, entry->name_digits);
	AUTO(str) char *references = references_of(mime);
	AUTO(bytes) GByteArray *parts = parts_of(mime);
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		index_sql(index),
		"INSERT INTO messages VALUES"
		"(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		err);

	if (!stmt)
		return -1;
	if (sql_bind(stmt, "iibbiiiitttttttttttttiiiib", entry->serial,
		     entry->strand, &entry->id, sizeof(entry->id),
		     &entry->object, sizeof(entry->object),
		     (int64_t)entry->pieces, (int64_t)entry->content_size,
		     mime->date_zone == MIME_NO_DATE ? (int64_t)0 : mime->date,
		     (int64_t)mime->date_zone, name, mime->subject, mime->from,
		     mime->to, mime->cc, mime->reply_to, mime->mail_reply_to,
		     mime->mail_followup_to, sender ? sender->mail : "",
		     short_name, mime->msgid, references, mime->list_id,
		     (int64_t)entry->text_size,
		     (int64_t)quote_size(entry->text, entry->text_size),
		     (int64_t)mime->html_part, (int64_t)mime->html_size,
		     parts->data, (size_t)parts->len) < 0)
		return sql_err(index_sql(index), err, "database");
	return sql_step(stmt, err) < 0 ? -1 : 0;
}

static int add_words(struct index *index, const struct index_entry *entry,
		     struct err *err)
{
	const struct mime *mime = entry->mime;
	AUTO(str) char *recipients = g_strconcat(mime->to, " ", mime->cc, NULL);
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		index_sql(index),
		"INSERT INTO words(rowid,sender,recipients,subject,body)"
		" VALUES(?,?,?,?,?)",
		err);

	if (!stmt)
		return -1;
	if (sql_bind(stmt, "ittt", entry->serial, mime->from, recipients,
		     mime->subject) < 0 ||
	    sqlite3_bind_text(stmt, 5, entry->text,
			      (int)MIN(entry->text_size, WORDS_MAX),
			      SQLITE_STATIC) != SQLITE_OK)
		return sql_err(index_sql(index), err, "database");
	return sql_step(stmt, err) < 0 ? -1 : 0;
}

/* The serial of an address: known from this batch, from before, or new. */
static int find_address(struct index *index, const char *mail,
			struct index_address **address_r, struct err *err)
{
	GHashTable *addresses = index_addresses(index);
	struct index_address *address = g_hash_table_lookup(addresses, mail);
	struct sql *sql = index_sql(index);
	int found;

	*address_r = address;
	if (address)
		return 0;
	address = g_new0(struct index_address, 1);
	(void)g_hash_table_insert(addresses, g_strdup(mail), address);
	*address_r = address;
	found = sql_int(sql, err, &address->serial,
			"SELECT serial FROM addresses WHERE mail=?", "t", mail);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (sql_do(sql, err, "INSERT INTO addresses(mail) VALUES(?)", "t",
		   mail) < 0)
		return -1;
	address->serial = sql_last_rowid(sql);
	return 0;
}

static int add_mention(struct index *index, const char *mail, int kind,
		       int64_t message, struct err *err)
{
	struct index_address *address;

	if (mail[0] == '\0')
		return 0;
	if (find_address(index, mail, &address, err) < 0)
		return -1;
	address->last[kind] = message;
	return sql_do(index_sql(index), err,
		      "INSERT OR IGNORE INTO mentions VALUES(?,?,?)", "iii",
		      address->serial, (int64_t)kind, message);
}

/* When each address was mentioned last: once a batch, not once a message. */
static int write_last_mentions(struct index *index, struct err *err)
{
	static const char *const updates[MENTION_KINDS] = {
		"UPDATE addresses SET last0=max(?2,ifnull(last0,0)) WHERE "
		"serial=?1",
		"UPDATE addresses SET last1=max(?2,ifnull(last1,0)) WHERE "
		"serial=?1",
		"UPDATE addresses SET last2=max(?2,ifnull(last2,0)) WHERE "
		"serial=?1",
	};
	GHashTableIter it;
	gpointer data;

	g_hash_table_iter_init(&it, index_addresses(index));
	while (g_hash_table_iter_next(&it, NULL, &data)) {
		const struct index_address *address = data;

		for (int kind = 0; kind < MENTION_KINDS; kind++)
			if (address->last[kind] &&
			    sql_do(index_sql(index), err, updates[kind], "ii",
				   address->serial, address->last[kind]) < 0)
				return -1;
	}
	g_hash_table_remove_all(index_addresses(index));
	return 0;
}

static int add_mentions(struct index *index, const GPtrArray *addresses,
			int kind, int64_t message, struct err *err)
{
	for (guint i = 0; i < addresses->len; i++) {
		const struct address *address = g_ptr_array_index(addresses, i);
		AUTO(str) char *key = address_key(address->mail);

		if (add_mention(index, key, kind, message, err) < 0)
			return -1;
	}
	return 0;
}

int index_add(struct index *index, const struct index_entry *entry,
	      struct err *err)
{
	const struct mime *mime = entry->mime;

	if (add_words(index, entry, err) < 0 || add_row(index, entry, err) < 0)
		return -1;
	if (add_mentions(index, mime->senders, MENTION_FROM, entry->serial,
			 err) < 0 ||
	    add_mentions(index, mime->recipients, MENTION_TO, entry->serial,
			 err) < 0)
		return -1;
	return add_mention(index, mime->list_id, MENTION_LIST, entry->serial,
			   err);
}

int index_place_of(struct index *index, int64_t message, int64_t *thread_r,
		   struct err *err)
{
	return sql_int(index_sql(index), err, thread_r,
		       "SELECT thread FROM places WHERE message=?", "i",
		       message);
}

int index_place(struct index *index, int64_t message, int64_t thread,
		int64_t seq, struct err *err)
{
	if (sql_do(index_sql(index), err,
		   "INSERT OR REPLACE INTO places VALUES(?,?,?)", "iii",
		   message, thread, seq) < 0)
		return -1;
	return sql_do(index_sql(index), err,
		      "UPDATE threads SET live=live+1,"
		      " first_date=min(ifnull(first_date,m.date),m.date),"
		      " last_date=max(ifnull(last_date,m.date),m.date)"
		      " FROM (SELECT date FROM messages WHERE serial=?2) AS m"
		      " WHERE serial=?1",
		      "ii", thread, message);
}

int index_set_live(struct index *index, int64_t thread, int64_t live,
		   struct err *err)
{
	return sql_do(index_sql(index), err,
		      "UPDATE threads SET live=?2 WHERE serial=?1", "ii",
		      thread, live);
}

int index_recount(struct index *index, int64_t seq, int64_t now,
		  struct err *err)
{
	return sql_do(index_sql(index), err,
		      "UPDATE threads SET live=c.n, seq=?1,"
		      " changed=max(?2,changed+1) FROM"
		      " (SELECT t.serial AS thread, (SELECT count(*)"
		      " FROM places p JOIN state.messages s"
		      " ON s.serial=p.message AND s.removed=0"
		      " WHERE p.thread=t.serial) AS n FROM main.threads t) AS c"
		      " WHERE c.thread=threads.serial AND c.n<>threads.live",
		      "ii", seq, now);
}

int index_add_msgid(struct index *index, int64_t key, int64_t thread,
		    struct err *err)
{
	return sql_do(index_sql(index), err,
		      "INSERT OR REPLACE INTO msgids VALUES(?,?)", "ii", key,
		      thread);
}

int index_touch_thread(struct index *index, int64_t thread, int64_t seq,
		       int64_t now, struct err *err)
{
	return sql_do(index_sql(index), err,
		      "INSERT INTO threads(serial,seq,changed) VALUES(?1,?2,?3)"
		      " ON CONFLICT(serial) DO UPDATE SET seq=?2,"
		      " changed=max(?3,changed+1)",
		      "iii", thread, seq, now);
}

int index_join(struct index *index, int64_t thread, int64_t elder, int64_t seq,
	       struct err *err)
{
	struct sql *sql = index_sql(index);

	if (sql_do(sql, err,
		   "UPDATE places SET thread=?2, seq=?3 WHERE thread=?1", "iii",
		   thread, elder, seq) < 0 ||
	    sql_do(sql, err, "UPDATE moved SET home=?2 WHERE home=?1", "ii",
		   thread, elder) < 0 ||
	    sql_do(sql, err,
		   "UPDATE threads SET live=threads.live+t.live,"
		   " first_date=min(ifnull(threads.first_date,t.first_date),"
		   " t.first_date),"
		   " last_date=max(ifnull(threads.last_date,t.last_date),"
		   " t.last_date)"
		   " FROM (SELECT * FROM threads WHERE serial=?1) AS t"
		   " WHERE threads.serial=?2 AND t.live>0",
		   "ii", thread, elder) < 0)
		return -1;
	/* Two statements, for each has its own index. */
	if (sql_do(sql, err,
		   "UPDATE threads SET joined=?2, seq=?3, live=0"
		   " WHERE serial=?1",
		   "iii", thread, elder, seq) < 0)
		return -1;
	return sql_do(sql, err,
		      "UPDATE threads SET joined=?2, seq=?3"
		      " WHERE joined=?1 AND joined<>0",
		      "iii", thread, elder, seq);
}

int index_write_end(struct index *index, int64_t seq, int64_t run,
		    struct err *err)
{
	if (write_last_mentions(index, err) < 0 ||
	    sql_do(index_sql(index), err,
		   "INSERT OR REPLACE INTO meta VALUES('seq',?),('run',?)",
		   "ii", seq, run) < 0)
		return -1;
	return sql_commit(index_sql(index), err);
}
