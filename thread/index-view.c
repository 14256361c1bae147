/* SPDX-License-Identifier: ISC */
/* The by/ views: threads by address, month and flag. */
#include "defms/index-view.h"

#include <errno.h>

#include "index-row.h"
#include "sql.h"

/* Of what SQLite can calculate with, and directories are named by: the years 1
 * to 9999. Without a date (MIME_NO_DATE) a message stands in no month. */
#define FIRST "-62135596800"
#define END "253402300800"
#define DATED " AND date<" END " AND date_zone<>-2147483648"

int index_address_find(struct index *index, const char *mail,
		       enum index_mention kind, int64_t *serial_r,
		       struct err *err)
{
	static const char *const queries[MENTION_KINDS] = {
		"SELECT serial FROM addresses WHERE mail=? AND last0 NOTNULL",
		"SELECT serial FROM addresses WHERE mail=? AND last1 NOTNULL",
		"SELECT serial FROM addresses WHERE mail=? AND last2 NOTNULL",
	};

	return sql_int(index_sql(index), err, serial_r, queries[kind], "t",
		       mail);
}

int index_address_get(struct index *index, int64_t serial, char **mail_r,
		      struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt =
		sql_prepare(index_sql(index),
			    "SELECT mail FROM addresses WHERE serial=?", err);
	int found;

	*mail_r = NULL;
	if (!stmt)
		return -1;
	sql_bind(stmt, "i", serial);
	found = sql_step(stmt, err);
	if (found > 0)
		*mail_r = g_strdup(sql_text(stmt, 0));
	return found;
}

int index_address_recent(struct index *index, enum index_mention kind,
			 int64_t limit, GArray **serials_r, struct err *err)
{
	static const char *const queries[MENTION_KINDS] = {
		"SELECT serial FROM (SELECT serial FROM addresses WHERE"
		" last0 NOTNULL ORDER BY last0 DESC LIMIT ?) ORDER BY serial",
		"SELECT serial FROM (SELECT serial FROM addresses WHERE"
		" last1 NOTNULL ORDER BY last1 DESC LIMIT ?) ORDER BY serial",
		"SELECT serial FROM (SELECT serial FROM addresses WHERE"
		" last2 NOTNULL ORDER BY last2 DESC LIMIT ?) ORDER BY serial",
	};

	return sql_list(index_sql(index), err, serials_r, queries[kind], "i",
			limit);
}

int index_address_threads(struct index *index, int64_t address,
			  enum index_mention kind, GArray **threads_r,
			  struct err *err)
{
	return sql_list(
		index_sql(index), err, threads_r,
		"SELECT DISTINCT p.thread FROM mentions a"
		" JOIN places p ON p.message=a.message"
		" JOIN state.messages s ON s.serial=p.message AND s.removed=0"
		" WHERE a.address=? AND a.kind=? ORDER BY p.thread",
		"ii", address, (int64_t)kind);
}

int index_months(struct index *index, GArray **months_r, struct err *err)
{
	/* From each month to the first message after its end: as many probes
	 * as there are months, not as there are messages. */
	return sql_list(index_sql(index), err, months_r,
			"WITH RECURSIVE month(at) AS ("
			" SELECT min(date) FROM messages"
			"  WHERE date>=" FIRST DATED " UNION ALL"
			" SELECT (SELECT min(date) FROM messages"
			"  WHERE date>=unixepoch(at,'unixepoch',"
			"  'start of month','+1 month')" DATED ")"
			" FROM month WHERE at NOTNULL)"
			" SELECT CAST(strftime('%Y%m',at,'unixepoch')"
			" AS INTEGER) FROM month WHERE at NOTNULL",
			"");
}

int index_month_threads(struct index *index, int64_t month, GArray **threads_r,
			struct err *err)
{
	return sql_list(
		index_sql(index), err, threads_r,
		"WITH span(start) AS (SELECT printf('%04d-%02d-01',?1/100,"
		" ?1%100))"
		" SELECT DISTINCT p.thread FROM messages m"
		" JOIN places p ON p.message=m.serial"
		" JOIN state.messages s ON s.serial=p.message AND s.removed=0"
		" WHERE date_zone<>-2147483648 AND"
		" m.date>=(SELECT unixepoch(start) FROM span) AND"
		" m.date<(SELECT ifnull(unixepoch(start,'+1 month')," END ")"
		" FROM span)"
		" ORDER BY p.thread",
		"i", month);
}

int index_flag_threads(struct index *index, unsigned mask, unsigned value,
		       GArray **threads_r, struct err *err)
{
	return sql_list(
		index_sql(index), err, threads_r,
		"SELECT DISTINCT p.thread FROM state.messages s"
		" JOIN places p ON p.message=s.serial"
		" WHERE s.removed=0 AND (s.flags&?1)=?2 ORDER BY p.thread",
		"ii", (int64_t)mask, (int64_t)value);
}

int index_thread_flag_threads(struct index *index, unsigned flag,
			      GArray **threads_r, struct err *err)
{
	return sql_list(
		index_sql(index), err, threads_r,
		"SELECT t.serial FROM state.threads n JOIN threads t"
		" ON t.serial=n.serial WHERE (n.flags&?1)<>0 AND t.joined=0"
		" AND t.live>0 ORDER BY t.serial",
		"i", (int64_t)flag);
}
