/* SPDX-License-Identifier: ISC */
/* Whatever the full text can tell is asked of it in as few questions as can
 * be: words joined by "and", "or" and "not" become one MATCH. */
#include "search-sql.h"

#include <errno.h>
#include <string.h>

#include "defms/name.h"
#include "defms/state.h"

/* What stands for a '?'. */
struct value {
	char type; /* 'i', 't' or 'b' */
	int64_t number;
	char *text; /* owned */
	struct message_id blob;
};

struct builder {
	struct index *index;
	GString *sql;      /* owned */
	GPtrArray *values; /* owned; of struct value * */
};

static int add_node(struct builder *builder, const struct search_node *node,
		    struct err *err);

/* -- values ---------------------------------------------------------------- */

static void free_value(gpointer data)
{
	struct value *value = data;

	g_free(value->text);
	g_free(value);
}

static struct value *new_value(struct builder *builder, char type)
{
	struct value *value = g_new0(struct value, 1);

	value->type = type;
	g_ptr_array_add(builder->values, value);
	return value;
}

static void add(struct builder *builder, const char *sql)
{
	(void)g_string_append(builder->sql, sql);
}

static void add_int(struct builder *builder, int64_t number)
{
	new_value(builder, 'i')->number = number;
}

/* Takes `text`. */
static void add_text(struct builder *builder, char *text)
{
	new_value(builder, 't')->text = text;
}

static void add_blob(struct builder *builder, const struct message_id *blob)
{
	new_value(builder, 'b')->blob = *blob;
}

/* `text` in a pattern of LIKE ... ESCAPE '\'. */
static void add_literal(GString *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("%_\\", *text))
			(void)g_string_append_c(out, '\\');
		(void)g_string_append_c(out, *text);
	}
}

/* A pattern of LIKE ... ESCAPE '\' that finds `text` anywhere. */
static char *like_pattern(const char *text)
{
	GString *out = g_string_new("%");

	add_literal(out, text);
	return g_string_free(g_string_append_c(out, '%'), FALSE);
}

/* -- full text ------------------------------------------------------------- */

static bool is_match(const struct search_node *node)
{
	if (node->kind == SEARCH_WORDS)
		return true;
	if (node->kind != SEARCH_AND && node->kind != SEARCH_OR)
		return false;
	for (guint i = 0; i < node->children->len; i++)
		if (!is_match(g_ptr_array_index(node->children, i)))
			return false;
	return true;
}

/* A string of FTS5 ("FTS5 Strings"): its quotes doubled. */
static void add_string(GString *out, const char *text)
{
	(void)g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			(void)g_string_append_c(out, '"');
		(void)g_string_append_c(out, *text);
	}
	(void)g_string_append_c(out, '"');
}

static void add_match(GString *out, const struct search_node *node)
{
	static const char *const columns[] = {
		[SEARCH_ANYWHERE] = "",
		[SEARCH_SENDER] = "sender:",
		[SEARCH_RECIPIENTS] = "recipients:",
		[SEARCH_SUBJECT] = "subject:",
		[SEARCH_BODY] = "body:",
	};

	if (node->kind == SEARCH_WORDS) {
		(void)g_string_append(out, columns[node->column]);
		add_string(out, node->text);
		(void)g_string_append(out, node->prefix ? "*" : "");
		return;
	}
	(void)g_string_append_c(out, '(');
	for (guint i = 0; i < node->children->len; i++) {
		if (i > 0)
			(void)g_string_append(out, node->kind == SEARCH_AND
							   ? " AND "
							   : " OR ");
		add_match(out, g_ptr_array_index(node->children, i));
	}
	(void)g_string_append_c(out, ')');
}

static void add_words(struct builder *builder, GString *match, bool without)
{
	add(builder, without ? "p.message NOT IN" : "p.message IN");
	add(builder, "(SELECT rowid FROM words WHERE words MATCH ?)");
	add_text(builder, g_string_free(match, FALSE));
}

/* Append `node` to a MATCH that grows; `*match` is NULL at first. */
static void grow_match(GString **match, const char *between,
		       const struct search_node *node)
{
	if (*match)
		(void)g_string_append(*match, between);
	else
		*match = g_string_new(NULL);
	add_match(*match, node);
}

/* -- and, or, not ---------------------------------------------------------- */

static const struct search_node *child_of(const struct search_node *node,
					  guint number)
{
	return g_ptr_array_index(node->children, number);
}

static bool is_negative_match(const struct search_node *node)
{
	return node->kind == SEARCH_NOT && is_match(child_of(node, 0));
}

