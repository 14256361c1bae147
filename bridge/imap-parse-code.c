/* SPDX-License-Identifier: ISC */
/* "OK [CODE arguments] text" (RFC 9051, 7.1; RFC 5530). A code that cannot be
 * read is one that was not sent: whoever needs its numbers misses them. */
#include "imap-parse-parts.h"

#include <string.h>

static bool number(struct imap_parser *parser, struct imap_scan *scan,
		   struct imap_response *response)
{
	(void)parser;
	return imap_scan_space(scan) &&
	       imap_scan_number(scan, INT64_MAX, &response->number);
}

static bool words(struct imap_parser *parser, struct imap_scan *scan,
		  struct imap_response *response)
{
	return imap_scan_space(scan) &&
	       imap_parse_words(parser, scan, response);
}

static bool uids(struct imap_parser *parser, struct imap_scan *scan,
		 struct imap_response *response)
{
	return imap_scan_space(scan) && imap_parse_uids(parser, scan, response);
}

static bool flags(struct imap_parser *parser, struct imap_scan *scan,
		  struct imap_response *response)
{
	return imap_scan_space(scan) &&
	       imap_parse_flags(parser, scan, &response->flags);
}

static bool appended(struct imap_parser *parser, struct imap_scan *scan,
		     struct imap_response *response)
{
	(void)g_array_set_size(parser->to, 0);
	response->to = parser->to;
	return imap_scan_space(scan) &&
	       imap_scan_uid(scan, &response->uidvalidity) &&
	       imap_scan_space(scan) && imap_scan_ranges(scan, parser->to);
}

static bool copied(struct imap_parser *parser, struct imap_scan *scan,
		   struct imap_response *response)
{
	(void)g_array_set_size(parser->from, 0);
	(void)g_array_set_size(parser->to, 0);
	response->from = parser->from;
	response->to = parser->to;
	return imap_scan_space(scan) &&
	       imap_scan_uid(scan, &response->uidvalidity) &&
	       imap_scan_space(scan) && imap_scan_ranges(scan, parser->from) &&
	       imap_scan_space(scan) && imap_scan_ranges(scan, parser->to);
}

static const struct {
	const char *name;
	enum imap_code code;
	bool (*parse)(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_response *response);
} codes[] = {
	{ "ALERT", IMAP_CODE_ALERT, NULL },
	{ "ALREADYEXISTS", IMAP_CODE_ALREADYEXISTS, NULL },
	{ "APPENDUID", IMAP_CODE_APPENDUID, appended },
	{ "AUTHENTICATIONFAILED", IMAP_CODE_AUTHENTICATIONFAILED, NULL },
	{ "CANNOT", IMAP_CODE_CANNOT, NULL },
	{ "CAPABILITY", IMAP_CODE_CAPABILITY, words },
	{ "CLOSED", IMAP_CODE_CLOSED, NULL },
	{ "COMPRESSIONACTIVE", IMAP_CODE_COMPRESSIONACTIVE, NULL },
	{ "COPYUID", IMAP_CODE_COPYUID, copied },
	{ "EXPUNGEISSUED", IMAP_CODE_EXPUNGEISSUED, NULL },
	{ "HIGHESTMODSEQ", IMAP_CODE_HIGHESTMODSEQ, number },
	{ "INUSE", IMAP_CODE_INUSE, NULL },
	{ "LIMIT", IMAP_CODE_LIMIT, NULL },
	{ "MODIFIED", IMAP_CODE_MODIFIED, uids },
	{ "NOMODSEQ", IMAP_CODE_NOMODSEQ, NULL },
	{ "NONEXISTENT", IMAP_CODE_NONEXISTENT, NULL },
	{ "NOPERM", IMAP_CODE_NOPERM, NULL },
	{ "OVERQUOTA", IMAP_CODE_OVERQUOTA, NULL },
	{ "PERMANENTFLAGS", IMAP_CODE_PERMANENTFLAGS, flags },
	{ "READ-ONLY", IMAP_CODE_READ_ONLY, NULL },
	{ "READ-WRITE", IMAP_CODE_READ_WRITE, NULL },
	{ "SERVERBUG", IMAP_CODE_SERVERBUG, NULL },
	{ "TOOBIG", IMAP_CODE_TOOBIG, NULL },
	{ "TRYCREATE", IMAP_CODE_TRYCREATE, NULL },
	{ "UIDNEXT", IMAP_CODE_UIDNEXT, number },
	{ "UIDNOTSTICKY", IMAP_CODE_UIDNOTSTICKY, NULL },
	{ "UIDVALIDITY", IMAP_CODE_UIDVALIDITY, number },
	{ "UNAVAILABLE", IMAP_CODE_UNAVAILABLE, NULL },
};

static void code_of(struct imap_parser *parser, struct imap_scan *scan,
		    struct imap_response *response)
{
	struct imap_bytes name;

	response->code = IMAP_CODE_OTHER;
	if (!imap_scan_atom(scan, "]", &name))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		if (!imap_scan_is_word(name, codes[i].name))
			continue;
		if (!codes[i].parse || codes[i].parse(parser, scan, response))
			response->code = codes[i].code;
		return;
	}
}

/* Past the "]" that ends a code; one in quotes does not. */
static void skip_code(struct imap_scan *scan)
{
	bool quoted = false;

	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '"')
			quoted = !quoted;
		else if (*scan->at == ']' && !quoted)
			break;
	}
	if (imap_scan_char(scan, ']'))
		(void)imap_scan_space(scan);
}

bool imap_parse_text(struct imap_scan *scan, struct imap_response *response)
{
	response->text = imap_scan_keep(
		scan, (struct imap_bytes){ scan->at,
					   (size_t)(scan->end - scan->at) });
	scan->at = scan->end;
	return true;
}

bool imap_parse_condition(struct imap_parser *parser, struct imap_scan *scan,
			  struct imap_response *response)
{
	static const char *const names[] = {
		[IMAP_OK] = "OK",           [IMAP_NO] = "NO",
		[IMAP_BAD] = "BAD",         [IMAP_BYE] = "BYE",
		[IMAP_PREAUTH] = "PREAUTH",
	};
	size_t i = 0;

	while (i < G_N_ELEMENTS(names) && !imap_scan_word(scan, names[i]))
		i++;
	if (i == G_N_ELEMENTS(names))
		return false;
	response->condition = (enum imap_condition)i;
	(void)imap_scan_space(scan);
	if (imap_scan_char(scan, '[')) {
		code_of(parser, scan, response);
		if (scan->beyond)
			return false;
		skip_code(scan);
	}
	return imap_parse_text(scan, response);
}
