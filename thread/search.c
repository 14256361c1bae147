/* SPDX-License-Identifier: ISC */
#include "defms/search.h"

#include <string.h>

#include "index-row.h"
#include "search-sql.h"

#define TABLES                                                                 \
	" FROM places p JOIN messages m ON m.serial=p.message"                 \
	" JOIN state.messages s ON s.serial=p.message"

enum { NAMES_MAX = 5 }; /* of the people in a thread that are listed */

/* "ORDER BY ... LIMIT n". */
static char *tail_of(const char *order, const char *order_oldest,
		     const struct search_options *options)
{
	GString *tail = g_string_new(options->oldest ? order_oldest : order);

	if (options->limit > 0)
		g_string_append_printf(tail, " LIMIT %" G_GINT64_FORMAT,
				       options->limit);
	return g_string_free(tail, FALSE);
}

int search_messages(struct index *index, const struct search *search,
		    const struct search_options *options, GArray **serials_r,
		    struct err *err)
{
	AUTO(once) sqlite3_stmt *stmt = NULL;
	AUTO(str)
	char *tail = tail_of("ORDER BY m.date DESC, m.serial DESC",
			     "ORDER BY m.date, m.serial", options);

	if (search_prepare(index, search, "SELECT p.message" TABLES, tail,
			   &stmt, err) < 0)
		return -1;
	return sql_integers(stmt, serials_r, err);
}

int search_count(struct index *index, const struct search *search, bool threads,
		 int64_t *count_r, struct err *err)
{
	AUTO(once) sqlite3_stmt *stmt = NULL;
	int found;

	if (search_prepare(index, search,
			   threads ? "SELECT count(DISTINCT p.thread)" TABLES
				   : "SELECT count(*)" TABLES,
			   "", &stmt, err) < 0)
		return -1;
	found = sql_step(stmt, err);
	*count_r = found > 0 ? sqlite3_column_int64(stmt, 0) : 0;
	return found < 0 ? -1 : 0;
}

static int prepare_threads(struct index *index, const struct search *search,
			   const struct search_options *options,
			   sqlite3_stmt **stmt_r, struct err *err)
{
	AUTO(str)
	char *tail = tail_of("GROUP BY p.thread ORDER BY 2 DESC, 1 DESC",
			     "GROUP BY p.thread ORDER BY 2, 1", options);

	return search_prepare(index, search,
			      options->oldest
				      ? "SELECT p.thread, min(m.date)" TABLES
				      : "SELECT p.thread, max(m.date)" TABLES,
			      tail, stmt_r, err);
}

int search_threads(struct index *index, const struct search *search,
		   const struct search_options *options, GArray **serials_r,
		   struct err *err)
{
	AUTO(once) sqlite3_stmt *stmt = NULL;

	if (prepare_threads(index, search, options, &stmt, err) < 0)
		return -1;
	return sql_integers(stmt, serials_r, err);
}

/* -- lists ----------------------------------------------------------------- */

struct search_list {
	struct index *index;            /* borrowed */
	bool messages;                  /* else threads */
	bool removed;                   /* removed messages count */
	sqlite3_stmt *found;            /* owned */
	GString *name, *from, *subject; /* owned; of the row at hand */
};

static struct search_list *new_list(struct index *index,
				    const struct search *search)
{
	struct search_list *list = g_new0(struct search_list, 1);

	list->index = index;
	list->removed = search->removed;
	list->name = g_string_new(NULL);
	list->from = g_string_new(NULL);
	list->subject = g_string_new(NULL);
	return list;
}

int search_list_threads(struct index *index, const struct search *search,
			const struct search_options *options,
			struct search_list **list_r, struct err *err)
{
	AUTO(search_list) struct search_list *list = new_list(index, search);

	if (prepare_threads(index, search, options, &list->found, err) < 0)
		return -1;
	*list_r = take(list);
	return 0;
}

int search_list_messages(struct index *index, const struct search *search,
			 const struct search_options *options,
			 struct search_list **list_r, struct err *err)
{
	AUTO(search_list) struct search_list *list = new_list(index, search);
	AUTO(str)
	char *tail = tail_of("ORDER BY m.date DESC, m.serial DESC",
			     "ORDER BY m.date, m.serial", options);

