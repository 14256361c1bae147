/* SPDX-License-Identifier: ISC */
/* The grammar of a query:
 *
 *	any	= all *( "or" all )
 *	all	= one *( [ "and" ] one )
 *	one	= ( "not" / "-" ) one / "(" any ")" / phrase / word
 *		/ field ":" ( "(" any ")" / phrase / word )
 *
 * A word goes on to white space, a quote or a parenthesis; a phrase from one
 * '"' to the next, or to the end. A group after from: to: cc: subject: body:
 * looks for its words there. What is no field ("http:") is a word. */
#include "defms/search.h"

#include <errno.h>
#include <string.h>

#include "search-node.h"

struct parser {
	const char *at;
	int64_t now;
	unsigned depth;
	const char *field; /* whose group this is, or NULL */
	struct search *search;
};

/* -- nodes ----------------------------------------------------------------- */

static void free_child(gpointer data)
{
	search_node_free(data);
}

struct search_node *search_node_new(enum search_kind kind, const char *text,
				    size_t size)
{
	struct search_node *node = g_new0(struct search_node, 1);

	node->kind = kind;
	if (text)
		node->text = g_strndup(text, size);
	return node;
}

void search_node_free(struct search_node *node)
{
	if (!node)
		return;
	if (node->children)
		g_ptr_array_unref(node->children);
	g_free(node->text);
	g_free(node);
}

/* Put `child` beside what is there; NULL and one child stay what they are. */
static struct search_node *combine(enum search_kind kind,
				   struct search_node *left,
				   struct search_node *child)
{
	struct search_node *node = left;

	if (!left)
		return child;
	if (left->kind != kind) {
		node = search_node_new(kind, NULL, 0);
		node->children = g_ptr_array_new_with_free_func(free_child);
		g_ptr_array_add(node->children, left);
	}
	g_ptr_array_add(node->children, child);
	return node;
}

static struct search_node *negate(struct search_node *child)
{
	struct search_node *node;

	if (child->kind == SEARCH_NOT) {
		node = g_ptr_array_steal_index(child->children, 0);
		search_node_free(child);
		return node;
	}
	node = search_node_new(SEARCH_NOT, NULL, 0);
	node->children = g_ptr_array_new_with_free_func(free_child);
	g_ptr_array_add(node->children, child);
	return node;
}

/* -- tokens ---------------------------------------------------------------- */

static void skip_space(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t\r\n");
}

/* Is `word` next, as a word of its own? It is taken then. */
static bool take_keyword(struct parser *parser, const char *word)
{
	size_t size = strlen(word);

	if (g_ascii_strncasecmp(parser->at, word, size) != 0 ||
	    (parser->at[size] && !strchr(" \t\r\n()\"", parser->at[size])))
		return false;
	parser->at += size;
	skip_space(parser);
	return true;
}

/* Is it next? It stays. */
static bool sees_keyword(const struct parser *parser, const char *word)
{
	struct parser copy = *parser;

	return take_keyword(&copy, word);
}

static char *take_word(struct parser *parser)
{
	size_t size = strcspn(parser->at, " \t\r\n()\"");
	char *word = g_strndup(parser->at, size);

	parser->at += size;
	return word;
}

static char *take_phrase(struct parser *parser)
{
	size_t size = strcspn(parser->at + 1, "\"");
	char *phrase = g_strndup(parser->at + 1, size);

	parser->at += 1 + size + (parser->at[1 + size] == '"');
	return phrase;
}

/* The field before a ':' that stands next; NULL if none does. */
static char *take_field(struct parser *parser)
{
	size_t size = 0;

	while (g_ascii_isalpha(parser->at[size]) || parser->at[size] == '_')
		size++;
	if (size == 0 || parser->at[size] != ':')
		return NULL;
	parser->at += size + 1;
	return g_ascii_strdown(parser->at - size - 1, (gssize)size);
}

/* -- the grammar ----------------------------------------------------------- */

static int parse_any(struct parser *parser, struct search_node **node_r,
		     struct err *err);

static int enter(struct parser *parser, struct err *err)
{
	if (++parser->depth > SEARCH_DEPTH)
		return err_set(err, EINVAL, "query nested more than %d deep",
			       SEARCH_DEPTH);
	return 0;
}

static int parse_group(struct parser *parser, const char *field,
		       struct search_node **node_r, struct err *err)
{
	AUTO(node) struct search_node *node = NULL;
	const char *outer = parser->field;

	if (enter(parser, err) < 0)
		return -1;
	parser->at++;
	parser->field = field;
	if (parse_any(parser, &node, err) < 0)
		return -1;
	if (*parser->at != ')')
		return err_set(err, EINVAL, "a ( without its )");
	parser->at++;
	parser->field = outer;
	parser->depth--;
	*node_r = take(node);
	return 0;
}

/* Text in the words of a message. What has no letters is no word there: it
 * finds all, as if it were not asked for. */
static int words_node(struct parser *parser, const char *text, bool phrase,
		      struct search_node **node_r, struct err *err)
{
	size_t size = strlen(text);
	bool prefix = !phrase && size > 1 && text[size - 1] == '*';

