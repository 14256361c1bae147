/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "search-node.h"
#include "test.h"

static const int64_t now = 1793610000; /* 2026-11-02 09:00 UTC */

static void show(const struct search_node *node, GString *out);

static void show_children(const char *name, const struct search_node *node,
			  GString *out)
{
	g_string_append_printf(out, "%s(", name);
	for (guint i = 0; i < node->children->len; i++) {
		if (i > 0)
			(void)g_string_append_c(out, ' ');
		show(g_ptr_array_index(node->children, i), out);
	}
	(void)g_string_append_c(out, ')');
}

/* A tree as one line: AND(a subject:b* NOT(c)). */
static void show(const struct search_node *node, GString *out)
{
	static const char *const columns[] = { "", "from:", "to:", "subject:",
					       "body:" };
	static const char *const names[] = {
		[SEARCH_AND] = "AND", [SEARCH_OR] = "OR", [SEARCH_NOT] = "NOT"
	};

	switch ((int)node->kind) {
	case SEARCH_AND:
	case SEARCH_OR:
	case SEARCH_NOT:
		show_children(names[node->kind], node, out);
		break;
	case SEARCH_ALL:
		(void)g_string_append(out, "ALL");
		break;
	case SEARCH_WORDS:
		g_string_append_printf(out, "%s%s%s", columns[node->column],
				       node->text, node->prefix ? "*" : "");
		break;
	case SEARCH_REMOVED:
		(void)g_string_append(out, "removed");
		break;
	default:
		g_string_append_printf(out, "#%d:%s", (int)node->kind,
				       node->text ? node->text : "");
	}
}

/* The tree, or what is wrong. Caller frees. */
static char *tree_of(const char *query)
{
	AUTO(search) struct search *search = NULL;
	GString *out = g_string_new(NULL);
	struct err err = { 0 };

	if (search_parse(query, now, &search, &err) < 0) {
		CHECK_INT(err.code, EINVAL);
		(void)g_string_append(out, err.text);
	} else {
		show(search->root, out);
	}
	return g_string_free(out, FALSE);
}

