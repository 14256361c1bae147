/* SPDX-License-Identifier: ISC */
#include "imap-parse-parts.h"

#include <string.h>

#include "defms/state.h"

enum { KEYWORD_LIMIT = 200 };

static const struct {
	const char *name;
	unsigned bit;
} names[] = {
	{ "\\Seen", FLAG_SEEN },       { "\\Answered", FLAG_ANSWERED },
	{ "\\Flagged", FLAG_FLAGGED }, { "\\Deleted", FLAG_DELETED },
	{ "\\Draft", FLAG_DRAFT },     { "$Forwarded", FLAG_FORWARDED },
};

/* Can it be said again in a STORE (RFC 9051: flag-keyword = atom)? */
static bool is_keyword(struct imap_bytes word)
{
	if (word.size > KEYWORD_LIMIT)
		return false;
	for (size_t i = 0; i < word.size; i++)
		if (word.data[i] <= ' ' || word.data[i] >= 0x7f ||
		    strchr("(){%*\"\\]", word.data[i]))
			return false;
	return true;
}

static void take_flag(struct imap_parser *parser, struct imap_bytes word,
		      struct imap_flags *flags)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (imap_scan_is_word(word, names[i].name)) {
			flags->bits |= names[i].bit;
			return;
		}
	}
	if (imap_scan_is_word(word, "\\*"))
		flags->any = true;
	else if (is_keyword(word))
		(void)g_array_append_val(parser->flags, word);
}

static int compare_case(const struct imap_bytes *one,
			const struct imap_bytes *other)
{
	int order = g_ascii_strncasecmp((const char *)one->data,
					(const char *)other->data,
					MIN(one->size, other->size));

	return order ? order
		     : (one->size > other->size) - (one->size < other->size);
}

static gint compare_words(gconstpointer a, gconstpointer b)
{
	const struct imap_bytes *one = a, *other = b;
	int order = compare_case(one, other);

	/* One spelling of many is the same every time. */
	return order ? order : memcmp(one->data, other->data, one->size);
}

static const char *join_keywords(struct imap_parser *parser)
{
	const struct imap_bytes *last = NULL;

	g_array_sort(parser->flags, compare_words);
	(void)g_string_truncate(parser->keywords, 0);
	for (size_t i = 0; i < parser->flags->len; i++) {
		const struct imap_bytes *word =
			&g_array_index(parser->flags, struct imap_bytes, i);

		if (last && compare_case(last, word) == 0)
			continue;
		if (last)
			(void)g_string_append_c(parser->keywords, ' ');
		(void)g_string_append_len(parser->keywords,
					  (const char *)word->data,
					  (gssize)word->size);
		last = word;
	}
	return parser->keywords->str;
}

bool imap_parse_flags(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_flags *flags_r)
{
	struct imap_flags flags = { .given = true, .keywords = "" };
	struct imap_bytes word;

	(void)g_array_set_size(parser->flags, 0);
	if (!imap_scan_open(scan))
		return false;
	while (!imap_scan_close(scan)) {
		if (!imap_scan_atom(scan, "", &word) || !imap_scan_count(scan))
			return false;
		take_flag(parser, word, &flags);
		if (!imap_scan_space(scan) && !imap_scan_is(scan, ')'))
			return false;
	}
	if (parser->flags->len > 0)
		flags.keywords = join_keywords(parser);
	*flags_r = flags;
	return true;
}
