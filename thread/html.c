/* SPDX-License-Identifier: ISC */
/* Line ends and spaces are owed, not written: blocks and white space only say
 * what has to stand before the next character, so that they add up as in
 * a browser. What a character costs at most is bounded: two line ends, LEVELS
 * quotes, LEVELS indents. */
#include "defms/html.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "defms/auto.h"
#include "html-token.h"

enum {
	LEVELS = 5, /* of quotes, and of lists, that show */
};

enum role {
	ROLE_LINE,  /* stands on lines of its own */
	ROLE_BLOCK, /* and has empty lines around it */
	ROLE_BREAK,
	ROLE_CELL,
	ROLE_IMAGE,
	ROLE_ITEM,
	ROLE_LINK,
	ROLE_LIST,
	ROLE_PRE,
	ROLE_QUOTE,
	ROLE_RULE,
	ROLE_SKIP,
};

static const struct {
	char name[HTML_NAME];
	enum role role;
} roles[] = {
	{ "p", ROLE_BLOCK },          { "br", ROLE_BREAK },
	{ "div", ROLE_LINE },         { "a", ROLE_LINK },
	{ "td", ROLE_CELL },          { "tr", ROLE_LINE },
	{ "img", ROLE_IMAGE },        { "table", ROLE_LINE },
	{ "th", ROLE_CELL },          { "li", ROLE_ITEM },
	{ "ul", ROLE_LIST },          { "ol", ROLE_LIST },
	{ "blockquote", ROLE_QUOTE }, { "pre", ROLE_PRE },
	{ "style", ROLE_SKIP },       { "script", ROLE_SKIP },
	{ "title", ROLE_SKIP },       { "hr", ROLE_RULE },
	{ "h1", ROLE_BLOCK },         { "h2", ROLE_BLOCK },
	{ "h3", ROLE_BLOCK },         { "h4", ROLE_BLOCK },
	{ "h5", ROLE_BLOCK },         { "h6", ROLE_BLOCK },
	{ "section", ROLE_LINE },     { "article", ROLE_LINE },
	{ "header", ROLE_LINE },      { "footer", ROLE_LINE },
	{ "center", ROLE_LINE },      { "address", ROLE_LINE },
	{ "dl", ROLE_BLOCK },         { "dt", ROLE_LINE },
	{ "dd", ROLE_LINE },          { "form", ROLE_LINE },
	{ "fieldset", ROLE_LINE },    { "caption", ROLE_LINE },
	{ "body", ROLE_LINE },        { "option", ROLE_LINE },
	{ "main", ROLE_LINE },        { "template", ROLE_SKIP },
};

struct page {
	GString *out;
	size_t start;       /* of this page in `out` */
	unsigned line_ends; /* owed before the next character, at most 2 */
	bool space;         /* owed, unless a line end is */
	bool item;          /* "* " is owed */
	unsigned quote, list, pre;
	char *url;      /* owned; of the link that is open, or NULL */
	size_t link_at; /* where its text starts */
};

static void owe_lines(struct page *page, unsigned count)
{
	page->line_ends = MAX(page->line_ends, count);
	page->space = false;
}

/* Pay what is owed before a character. */
static void pay(struct page *page)
{
	bool first = page->out->len == page->start;

	if (first || page->line_ends > 0) {
		for (unsigned i = 0; !first && i < page->line_ends; i++)
			g_string_append_c(page->out, '\n');
		for (unsigned i = 0; i < MIN(page->quote, LEVELS); i++)
			g_string_append(page->out, "> ");
		for (unsigned i = 1; i < MIN(page->list, LEVELS); i++)
			g_string_append(page->out, "  ");
		if (page->item)
			g_string_append(page->out, "* ");
		else if (page->list > 0)
			g_string_append(page->out, "  ");
		page->item = false;
	} else if (page->space) {
		g_string_append_c(page->out, ' ');
	}
	page->line_ends = 0;
	page->space = false;
	if (page->link_at == SIZE_MAX)
		page->link_at = page->out->len;
}

/* In <pre>, white space is text but for a line end. */
static void put_space(struct page *page, gunichar code)
{
	if (page->pre == 0) {
		page->space = true;
	} else if (code == '\n') {
		page->line_ends = MIN(page->line_ends + 1, 2);
	} else {
		pay(page);
		g_string_append_c(page->out, code == '\t' ? '\t' : ' ');
	}
}

static void put_char(struct page *page, gunichar code)
{
	/* U+00A0 lays pages out, it says nothing */
	if (code <= ' ' || (code >= 0x7f && code <= 0xa0)) {
		put_space(page, code);
		return;
	}
	pay(page);
	g_string_append_unichar(page->out, code);
}

static void put_plain(struct page *page, const char *text)
{
	for (const char *at = text; *at; at = g_utf8_next_char(at))
		put_char(page, g_utf8_get_char(at));
}

static void put_text(struct page *page, const char *at, size_t size)
{
	const char *end = at + size;

	while (at < end)
		put_char(page, html_char_next(&at, end));
}