TEST(a_query_is_a_tree)
{
	static const struct {
		const char *query, *tree;
	} cases[] = {
		{ "", "ALL" },
		{ " \t\r\n", "ALL" },
		{ "()", "ALL" },
		{ "(())", "ALL" },
		{ "a", "a" },
		{ " a ", "a" },
		{ "(a)", "a" },
		{ "((a))", "a" },
		{ "a b", "AND(a b)" },
		{ "a and b", "AND(a b)" },
		{ "a AND b", "AND(a b)" },
		{ "a\tand\r\nb", "AND(a b)" },
		{ "a b c d", "AND(a b c d)" },
		{ "a and b and c", "AND(a b c)" },
		{ "a or b", "OR(a b)" },
		{ "a Or b oR c", "OR(a b c)" },
		{ "a b or c d", "OR(AND(a b) AND(c d))" },
		{ "a and b or c and d", "OR(AND(a b) AND(c d))" },
		{ "a or b c or d", "OR(a AND(b c) d)" },
		{ "a (b or c) d", "AND(a OR(b c) d)" },
		{ "(a or b)(c or d)", "AND(OR(a b) OR(c d))" },
		{ "a(b)c", "AND(a b c)" },
		{ "not a", "NOT(a)" },
		{ "-a", "NOT(a)" },
		{ "NOT a", "NOT(a)" },
		{ "not not a", "a" },
		{ "not not not a", "NOT(a)" },
		{ "--a", "a" },
		{ "not -a", "a" },
		{ "-(a b)", "NOT(AND(a b))" },
		{ "not(a or b)", "NOT(OR(a b))" },
		{ "not a b", "AND(NOT(a) b)" },
		{ "a -b or -c d", "OR(AND(a NOT(b)) AND(NOT(c) d))" },
		{ "a-b", "a-b" },
		{ "a - b", "AND(a ALL b)" },
		{ "--", "ALL" },
		{ "a*", "a*" },
		{ "a**", "a**" },
		{ "*", "ALL" },
		{ "\"a b\"", "a b" },
		{ "\"a*\"", "a*" },
		{ "\"a or b\" c", "AND(a or b c)" },
		{ "\"a", "a" },
		{ "\"", "ALL" },
		{ "\"\"", "ALL" },
		{ "a\"b c\"d", "AND(a b c d)" },
		{ "\"(a\" b", "AND((a b)" },
		{ "android", "android" },
		{ "orange or nothing", "OR(orange nothing)" },
		{ "notand", "notand" },
		{ "and-so", "and-so" },
		{ "from:a", "from:a" },
		{ "FROM:a", "from:a" },
		{ "to:a", "to:a" },
		{ "subject:a*", "subject:a*" },
		{ "body:\"a b\"", "body:a b" },
		{ "subject:(a b)", "AND(subject:a subject:b)" },
		{ "subject:(a or -b) c",
		  "AND(OR(subject:a NOT(subject:b)) c)" },
		{ "subject:(a (b c))",
		  "AND(subject:a AND(subject:b subject:c))" },
		{ "subject:(a from:b c)", "AND(subject:a from:b subject:c)" },
		{ "subject:(a from:(b) c) d",
		  "AND(subject:a from:b subject:c d)" },
		{ "-subject:a", "NOT(subject:a)" },
		{ "is:removed", "removed" },
		{ "http://x", "http://x" },
		{ "a:b", "a:b" },
		{ ":a", ":a" },
		{ "a:", "a:" },
		{ "\xc3\xa9 \xe4\xb8\xad", "AND(\xc3\xa9 \xe4\xb8\xad)" },
		{ "(a", "a ( without its )" },
		{ "a)", "a ) without its (" },
		{ ")", "a ) without its (" },
		{ "(a))", "a ) without its (" },
		{ "subject:(a", "a ( without its )" },
		{ "a or or b", "or: nothing after it" },
		{ "a or )", "a ) without its (" },
		{ "(a or)", "or: nothing after it" },
		{ "(or a)", "or: nothing before it" },
		{ "a and or b", "and: nothing after it" },
		{ "a or and b", "and: nothing before it" },
		{ "not ", "not: nothing after it" },
		{ "a not", "not: nothing after it" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		AUTO(str) char *got = tree_of(cases[i].query);

		if (!CHECK_STR(got, cases[i].tree))
			printf("#   of %s\n", cases[i].query);
	}
}

TEST(what_was_removed_is_only_looked_for_where_it_is_asked_for)
{
	static const struct {
		const char *query;
		bool removed;
	} cases[] = {
		{ "a", false },
		{ "removed", false },
		{ "\"is:removed\"", false },
		{ "is:removed", true },
		{ "a (b or -is:removed)", true },
		{ "tag:removed", true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		AUTO(search) struct search *search = NULL;
		struct err err = { 0 };

		CHECK_INT(search_parse(cases[i].query, now, &search, &err), 0);
		CHECK_INT(search->removed, cases[i].removed);
	}
}

/* "not" and "(" count alike, and "-" too. */
TEST(no_nesting_is_too_deep_for_the_stack)
{
	static const char *const openers[] = { "(",  "not ",      "-",
					       "-(", "subject:(", "not (" };

	for (size_t i = 0; i < G_N_ELEMENTS(openers); i++) {
		bool refused = false;

		for (size_t depth = 1; depth < 100; depth++) {
			AUTO(gstring) GString *query = g_string_new(NULL);
			AUTO(str) char *got = NULL;

			for (size_t j = 0; j < depth; j++)
				(void)g_string_append(query, openers[i]);
			(void)g_string_append(query, "a");
			for (size_t j = 0; j < depth; j++)
				if (strchr(openers[i], '('))
					(void)g_string_append_c(query, ')');
			got = tree_of(query->str);
			if (strstr(got, "nested more than"))
				refused = true;
			else
				CHECK(!refused && depth <= SEARCH_DEPTH);
		}
		CHECK(refused);
	}
}

TEST(groups_side_by_side_are_not_nested)
{
	AUTO(gstring) GString *query = g_string_new(NULL);
	AUTO(search) struct search *search = NULL;
	struct err err = { 0 };

	for (int i = 0; i < 250; i++)
		(void)g_string_append(query, "(-a or not b) ");
	CHECK_INT(search_parse(query->str, now, &search, &err), 0);
	CHECK_INT(search->root->children->len, 250);
}

TEST(a_query_has_a_limit)
{
	AUTO(str) char *longest = g_strnfill(SEARCH_QUERY, 'a');
	AUTO(str) char *longer = g_strnfill(SEARCH_QUERY + 1, 'a');
	AUTO(str) char *got = tree_of(longest);
	AUTO(str) char *refused = tree_of(longer);

	CHECK_STR(got, longest);
	CHECK_STR(refused, "query over 4096 bytes");
}

/* Whatever is typed is a tree or one line. */
TEST(tokens_in_any_order_are_a_tree_or_an_error)
{
	static const char *const tokens[] = {
		"a ",    "(",   ")",        "or ", "and ",     "not ",
		"-",     "\"",  "from:",    "is:", "removed ", "*",
		"date:", "1d ", "\xc3\xa9", ":"
	};
	GRand *rand = g_rand_new_with_seed(3);

	for (int i = 0; i < 20000; i++) {
		AUTO(gstring) GString *query = g_string_new(NULL);
		AUTO(str) char *got = NULL;
		int count = g_rand_int_range(rand, 0, 9);

		for (int j = 0; j < count; j++)
			(void)g_string_append(
				query, tokens[g_rand_int_range(
					       rand, 0, G_N_ELEMENTS(tokens))]);
		got = tree_of(query->str);
		CHECK(got[0] != '\0');
		CHECK(g_utf8_validate(got, -1, NULL));
	}
	g_rand_free(rand);
}