	if (!search_has_words(text)) {
		*node_r = search_node_new(SEARCH_ALL, NULL, 0);
		return 0;
	}
	if (parser->field) {
		int found = search_field(parser->field, text, parser->now,
					 node_r, err);

		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	*node_r = search_node_new(SEARCH_WORDS, text, size - prefix);
	(*node_r)->prefix = prefix;
	return 0;
}

static bool takes_group(const char *field)
{
	static const char *const fields[] = { "from", "to", "cc", "subject",
					      "body" };

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (strcmp(field, fields[i]) == 0)
			return true;
	return false;
}

/* What stands after "field:". 0 found nothing: it was no field. */
static int parse_value(struct parser *parser, const char *field,
		       struct search_node **node_r, struct err *err)
{
	AUTO(str) char *value = NULL;
	int found;

	if (*parser->at == '(' && takes_group(field))
		return parse_group(parser, field, node_r, err) < 0 ? -1 : 1;
	value = *parser->at == '"' ? take_phrase(parser) : take_word(parser);
	found = search_field(field, value, parser->now, node_r, err);
	if (found > 0 && (*node_r)->kind == SEARCH_REMOVED)
		parser->search->removed = true;
	return found;
}

static int parse_primary(struct parser *parser, struct search_node **node_r,
			 struct err *err)
{
	const char *start = parser->at;
	AUTO(str) char *text = NULL;
	AUTO(str) char *field = NULL;
	bool phrase = *start == '"';

	if (*start == '(')
		return parse_group(parser, parser->field, node_r, err);
	if (*start == ')')
		return err_set(err, EINVAL, "a ) without its (");
	field = phrase ? NULL : take_field(parser);
	if (field) {
		int found = parse_value(parser, field, node_r, err);

		if (found != 0)
			return found < 0 ? -1 : 0;
		parser->at = start;
	}
	text = phrase ? take_phrase(parser) : take_word(parser);
	return words_node(parser, text, phrase, node_r, err);
}

static int parse_one(struct parser *parser, struct search_node **node_r,
		     struct err *err)
{
	AUTO(node) struct search_node *child = NULL;
	bool minus = parser->at[0] == '-' && parser->at[1] &&
		     !strchr(" \t\r\n)", parser->at[1]);

	if (minus)
		parser->at++;
	else if (!take_keyword(parser, "not"))
		return parse_primary(parser, node_r, err);
	if (*parser->at == '\0')
		return err_set(err, EINVAL, "not: nothing after it");
	if (enter(parser, err) < 0 || parse_one(parser, &child, err) < 0 ||
	    !child)
		return -1;
	parser->depth--;
	/* "-" before what is no word is none either. */
	*node_r = minus && child->kind == SEARCH_ALL ? take(child)
						     : negate(take(child));
	return 0;
}

static bool at_end(const struct parser *parser)
{
	return *parser->at == '\0' || (*parser->at == ')' && parser->depth > 0);
}

static int parse_all(struct parser *parser, struct search_node **node_r,
		     struct err *err)
{
	AUTO(node) struct search_node *node = NULL;
	bool wanted = false; /* after "and" */

	skip_space(parser);
	while (!at_end(parser) && !sees_keyword(parser, "or")) {
		struct search_node *child = NULL;

		if (node && !wanted && take_keyword(parser, "and")) {
			wanted = true;
			continue;
		}
		if (sees_keyword(parser, "and"))
			return err_set(err, EINVAL, "and: nothing before it");
		if (parse_one(parser, &child, err) < 0)
			return -1;
		node = combine(SEARCH_AND, take(node), child);
		wanted = false;
		skip_space(parser);
	}
	if (wanted)
		return err_set(err, EINVAL, "and: nothing after it");
	*node_r = take(node);
	return 0;
}

static int parse_any(struct parser *parser, struct search_node **node_r,
		     struct err *err)
{
	AUTO(node) struct search_node *node = NULL;
	bool wanted = false; /* after "or" */

	do {
		struct search_node *child = NULL;

		if (parse_all(parser, &child, err) < 0)
			return -1;
		if (!child && wanted)
			return err_set(err, EINVAL, "or: nothing after it");
		wanted = take_keyword(parser, "or");
		if (!child && wanted)
			return err_set(err, EINVAL, "or: nothing before it");
		if (child)
			node = combine(SEARCH_OR, take(node), child);
	} while (wanted);
	*node_r = node ? take(node) : search_node_new(SEARCH_ALL, NULL, 0);
	return 0;
}

int search_parse(const char *query, int64_t now, struct search **search_r,
		 struct err *err)
{
	AUTO(search) struct search *search = g_new0(struct search, 1);
	struct parser parser = { .at = query, .now = now, .search = search };

	if (strlen(query) > SEARCH_QUERY)
		return err_set(err, EINVAL, "query over %d bytes",
			       SEARCH_QUERY);
	if (!g_utf8_validate(query, -1, NULL))
		return err_set(err, EINVAL, "query is not UTF-8");
	if (parse_any(&parser, &search->root, err) < 0)
		return -1;
	*search_r = take(search);
	return 0;
}

void search_free(struct search *search)
{
	if (!search)
		return;
	search_node_free(search->root);
	g_free(search);
}
