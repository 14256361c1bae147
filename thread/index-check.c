/* SPDX-License-Identifier: ISC */
/* Each query gives a line for what should not be. */
#include <string.h>

#include "index-row.h"
#include "sql.h"
#include "state-check.h"

int index_check_begin(struct index *index, struct err *err)
{
	int64_t ignored;

	/* A transaction sees a database as it is when it first reads it. */
	if (index_begin(index, err) < 0 ||
	    index_seq(index, &ignored, err) < 0 ||
	    sql_int(index_sql(index), err, &ignored,
		    "SELECT value FROM state.meta WHERE name='seq'", "") < 0)
		return -1;
	return 0;
}

int index_check(struct index *index, GPtrArray *problems, struct err *err)
{
	static const char *const queries[] = {
		"PRAGMA main.integrity_check(20)",
		"SELECT 'is at change '||i.value||', state.db at '||s.value"
		" FROM main.meta i, state.meta s WHERE i.name='seq' AND"
		" s.name='seq' AND i.value<>s.value",
		"SELECT 'counts '||value||' threads, has '||n FROM main.meta,"
		" (SELECT count(*) AS n FROM main.threads WHERE joined=0 AND"
		" live>0)"
		" WHERE name='threads' AND value<>n",
		"SELECT 'message '||serial||': not in state.db'"
		" FROM main.messages"
		" WHERE serial NOT IN (SELECT serial FROM state.messages"
		" WHERE strand<>0)",
		"SELECT 'message '||lower(hex(hash))||': not in the index'"
		" FROM state.messages WHERE strand<>0 AND"
		" serial NOT IN (SELECT serial FROM main.messages)",
		"SELECT 'message '||serial||': in no thread'"
		" FROM main.messages"
		" WHERE serial NOT IN (SELECT message FROM places)",
		"SELECT 'message '||message||': its thread '||p.thread||"
		"' is not there' FROM places p LEFT JOIN main.threads t"
		" ON t.serial=p.thread WHERE t.serial IS NULL OR t.joined<>0",
		"SELECT 'message '||message||': belongs to thread '||home||"
		"', which is not there' FROM moved m LEFT JOIN main.threads t"
		" ON t.serial=m.home WHERE t.serial IS NULL OR t.joined<>0",
		"SELECT 'thread '||serial||': part of a younger one'"
		" FROM main.threads WHERE joined>=serial",
		"SELECT 'decisions: not those of state.db' WHERE (EXISTS"
		" (SELECT 1 FROM state.links) OR EXISTS (SELECT 1 FROM splits)"
		" OR EXISTS (SELECT 1 FROM moved)) AND ((SELECT"
		" count(*) FROM splits)<>(SELECT count(*) FROM state.messages m"
		" WHERE EXISTS (SELECT 1 FROM state.links l WHERE l.line="
		"'split '||lower(hex(m.hash)))) OR (SELECT count(*) FROM moved)"
		"<>(SELECT count(*) FROM state.messages m WHERE EXISTS"
		" (SELECT 1 FROM state.links l WHERE l.line>'move '||"
		"lower(hex(m.hash))||' ' AND l.line<'move '||"
		"lower(hex(m.hash))||'!' AND l.line NOT GLOB 'move * * *')))",
		"SELECT 'thread '||serial||': not in state.db'"
		" FROM main.threads"
		" WHERE serial NOT IN (SELECT serial FROM state.threads)",
		"SELECT 'thread '||t.serial||': counts '||t.live||"
		"' messages, has '||ifnull(c.n,0) FROM main.threads t"
		" LEFT JOIN (SELECT p.thread, count(*) AS n FROM places p"
		" JOIN state.messages m ON m.serial=p.message AND m.removed=0"
		" GROUP BY p.thread) c ON c.thread=t.serial"
		" WHERE t.live<>ifnull(c.n,0)",
	};

	return state_check_run(index_sql(index), queries, G_N_ELEMENTS(queries),
			       problems, err);
}

int index_check_message(struct index *index, int64_t serial, int64_t strand,
			const struct strand_entry *entry, uint64_t content_size,
			struct err *err)
{
	int64_t one;

	return sql_int(index_sql(index), err, &one,
		       "SELECT 1 FROM main.messages WHERE serial=? AND"
		       " strand=? AND id=? AND object=? AND pieces=? AND"
		       " content_size=?",
		       "iibbii", serial, strand, &entry->id, sizeof(entry->id),
		       &entry->object, sizeof(entry->object),
		       (int64_t)entry->pieces, (int64_t)content_size);
}
