/* SPDX-License-Identifier: ISC */
/* A tokenizer in the manner of the HTML standard, section 13.2.5, as far as
 * text needs one. It reads each byte once, whatever the bytes are. libxml2
 * (2.9.14) looks at all open elements for each closing tag and at all
 * attributes for each attribute: 28 s and 18 s for a megabyte of them. */
#include "html-token.h"

#include <stdint.h>
#include <string.h>

#include "defms/auto.h"
#include "html-entity.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Where `what` starts, in any case of letters; `end` if it does not. */
static const char *find(const char *at, const char *end, const char *what)
{
	size_t size = strlen(what);

	while ((size_t)(end - at) >= size) {
		const char *hit = memchr(at, *what, (size_t)(end - at));

		if (!hit || (size_t)(end - hit) < size)
			return end;
		if (g_ascii_strncasecmp(hit, what, size) == 0)
			return hit;
		at = hit + 1;
	}
	return end;
}

static const char *skip_declaration(const char *at, const char *end)
{
	const char *close;

	if (end - at >= 4 && memcmp(at, "<!--", 4) == 0) {
		close = find(at + 2, end, "-->"); /* <!--> is one, too */
		return close < end ? close + 3 : end;
	}
	close = memchr(at, '>', (size_t)(end - at));
	return close ? close + 1 : end;
}

/* Behind the > that ends the tag, which may stand in quotes before. */
static const char *tag_end(const char *at, const char *end)
{
	while (at < end && *at != '>') {
		bool value = *at == '=';

		at++;
		while (value && at < end && is_space(*at))
			at++;
		if (value && at < end && (*at == '"' || *at == '\'')) {
			const char *quote =
				memchr(at + 1, *at, (size_t)(end - at - 1));

			at = quote ? quote + 1 : end;
		}
	}
	return at;
}

static void read_tag(struct html_tokens *it, struct html_token *token)
{
	const char *at = it->at + 1;
	size_t len = 0;

	*token = (struct html_token){ .tag = true, .closing = *at == '/' };
	if (token->closing)
		at++;
	for (; at < it->end && !is_space(*at) && *at != '>' && *at != '/'; at++)
		if (len++ < HTML_NAME - 1)
			token->name[len - 1] = g_ascii_tolower(*at);
	if (len >= HTML_NAME)
		token->name[0] = '\0';
	token->text = at;
	at = tag_end(at, it->end);
	token->size = (size_t)(at - token->text);
	it->at = at < it->end ? at + 1 : it->end;
}

/* What the < at `at` starts: '<' a tag, '!' what is passed over, 0 a text. */
static char kind_of(const char *at, const char *end)
{
	if (end - at < 2)
		return 0;
	if (g_ascii_isalpha(at[1]))
		return '<';
	if (at[1] == '!' || at[1] == '?')
		return '!';
	if (at[1] != '/' || end - at < 3)
		return 0;
	return g_ascii_isalpha(at[2]) ? '<' : '!';
}

bool html_token_next(struct html_tokens *it, struct html_token *token_r)
{
	const char *start, *at;

	while (it->at < it->end && *it->at == '<') {
		char kind = kind_of(it->at, it->end);

		if (kind == 0)
			break;
		if (kind == '<') {
			read_tag(it, token_r);
			return true;
		}
		it->at = skip_declaration(it->at, it->end);
	}
	if (it->at == it->end)
		return false;
	start = it->at;
	at = memchr(start + 1, '<', (size_t)(it->end - start - 1));
	it->at = at ? at : it->end;
	*token_r = (struct html_token){ .text = start,
					.size = (size_t)(it->at - start) };
	return true;
}

void html_tokens_skip(struct html_tokens *it, const char *name)
{
	AUTO(str) char *closing = g_strconcat("</", name, NULL);

	it->at = find(it->at, it->end, closing);
}

/* A number outside Unicode, or one that means a byte of windows-1252. */
static gunichar number_char(uint32_t code)
{
	static const uint16_t low[] = {
		0x20ac, 0x2026, 0x2018, 0x2019, 0x201c,
		0x201d, 0x2022, 0x2013, 0x2014, 0x2122
	};
	static const uint8_t from[] = { 0x80, 0x85, 0x91, 0x92, 0x93,
					0x94, 0x95, 0x96, 0x97, 0x99 };

	for (size_t i = 0; i < sizeof(from); i++)
		if (code == from[i])
			return low[i];
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return ' ';
	return g_unichar_validate(code) ? code : 0xfffd;
}

