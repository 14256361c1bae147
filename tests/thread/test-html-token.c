/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/auto.h"
#include "html-token.h"

/* The tokens as "<name>", "</name>" and "[text]". */
static char *tokens_of(const char *html)
{
	struct html_tokens it = { html, html + strlen(html) };
	AUTO(gstring) GString *out = g_string_new(NULL);
	struct html_token token;

	while (html_token_next(&it, &token)) {
		if (token.tag)
			g_string_append_printf(out, "<%s%s>",
					       token.closing ? "/" : "",
					       token.name);
		else
			g_string_append_printf(out, "[%.*s]", (int)token.size,
					       token.text);
	}
	return g_string_free(take(out), FALSE);
}

TEST(html_is_cut_into_tags_and_texts)
{
	static const struct {
		const char *html, *want;
	} known[] = {
		{ "", "" },
		{ "a<B>b</b >c", "[a]<b>[b]</b>[c]" },
		{ "<br/>x<p\nclass=a>", "<br>[x]<p>" },
		{ "1 < 2 <= 3 <", "[1 ][< 2 ][<= 3 ][<]" },
		{ "<!DOCTYPE html><!-- <b> -- > -->x<?php ?>y", "[x][y]" },
		{ "<!-->x", "[x]" },
		{ "<!--x", "" },
		{ "</ b>x</", "[x][</]" },
		{ "<a title='>' href=\">\">x", "<a>[x]" },
		{ "<a href=\"x>y", "<a>" },
		{ "<areallylongname>x", "<>[x]" },
		{ "<b", "<b>" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str) char *got = tokens_of(known[i].html);

		CHECK_STR(got, known[i].want);
	}
}

TEST(attributes_are_found_however_they_are_quoted)
{
	static const struct {
		const char *html, *want;
	} known[] = {
		{ "<a href=x>", "x" },
		{ "<a class='href=no' HREF = \"x y\">", "x y" },
		{ "<a href='a&amp;b&#x41;&copy=1'>", "a&bA&copy=1" },
		{ "<a href>", NULL },
		{ "<a xhref=1>", NULL },
		{ "<a name=1 name=2 href=/a/b/>", "/a/b/" },
		{ "<a href=\"x", "x" },
		{ "<a href=", "" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const char *html = known[i].html;
		struct html_tokens it = { html, html + strlen(html) };
		AUTO(str) char *got = NULL;
		struct html_token token;

		CHECK(html_token_next(&it, &token));
		got = html_attribute(&token, "href");
		CHECK_STR(got, known[i].want);
	}
}

TEST(references_stand_for_characters)
{
	static const struct {
		const char *html;
		gunichar want;
		size_t used;
	} known[] = {
		{ "&amp;x", '&', 5 },
		{ "&ampx", '&', 1 },
		{ "&amp x", '&', 4 },
		{ "&euro;", 0x20ac, 6 },
		{ "&euro ", '&', 1 },
		{ "&#65;", 'A', 5 },
		{ "&#x41;", 'A', 6 },
		{ "&#65 ", 'A', 4 },
		{ "&#;", '&', 1 },
		{ "&#146;", 0x2019, 6 },
		{ "&#0;", ' ', 4 },
		{ "&#xD800;", 0xfffd, 8 },
		{ "&#99999999999;", 0xfffd, 14 },
		{ "&#8364;", 0x20ac, 7 },
		{ "\342\202\254", 0x20ac, 3 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const char *at = known[i].html;

		CHECK_INT(html_char_next(&at, at + strlen(at)), known[i].want);
		CHECK_INT(at - known[i].html, known[i].used);
	}
}

TEST(a_script_is_passed_over_up_to_its_end)
{
	const char *html = "if (a</b) '<p>' </SCRIPT>x";
	struct html_tokens it = { html, html + strlen(html) };

	html_tokens_skip(&it, "script");
	CHECK_STR(it.at, "</SCRIPT>x");
	html_tokens_skip(&it, "style");
	CHECK_STR(it.at, "");
}