/* One MATCH of all words, another of all that must not be there. */
static bool add_all_words(struct builder *builder,
			  const struct search_node *node)
{
	GString *with = NULL, *without = NULL;

	for (guint i = 0; i < node->children->len; i++) {
		const struct search_node *child = child_of(node, i);

		if (is_match(child))
			grow_match(&with, " AND ", child);
		else if (is_negative_match(child))
			grow_match(&without, " OR ", child_of(child, 0));
	}
	if (with && without) {
		(void)g_string_prepend_c(with, '(');
		g_string_append_printf(with, ") NOT (%s)", without->str);
		(void)g_string_free(take(without), TRUE);
	}
	if (with || without)
		add_words(builder, with ? with : without, !with);
	return with || without;
}

static int add_and(struct builder *builder, const struct search_node *node,
		   struct err *err)
{
	bool any;

	add(builder, "(");
	any = add_all_words(builder, node);
	for (guint i = 0; i < node->children->len; i++) {
		const struct search_node *child = child_of(node, i);

		if (is_match(child) || is_negative_match(child))
			continue;
		if (any)
			add(builder, " AND ");
		if (add_node(builder, child, err) < 0)
			return -1;
		any = true;
	}
	add(builder, ")");
	return 0;
}

static int add_or(struct builder *builder, const struct search_node *node,
		  struct err *err)
{
	GString *words = NULL;
	const char *between = "";

	add(builder, "(");
	for (guint i = 0; i < node->children->len; i++)
		if (is_match(child_of(node, i)))
			grow_match(&words, " OR ", child_of(node, i));
	if (words) {
		add_words(builder, words, false);
		between = " OR ";
	}
	for (guint i = 0; i < node->children->len; i++) {
		if (is_match(child_of(node, i)))
			continue;
		add(builder, between);
		if (add_node(builder, child_of(node, i), err) < 0)
			return -1;
		between = " OR ";
	}
	add(builder, ")");
	return 0;
}

/* -- the rest -------------------------------------------------------------- */

static void add_range(struct builder *builder, const char *column,
		      const struct search_node *node)
{
	g_string_append_printf(builder->sql, "(%s>=? AND %s<?)", column,
			       column);
	add_int(builder, node->low);
	add_int(builder, node->high);
}

/* A hash, a part of one from its start, or a msgid. A msgid's thread is known
 * by its key, so that one thread is looked through and not all messages. */
static int add_id(struct builder *builder, const char *text, struct err *err)
{
	AUTO(str) char *msgid = g_strdup(text[0] == '<' ? text + 1 : text);
	struct message_id range[2];
	int64_t thread = 0;
	size_t size = strlen(msgid);

	if (size > 0 && msgid[size - 1] == '>')
		msgid[size - 1] = '\0';
	if (index_thread_of_msgid(builder->index, msgid, &thread, err) < 0)
		return -1;
	add(builder, "((p.thread=? AND m.msgid=?)");
	add_int(builder, thread);
	add_text(builder, g_strdup(msgid));
	if (size >= 6 && state_prefix_range(text, range, NULL) == 0) {
		add(builder, " OR s.hash BETWEEN ? AND ?");
		add_blob(builder, &range[0]);
		add_blob(builder, &range[1]);
	}
	add(builder, ")");
	return 0;
}

/* A folder and those below it. */
static void add_folder(struct builder *builder, const char *text)
{
	GString *below;
	char *name = NULL;

	if (name_folder(text, &name, NULL) < 0)
		name = g_strdup(text);
	add(builder, "p.message IN (SELECT c.message FROM state.folders f"
		     " JOIN state.copies c ON c.folder=f.serial"
		     " WHERE f.name=? COLLATE NOCASE"
		     " OR f.name LIKE ? ESCAPE '\\')");
	below = g_string_new(NULL);
	add_literal(below, name);
	(void)g_string_append(below, "/%");
	add_text(builder, name);
	add_text(builder, g_string_free(below, FALSE));
}

static void add_pattern(struct builder *builder, const char *sql,
			const struct search_node *node)
{
	add(builder, sql);
	add_text(builder, like_pattern(node->text));
}

static void add_flag(struct builder *builder, const struct search_node *node)
{
	add(builder, node->negated ? "(s.flags&?)=0" : "(s.flags&?)<>0");
	add_int(builder, node->mask);
}

static int add_leaf(struct builder *builder, const struct search_node *node,
		    struct err *err);