	list->messages = true;
	if (search_prepare(index, search,
			   "SELECT p.message, m.date, n.name||'/'||m.name,"
			   " m.short_name, m.subject" TABLES
			   " JOIN state.threads n ON n.serial=p.thread",
			   tail, &list->found, err) < 0)
		return -1;
	*list_r = take(list);
	return 0;
}

void search_list_free(struct search_list *list)
{
	if (!list)
		return;
	(void)sqlite3_finalize(list->found);
	(void)g_string_free(list->name, TRUE);
	(void)g_string_free(list->from, TRUE);
	(void)g_string_free(list->subject, TRUE);
	g_free(list);
}

/* Is `name` one of those in `from`, where ", " stands between them? */
static bool is_listed(const GString *from, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = from->str; (at = strstr(at, name)); at++)
		if ((at == from->str || at[-1] == ' ') &&
		    (at[size] == ',' || at[size] == '\0'))
			return true;
	return false;
}

/* Add a name; after the first few only that there are more. */
static void add_name(GString *from, const char *name, unsigned *count)
{
	if (*count > NAMES_MAX || is_listed(from, name))
		return;
	if (++*count > NAMES_MAX)
		(void)g_string_append(from, ", ...");
	else
		g_string_append_printf(from, "%s%s", from->len > 0 ? ", " : "",
				       name);
}

#define PEOPLE                                                                 \
	"SELECT m.short_name, m.subject, m.date" TABLES                        \
	" WHERE p.thread=? AND (s.removed=0 OR ?)"

/* Read who takes part with the statement `sql`. 1; 0 if messages did not come
 * by their dates, and what is read is no good. */
static int read_ordered(struct search_list *list, int64_t thread,
			const char *sql, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(index_sql(list->index), sql, err);
	int64_t last = INT64_MIN;
	unsigned count = 0;
	int more;

	if (!stmt)
		return -1;
	sql_bind(stmt, "ii", thread, (int64_t)list->removed);
	(void)g_string_truncate(list->from, 0);
	(void)g_string_truncate(list->subject, 0);
	while ((more = sql_step(stmt, err)) > 0) {
		int64_t date = sqlite3_column_int64(stmt, 2);

		if (date < last)
			return 0;
		last = date;
		if (list->from->len == 0)
			(void)g_string_assign(list->subject, sql_text(stmt, 1));
		add_name(list->from, sql_text(stmt, 0), &count);
	}
	return more < 0 ? -1 : 1;
}

/* Most messages came in the order of their dates: sorting is what would cost
 * most of the time that a long list takes. */
static int read_people(struct search_list *list, int64_t thread,
		       struct err *err)
{
	static const char as_they_came[] = PEOPLE;
	static const char by_date[] = PEOPLE " ORDER BY m.date, m.serial";
	int result = read_ordered(list, thread, as_they_came, err);

	if (result == 0)
		result = read_ordered(list, thread, by_date, err);
	return result < 0 ? -1 : 0;
}

static int read_name(struct search_list *list, int64_t thread, struct err *err)
{
	AUTO(stmt)
	sqlite3_stmt *stmt = sql_prepare(
		index_sql(list->index),
		"SELECT name FROM state.threads WHERE serial=?", err);
	int found;

	if (!stmt)
		return -1;
	sql_bind(stmt, "i", thread);
	found = sql_step(stmt, err);
	(void)g_string_assign(list->name, found > 0 ? sql_text(stmt, 0) : "");
	return found;
}

int search_list_next(struct search_list *list, struct search_row *row_r,
		     struct err *err)
{
	int more = sql_step(list->found, err);

	if (more <= 0)
		return more;
	row_r->serial = sqlite3_column_int64(list->found, 0);
	row_r->date = sqlite3_column_int64(list->found, 1);
	if (list->messages) {
		row_r->name = sql_text(list->found, 2);
		row_r->from = sql_text(list->found, 3);
		row_r->subject = sql_text(list->found, 4);
		return 1;
	}
	if (read_name(list, row_r->serial, err) < 0 ||
	    read_people(list, row_r->serial, err) < 0)
		return -1;
	row_r->name = list->name->str;
	row_r->from = list->from->str;
	row_r->subject = list->subject->str;
	return 1;
}
