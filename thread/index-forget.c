/* SPDX-License-Identifier: ISC */
/* Messages that were erased. The full text has no content of its own, so what
 * it knows of one cannot be taken out; nothing is found by it, as every query
 * goes by the row of `places`. */
#include "index-row.h"
#include "index-write.h"
#include "sql.h"

int index_forget(struct index *index, int64_t message, struct err *err)
{
	static const char *const queries[] = {
		"DELETE FROM places WHERE message=?",
		"DELETE FROM splits WHERE message=?",
		"DELETE FROM moved WHERE message=?",
		"DELETE FROM main.messages WHERE serial=?",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(queries); i++)
		if (sql_do(index_sql(index), err, queries[i], "i", message) < 0)
			return -1;
	return 0;
}

/* Once for all of them, for mentions are kept by address. */
int index_forget_mentions(struct index *index, struct err *err)
{
	return sql_run(
		index_sql(index),
		"DELETE FROM mentions WHERE message NOT IN"
		" (SELECT serial FROM main.messages);"
		"UPDATE addresses SET last0=(SELECT max(message) FROM mentions"
		" WHERE address=addresses.serial AND kind=0)"
		" WHERE last0 NOT IN (SELECT serial FROM main.messages);"
		"UPDATE addresses SET last1=(SELECT max(message) FROM mentions"
		" WHERE address=addresses.serial AND kind=1)"
		" WHERE last1 NOT IN (SELECT serial FROM main.messages);"
		"UPDATE addresses SET last2=(SELECT max(message) FROM mentions"
		" WHERE address=addresses.serial AND kind=2)"
		" WHERE last2 NOT IN (SELECT serial FROM main.messages)",
		err);
}

int index_erased(struct index *index, GArray **messages_r, struct err *err)
{
	return sql_list(index_sql(index), err, messages_r,
			"SELECT m.serial FROM state.messages s JOIN"
			" main.messages m ON m.serial=s.serial"
			" WHERE s.strand=0",
			"");
}