static int add_node(struct builder *builder, const struct search_node *node,
		    struct err *err)
{
	if (is_match(node)) {
		GString *match = NULL;

		grow_match(&match, "", node);
		add_words(builder, match, false);
		return 0;
	}
	if (node->kind == SEARCH_AND)
		return add_and(builder, node, err);
	if (node->kind == SEARCH_OR)
		return add_or(builder, node, err);
	if (node->kind != SEARCH_NOT)
		return add_leaf(builder, node, err);
	add(builder, "NOT ");
	return add_node(builder, child_of(node, 0), err);
}

static int add_leaf(struct builder *builder, const struct search_node *node,
		    struct err *err)
{
	switch (node->kind) {
	case SEARCH_CC:
		add_pattern(builder, "m.cc LIKE ? ESCAPE '\\'", node);
		break;
	case SEARCH_LIST:
		add_pattern(builder,
			    "p.message IN (SELECT n.message FROM addresses a"
			    " JOIN mentions n ON n.address=a.serial AND"
			    " n.kind=2 WHERE a.last2 NOTNULL AND"
			    " a.mail LIKE ? ESCAPE '\\')",
			    node);
		break;
	case SEARCH_THREAD:
		add_pattern(builder,
			    "p.thread IN (SELECT iif(t.joined,t.joined,"
			    "t.serial) FROM state.threads n JOIN threads t ON"
			    " t.serial=n.serial WHERE n.name LIKE ?"
			    " ESCAPE '\\')",
			    node);
		break;
	case SEARCH_ID:
		return add_id(builder, node->text, err);
	case SEARCH_FOLDER:
		add_folder(builder, node->text);
		break;
	case SEARCH_DATE:
		add(builder, "(m.date_zone<>-2147483648 AND ");
		add_range(builder, "m.date", node);
		add(builder, ")");
		break;
	case SEARCH_SIZE:
		add_range(builder, "m.content_size", node);
		break;
	case SEARCH_FLAG:
		add_flag(builder, node);
		break;
	case SEARCH_THREAD_FLAG:
		add(builder, "p.thread IN (SELECT serial FROM state.threads"
			     " WHERE (flags&?)<>0)");
		add_int(builder, node->mask);
		break;
	case SEARCH_NEW:
		add(builder, "p.message IN (SELECT message FROM state.copies"
			     " WHERE is_new<>0)");
		break;
	case SEARCH_REMOVED:
		add(builder, "s.removed<>0");
		break;
	case SEARCH_ATTACHMENT:
		add(builder, "length(m.parts)>0");
		break;
	case SEARCH_ALL:
	case SEARCH_AND:
	case SEARCH_OR:
	case SEARCH_NOT:
	case SEARCH_WORDS:
		add(builder, "1");
		break;
	}
	return 0;
}

/* -- statements ------------------------------------------------------------ */

static void bind_values(sqlite3_stmt *stmt, const GPtrArray *values)
{
	for (guint i = 0; i < values->len; i++) {
		const struct value *value = g_ptr_array_index(values, i);
		int place = (int)i + 1;

		switch (value->type) {
		case 'i':
			(void)sqlite3_bind_int64(stmt, place, value->number);
			break;
		case 't':
			(void)sqlite3_bind_text(stmt, place, value->text, -1,
						SQLITE_TRANSIENT);
			break;
		default:
			(void)sqlite3_bind_blob(stmt, place, &value->blob,
						sizeof(value->blob),
						SQLITE_TRANSIENT);
		}
	}
}

static int build(struct builder *builder, const struct search *search,
		 const char *head, const char *tail, struct err *err)
{
	add(builder, head);
	add(builder, " WHERE ");
	if (!search->removed)
		add(builder, "s.removed=0 AND ");
	if (add_node(builder, search->root, err) < 0)
		return -1;
	add(builder, " ");
	add(builder, tail);
	return 0;
}

int search_prepare(struct index *index, const struct search *search,
		   const char *head, const char *tail, sqlite3_stmt **stmt_r,
		   struct err *err)
{
	AUTO(gstring) GString *sql = g_string_new(NULL);
	AUTO(ptrs)
	GPtrArray *values = g_ptr_array_new_with_free_func(free_value);
	struct builder builder = { index, sql, values };
	sqlite3 *db = sql_handle(index_sql(index));

	if (build(&builder, search, head, tail, err) < 0)
		return -1;
	if (sqlite3_prepare_v2(db, sql->str, -1, stmt_r, NULL) != SQLITE_OK)
		return sql_err(index_sql(index), err, "search");
	bind_values(*stmt_r, values);
	return 0;
}
