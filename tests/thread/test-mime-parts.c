/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/auto.h"
#include "defms/mime.h"
#include "mime-parts.h"

AUTO_KIND(tree, struct mime_tree, mime_tree_free)

static struct mime_tree *tree_of(const char *message)
{
	struct field_iter it = { message, message + strlen(message) };
	struct part_fields fields = { 0 };
	struct field field;

	mime_library();
	while (field_next(&it, &field))
		part_fields_take(&fields, &field);
	return mime_tree_new(&fields, it.at, (size_t)(it.end - it.at));
}

/* "(type[content]" for a leaf, children in parentheses of their own. */
static size_t print(const struct mime_tree *tree, size_t at, GString *out)
{
	const struct mime_part *part = mime_tree_part(tree, at);
	size_t next = at + 1;

	g_string_append_printf(out, "(%s", part->type);
	if (!part->multipart)
		g_string_append_printf(out, "[%.*s]", (int)part->size,
				       part->data);
	while (next < part->next)
		next = print(tree, next, out);
	g_string_append_c(out, ')');
	return next;
}

#define MIXED "Content-Type: Multipart/Mixed; boundary=\"b\"\n\n"

TEST(messages_fall_into_parts)
{
	static const struct {
		const char *message, *want;
	} known[] = {
		{ "", "(text/plain[])" },
		{ "\nx", "(text/plain[x])" },
		{ "Content-Type: IMAGE/Png\n\nx", "(image/png[x])" },
		{ MIXED "pre\n--b\n\n1\n--b\n\n2\n--b--\npost",
		  "(multipart/mixed(text/plain[1])(text/plain[2]))" },
		{ MIXED "--b\r\n\r\n1\r\n\r\n--b--",
		  "(multipart/mixed(text/plain[1\r\n]))" },
		{ MIXED "--b\n--b\n\n--b--",
		  "(multipart/mixed(text/plain[])(text/plain[]))" },
		{ MIXED "--b--\n--b\n\nx", "(multipart/mixed)" },
		{ MIXED "--bc\n\nx\n --b\n\ny\n", "(text/plain[--bc\n\nx\n "
						  "--b\n\ny\n])" },
		/* an inner part without its end ends with the outer */
		{ MIXED "--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\n"
			"1\n--b\n\n2\n--b--",
		  "(multipart/mixed(multipart/x(text/plain[1]))"
		  "(text/plain[2]))" },
		/* a boundary that begins like the outer one */
		{ MIXED "--b\nContent-Type: multipart/x; boundary=bb\n\n--bb\n"
			"\n1\n--bb--\n\n--b\n\n2\n--b--",
		  "(multipart/mixed(multipart/x(text/plain[1]))"
		  "(text/plain[2]))" },
		{ "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: 1\n"
		  "--b\nContent-Type: text/plain\n\n2\n--b--",
		  "(multipart/digest(message/rfc822[A: 1])(text/plain[2]))" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(tree) struct mime_tree *tree = tree_of(known[i].message);
		AUTO(gstring) GString *got = g_string_new(NULL);

		CHECK_INT(print(tree, 0, got), tree->parts->len);
		CHECK_STR(got->str, known[i].want);
	}
}

TEST(a_part_knows_what_its_header_says)
{
	AUTO(tree)
	struct mime_tree *tree = tree_of(
		"Content-Type: text/plain; charset=\"UTF-8\"; format=Flowed;\n"
		" delsp=yes; name=a\nContent-Type: text/html\n"
		"Content-Disposition: Attachment; filename=\"b c\"\n"
		"content-transfer-encoding: Quoted-Printable\n\nx=\ny");
	const struct mime_part *part = mime_tree_leaf(tree, 0);

	CHECK_STR(part->type, "text/plain");
	CHECK_STR(part->charset, "utf-8");
	CHECK_STR(part->name, "b c");
	CHECK(part->flowed && part->delsp && part->attached);
	CHECK_INT(part->encoding, PART_QUOTED_PRINTABLE);
	CHECK_INT(mime_part_size(part), 2);
	CHECK(!mime_tree_leaf(tree, 1));
}

/* A boundary of dashes in lines of dashes: each line is looked at once. */
TEST(near_misses_of_a_boundary_are_cheap)
{
	AUTO(str) char *dashes = g_strnfill(900, '-');
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(tree) struct mime_tree *tree = NULL;

	g_string_printf(text,
			"Content-Type: multipart/mixed; boundary=\"%s\"\n\n",
			dashes);
	for (int i = 0; i < 4000; i++)
		g_string_append(text, dashes);
	g_string_append_printf(text, "\n--%s\n\nfound\n--%s--\n", dashes,
			       dashes);
	tree = tree_of(text->str);
	CHECK_INT(tree->leaves->len, 1);
	CHECK_INT(mime_tree_leaf(tree, 0)->size, strlen("found"));
}

TEST(empty_multiparts_are_bounded_too)
{
	AUTO(gstring) GString *text = g_string_new(MIXED);
	AUTO(tree) struct mime_tree *tree = NULL;

	for (int i = 0; i < 100000; i++)
		g_string_append(text, "--b\nContent-Type: multipart/x; "
				      "boundary=c\n\n--c--\n");
	tree = tree_of(text->str);
	CHECK(tree->parts->len <= 4 * MIME_PARTS);
}
