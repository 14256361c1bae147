/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/auto.h"
#include "defms/html.h"

static char *text_of(const char *html, size_t size)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	html_text(html, size, out);
	return g_string_free(take(out), FALSE);
}

TEST(html_reads_as_in_a_browser)
{
	static const struct {
		const char *html, *want;
	} known[] = {
		{ "", "" },
		{ " \n\t ", "" },
		{ "plain", "plain\n" },
		{ "  a \n\t b&nbsp; c  ", "a b c\n" },
		{ "a<br>b<BR/>c", "a\nb\nc\n" },
		{ "a<br><br><br><br>b", "a\n\nb\n" },
		{ "<p>a</p><p>b</p>c", "a\n\nb\n\nc\n" },
		{ "<div>a</div><div>b<div>c</div></div>", "a\nb\nc\n" },
		{ "a <b> bold </b> c", "a bold c\n" },
		{ "un<i>broken</i>", "unbroken\n" },
		{ "<h1>Title</h1>text", "Title\n\ntext\n" },
		{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>",
		  "a b\nc\n" },
		{ "<ul><li>a<li>b<ul><li>c</ul></ul>d",
		  "* a\n* b\n  * c\n\nd\n" },
		{ "x<blockquote>a<br>b<blockquote>c</blockquote></blockquote>y",
		  "x\n\n> a\n> b\n\n> > c\n\ny\n" },
		{ "<pre>a  b\n\tc</pre>d  e", "a  b\n\tc\n\nd e\n" },
		{ "<head><title>no</title><style>p{}</style></head>yes"
		  "<script>if (1<2) x('</p>')</script>!",
		  "yes!\n" },
		{ "<style>never closed", "" },
		{ "a<img alt='&lt;b&gt; &amp;lt;' src=x>c", "a<b> &lt;c\n" },
		{ "a<hr>b", "a\n---\nb\n" },
		{ "caf&eacute; &#8364;5 &unknown; &", "caf\303\251 \342\202\254"
						      "5 &unknown; &\n" },
		{ "</p></blockquote></ul></pre>a", "a\n" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str)
		char *got = text_of(known[i].html, strlen(known[i].html));

		CHECK_STR(got, known[i].want);
	}
}

TEST(a_link_tells_its_address_where_its_text_does_not)
{
	static const struct {
		const char *html, *want;
	} known[] = {
		{ "see <a href=http://x.org/>here</a>.",
		  "see here <http://x.org/>.\n" },
		{ "<a href=http://x.org/>http://x.org/</a>",
		  "http://x.org/\n" },
		{ "<a href=http://x.org/>x.org</a>", "x.org\n" },
		{ "<a href=https://x.org>http://x.org/</a>",
		  "http://x.org/\n" },
		{ "<a href=mailto:a@x.org>a@x.org</a>", "a@x.org\n" },
		{ "<a href=mailto:a@x.org>Ada</a>", "Ada <mailto:a@x.org>\n" },
		{ "<a href=javascript:alert(1)>x</a>", "x\n" },
		{ "<a href=#top>x</a> <a name=y>z</a>", "x z\n" },
		{ "<a href='http://x.org/a b\n>c'>x</a>",
		  "x <http://x.org/abc>\n" },
		{ "a<a href=http://x.org/><img src=y></a>b",
		  "a<http://x.org/>b\n" },
		{ "<a href=http://1>a<a href=http://2>b",
		  "a <http://1>b <http://2>\n" },
		{ "<p>a <a href=http://1><p>b</a>c", "a\n\nb <http://1>c\n" },
		{ "<a href=http://1>a<br></a>b", "a <http://1>b\n" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str)
		char *got = text_of(known[i].html, strlen(known[i].html));

		CHECK_STR(got, known[i].want);
	}
}

TEST(text_is_appended_to_what_is_there)
{
	AUTO(gstring) GString *out = g_string_new("before\n");

	html_text("<p>a", 4, out);
	CHECK_STR(out->str, "before\na\n");
}

TEST(every_truncation_gives_valid_text)
{
	static const char html[] =
		"<html><head><title>t</title></head><body><!-- c --><p "
		"class=\"x\">gr\303\274n &amp; &#8364; <a href='http://x.org'>"
		"l</a><ul><li>1<li>2</ul><blockquote>q<pre>a  b\n</pre>"
		"</blockquote><script>x</script><img alt=\"\342\202\254\">";

	for (size_t size = 0; size < sizeof(html); size++) {
		AUTO(str) char *exact = g_memdup2(html, size);
		AUTO(str) char *got = text_of(size ? exact : "", size);

		CHECK(g_utf8_validate(got, -1, NULL));
	}
}

TEST(any_bytes_give_valid_text_of_bounded_size)
{
	static const char *const pieces[] = {
		"<p>",  "</b>", "<blockquote>", "<ul>",   "<li>", "x",
		"&#",   "&lt;", "<a href='",    "http:",  "'>",   "\377",
		"\303", "<br>", "<pre>",        "\n",     "<!--", "-->",
		"</a>", "<",    "\"",           "&nbsp;", "\0",   "<img alt=",
	};
	guint32 seed = 1;

	for (int round = 0; round < 2000; round++) {
		AUTO(gstring) GString *html = g_string_new(NULL);
		AUTO(str) char *got = NULL;

		for (int i = 0; i < 60; i++) {
			seed = seed * 1664525 + 1013904223;
			g_string_append(
				html,
				pieces[(seed >> 16) % G_N_ELEMENTS(pieces)]);
		}
		got = text_of(html->str, html->len);
		CHECK(g_utf8_validate(got, -1, NULL));
		CHECK(strlen(got) <= 32 * html->len + 32);
	}
}

/* Each is a megabyte; quadratic work would be felt. */
TEST(endless_nesting_ends)
{
	static const char *const pieces[] = {
		"<b>",       "<blockquote>",  "<ul><li>x",
		"<b></i>",   "<!--",          "<",
		"&",         "<a href=http:", "<pre>\n x",
		"-->",       "<p a ",         "<script>",
		"</script>", "<a href=\"",
	};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		AUTO(gstring) GString *html = g_string_new(NULL);
		AUTO(str) char *got = NULL;

		while (html->len < 1000000)
			g_string_append(html, pieces[i]);
		got = text_of(html->str, html->len);
		CHECK(strlen(got) <= 16 * html->len);
	}
}