/* "&#8211;" and "&#x2013;"; 0 if it is no reference. */
static gunichar number_reference(const char **at, const char *end)
{
	const char *digit = *at + 2;
	uint32_t base = 10, code = 0;
	const char *start;

	if (digit < end && (*digit | 0x20) == 'x') {
		base = 16;
		digit++;
	}
	start = digit;
	for (; digit < end; digit++) {
		int value = g_ascii_xdigit_value(*digit);

		if (value < 0 || (uint32_t)value >= base)
			break;
		code = MIN(code * base + (uint32_t)value, 0x110000u);
	}
	if (digit == start)
		return 0;
	*at = digit < end && *digit == ';' ? digit + 1 : digit;
	return number_char(code);
}

/* "&amp;"; these five also without the semicolon. */
static gunichar named_reference(const char **at, const char *end)
{
	static const char *const loose[] = { "amp", "lt", "gt", "nbsp",
					     "quot" };
	const char *next = *at + 1;
	char name[10] = "";
	size_t len = 0;
	uint32_t code;

	while (next < end && len < sizeof(name) - 1 && g_ascii_isalnum(*next))
		name[len++] = *next++;
	code = html_entity(name);
	if (code == 0)
		return 0;
	if (next < end && *next == ';') {
		*at = next + 1;
		return code;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(loose); i++) {
		if (strcmp(name, loose[i]) == 0) {
			*at = next;
			return code;
		}
	}
	return 0;
}

gunichar html_char_next(const char **at, const char *end)
{
	gunichar code = 0;

	if (**at == '&' && end - *at > 2)
		code = (*at)[1] == '#' ? number_reference(at, end)
				       : named_reference(at, end);
	if (!code) {
		code = g_utf8_get_char(*at);
		*at = g_utf8_next_char(*at);
	}
	return code;
}

static char *decode(const char *at, const char *end)
{
	AUTO(gstring) GString *value = g_string_new(NULL);

	while (at < end)
		g_string_append_unichar(value, html_char_next(&at, end));
	return g_string_free(take(value), FALSE);
}

static const char *skip_spaces(const char *at, const char *end)
{
	while (at < end && is_space(*at))
		at++;
	return at;
}

struct attribute {
	const char *name, *value; /* value NULL if there is no = */
	size_t name_size, size;
};

/* The value at `at`, in quotes or not; returns what is behind it. */
static const char *read_value(const char *at, const char *end,
			      struct attribute *attribute)
{
	const char *to = at;

	if (at < end && (*at == '"' || *at == '\'')) {
		to = memchr(at + 1, *at, (size_t)(end - at - 1));
		attribute->value = at + 1;
		attribute->size = (size_t)((to ? to : end) - at - 1);
		return to ? to + 1 : end;
	}
	while (to < end && !is_space(*to))
		to++;
	attribute->value = at;
	attribute->size = (size_t)(to - at);
	return to;
}

/* The attribute at `*at`, which is moved behind it; false if there is none. */
static bool attribute_next(const char **at, const char *end,
			   struct attribute *attribute_r)
{
	const char *to = *at;

	while (to < end && (is_space(*to) || *to == '/' || *to == '='))
		to++;
	*attribute_r = (struct attribute){ .name = to };
	while (to < end && !is_space(*to) && *to != '=' && *to != '/')
		to++;
	attribute_r->name_size = (size_t)(to - attribute_r->name);
	to = skip_spaces(to, end);
	if (to < end && *to == '=')
		to = read_value(skip_spaces(to + 1, end), end, attribute_r);
	*at = to;
	return attribute_r->name_size > 0;
}

char *html_attribute(const struct html_token *token, const char *name)
{
	const char *at = token->text, *end = at + token->size;
	struct attribute found;

	while (attribute_next(&at, end, &found))
		if (found.value && found.name_size == strlen(name) &&
		    g_ascii_strncasecmp(found.name, name, found.name_size) == 0)
			return decode(found.value, found.value + found.size);
	return NULL;
}
