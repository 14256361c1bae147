/* SPDX-License-Identifier: ISC */
#include "link-set.h"

#include <errno.h>

#include "test.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(lines_of_three_kinds_are_links_and_all_others_are_passed_over)
{
	static const struct {
		const char *line, *root;
		bool is_link;
		enum link_kind kind;
	} known[] = {
		{ "join a@x", "a@x", true, LINK_JOIN },
		{ "join " HASH, HASH, true, LINK_JOIN },
		{ "split " HASH, NULL, true, LINK_SPLIT },
		{ "move " HASH " a@x", "a@x", true, LINK_MOVE },
		{ .line = "" },
		{ .line = "join" },
		{ .line = "join " },
		{ .line = "join a b" },
		{ .line = "join a\tb" },
		{ .line = "join a\r" },
		{ .line = "join  a" },
		{ .line = "Join a" },
		{ .line = "split" },
		{ .line = "split 0123" },
		{ .line = "split " HASH "0" },
		{ .line = "split " HASH " " },
		{ .line = "split 0123456789ABCDEF0123456789abcdef"
			  "0123456789abcdef0123456789abcdef" },
		{ .line = "move " HASH },
		{ .line = "move " HASH " " },
		{ .line = "move " HASH "  a" },
		{ .line = "move " HASH " a b" },
		{ .line = "closed 0123456789abcdef0123456789abcdef" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct link link;

		if (!CHECK_INT(link_parse(known[i].line, &link),
			       known[i].is_link))
			printf("# %s\n", known[i].line);
		if (!known[i].is_link)
			continue;
		CHECK_INT(link.kind, known[i].kind);
		CHECK_STR(link.root, known[i].root);
	}
}

TEST(what_is_printed_is_parsed_again)
{
	struct message_id hash;
	struct link link;
	struct err err;

	CHECK_INT(message_id_parse(HASH, &hash, &err), 0);
	for (int i = 0; i < 3; i++) {
		AUTO(str)
		char *line = i == 0   ? link_print_join("a@x")
			     : i == 1 ? link_print_split(&hash)
				      : link_print_move(&hash, "a@x");

		CHECK(link_parse(line, &link));
		CHECK_STR(link.root, i == 1 ? NULL : "a@x");
		if (i > 0)
			CHECK_MEM(&link.hash, &hash, sizeof(hash));
	}
}

static int parse_blob(const char *text, size_t size, GPtrArray **lines_r)
{
	struct err err;
	int result = link_blob_parse(text, size, lines_r, &err);

	if (result < 0)
		CHECK_INT(err.code, EBADMSG);
	return result;
}

TEST(a_blob_is_lines_that_rise)
{
	static const struct {
		const char *text;
		size_t size;
	} bad[] = {
		{ "a", 1 },        { "\n", 1 },        { "b\na\n", 4 },
		{ "a\na\n", 4 },   { "a\n\n", 3 },     { "a\nb", 3 },
		{ "a\n\0b\n", 5 }, { "a\nb\0c\n", 6 },
	};
	static const char good[] = "a\nab\nb\n";
	AUTO(ptrs) GPtrArray *lines = NULL;
	AUTO(bytes) GByteArray *again = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(ptrs) GPtrArray *none = NULL;

		CHECK_INT(parse_blob(bad[i].text, bad[i].size, &none), -1);
		CHECK(!none);
	}
	if (!CHECK_INT(parse_blob(good, strlen(good), &lines), 0))
		return;
	CHECK_INT(lines->len, 3);
	again = link_blob(lines);
	CHECK_INT(again->len, strlen(good));
	CHECK_MEM(again->data, good, strlen(good));
}

TEST(lines_in_any_order_are_found_once_they_are_sorted)
{
	static char a[] = "a", b[] = "b", ab[] = "ab";
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new();

	CHECK(!link_lines_have(lines, "a"));
	g_ptr_array_add(lines, b);
	g_ptr_array_add(lines, a);
	g_ptr_array_add(lines, ab);
	g_ptr_array_add(lines, a);
	link_lines_sort(lines);
	CHECK_INT(lines->len, 3);
	CHECK(link_lines_have(lines, "a"));
	CHECK(link_lines_have(lines, "ab"));
	CHECK(link_lines_have(lines, "b"));
	CHECK(!link_lines_have(lines, ""));
	CHECK(!link_lines_have(lines, "aa"));
	CHECK(!link_lines_have(lines, "c"));
}

TEST(an_id_is_found_among_the_lines)
{
	static const char text[] = HASH "\nz\n";
	AUTO(ptrs) GPtrArray *lines = NULL;
	AUTO(ptrs) GPtrArray *none = g_ptr_array_new();
	struct message_id id, other;
	struct err err;

	CHECK_INT(message_id_parse(HASH, &id, &err), 0);
	CHECK_INT(message_id_parse(OTHER, &other, &err), 0);
	if (!CHECK_INT(parse_blob(text, strlen(text), &lines), 0))
		return;
	CHECK(link_blob_has_id(lines, &id));
	CHECK(!link_blob_has_id(lines, &other));
	CHECK(!link_blob_has_id(none, &id));
}