/* What stands behind "http://" or "mailto:". */
static const char *without_scheme(const char *url)
{
	static const char *const schemes[] = { "http://", "https://",
					       "mailto:" };

	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_str_has_prefix(url, schemes[i]))
			return url + strlen(schemes[i]);
	return url;
}

/* Is the link's text its address, give or take the scheme and the last "/"? */
static bool says_url(const char *text, const char *url)
{
	size_t text_len, url_len;

	text = without_scheme(text);
	url = without_scheme(url);
	text_len = strlen(text);
	url_len = strlen(url);
	if (text_len > 0 && text[text_len - 1] == '/')
		text_len--;
	if (url_len > 0 && url[url_len - 1] == '/')
		url_len--;
	return text_len == url_len && memcmp(text, url, url_len) == 0;
}

static void close_link(struct page *page)
{
	AUTO(str) char *url = take(page->url);
	size_t at = page->link_at;
	bool empty = at == SIZE_MAX;

	page->link_at = 0;
	if (!url || (!empty && says_url(page->out->str + at, url)))
		return;
	if (!empty) {
		page->space = true;
		page->line_ends = 0;
	}
	pay(page);
	g_string_append_printf(page->out, "<%s>", url);
}

/* An address without what would break it out of its <>. */
static char *clean_url(const char *url)
{
	AUTO(gstring) GString *clean = g_string_new(NULL);
	AUTO(str) char *valid = g_utf8_make_valid(url, -1);

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar code = g_utf8_get_char(at);

		if (!g_unichar_isspace(code) && !g_unichar_iscntrl(code) &&
		    code != '<' && code != '>')
			g_string_append_unichar(clean, code);
	}
	return g_string_free(take(clean), FALSE);
}

static void open_link(struct page *page, const struct html_token *token)
{
	static const char *const schemes[] = { "http:", "https:", "mailto:" };
	AUTO(str) char *href = html_attribute(token, "href");
	AUTO(str) char *url = href ? clean_url(href) : NULL;

	close_link(page);
	for (size_t i = 0; url && i < G_N_ELEMENTS(schemes); i++) {
		if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])))
			continue;
		page->url = take(url);
		/* where the next character will stand */
		page->link_at = SIZE_MAX;
	}
}

static void put_image(struct page *page, const struct html_token *token)
{
	AUTO(str) char *alt = html_attribute(token, "alt");

	if (alt)
		put_plain(page, alt);
}

/* Enter or leave what nests; more closing tags than opening ones do nothing. */
static void nest(unsigned *level, bool closing)
{
	if (!closing)
		*level += 1;
	else if (*level > 0)
		*level -= 1;
}

static void put_list(struct page *page, bool closing)
{
	if (!closing)
		owe_lines(page, page->list == 0 ? 2 : 1);
	nest(&page->list, closing);
	if (closing)
		owe_lines(page, page->list == 0 ? 2 : 1);
	page->item = false;
}

static void put_tag(struct page *page, const struct html_token *token,
		    enum role role, struct html_tokens *it)
{
	switch (role) {
	case ROLE_LINE:
		owe_lines(page, 1);
		break;
	case ROLE_BLOCK:
		owe_lines(page, 2);
		break;
	case ROLE_BREAK:
		owe_lines(page, MIN(page->line_ends + 1, 2));
		break;
	case ROLE_CELL:
		page->space = true;
		break;
	case ROLE_IMAGE:
		put_image(page, token);
		break;
	case ROLE_ITEM:
		owe_lines(page, 1);
		page->item = !token->closing;
		break;
	case ROLE_LINK:
		if (token->closing)
			close_link(page);
		else
			open_link(page, token);
		break;
	case ROLE_LIST:
		put_list(page, token->closing);
		break;
	case ROLE_PRE:
		owe_lines(page, 2);
		nest(&page->pre, token->closing);
		break;
	case ROLE_QUOTE:
		owe_lines(page, 2);
		nest(&page->quote, token->closing);
		break;
	case ROLE_RULE:
		owe_lines(page, 1);
		put_plain(page, "---");
		owe_lines(page, 1);
		break;
	case ROLE_SKIP:
		if (!token->closing)
			html_tokens_skip(it, token->name);
		break;
	}
}

static void put_token(struct page *page, const struct html_token *token,
		      struct html_tokens *it)
{
	if (!token->tag) {
		put_text(page, token->text, token->size);
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
		if (strcmp(token->name, roles[i].name) == 0) {
			put_tag(page, token, roles[i].role, it);
			return;
		}
	}
}

void html_text(const char *html, size_t size, GString *out)
{
	AUTO(str) char *valid = NULL;
	struct html_tokens it = { html, html + size };
	struct page page = { .out = out, .start = out->len };
	struct html_token token;

	if (!g_utf8_validate_len(html, size, NULL)) {
		valid = g_utf8_make_valid(html, (gssize)size);
		it = (struct html_tokens){ valid, valid + strlen(valid) };
	}
	while (html_token_next(&it, &token))
		put_token(&page, &token, &it);
	close_link(&page);
	if (out->len > page.start)
		g_string_append_c(out, '\n');
}
