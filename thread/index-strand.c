/* SPDX-License-Identifier: ISC */
#include "index-strand.h"

#include "index-write.h"
#include "sql.h"

int index_restand(struct index *index, const struct index_entry *entry,
		  struct err *err)
{
	return sql_do(index_sql(index), err,
		      "UPDATE messages SET strand=?2, id=?3, object=?4,"
		      " pieces=?5 WHERE serial=?1",
		      "iibbi", entry->serial, entry->strand, &entry->id,
		      sizeof(entry->id), &entry->object, sizeof(entry->object),
		      (int64_t)entry->pieces);
}

int index_has(struct index *index, int64_t message, struct err *err)
{
	int64_t one;

	return sql_int(index_sql(index), err, &one,
		       "SELECT 1 FROM main.messages WHERE serial=?", "i",
		       message);
}

int index_thread_strands(struct index *index, int64_t thread,
			 GArray **strands_r, struct err *err)
{
	return sql_list(
		index_sql(index), err, strands_r,
		"SELECT DISTINCT s.strand FROM places p JOIN state.standing s"
		" ON s.message=p.message WHERE p.thread=? ORDER BY s.strand",
		"i", thread);
}

int index_strand_ids(struct index *index, int64_t strand, GHashTable **ids_r,
		     struct err *err)
{
	AUTO(table)
	GHashTable *ids = g_hash_table_new_full(message_id_hash,
						message_id_equal, g_free, NULL);
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(index_sql(index),
			    "SELECT id FROM main.messages WHERE strand=?", err);
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", strand);
	while ((more = sql_step(stmt, err)) > 0) {
		struct message_id *id = g_new(struct message_id, 1);

		sql_copy_blob(stmt, 0, id, sizeof(*id));
		(void)g_hash_table_add(ids, id);
	}
	if (more < 0)
		return -1;
	*ids_r = take(ids);
	return 0;
}
