/* SPDX-License-Identifier: ISC */
/* "* 12 FETCH (UID 7 FLAGS (\Seen) BODY[] {3}..." (RFC 9051, 7.5.2). What was
 * not asked for may come at any time; what is not known is passed over. */
#include "imap-parse-parts.h"

#include <string.h>

enum { DAY = 86400 };

/* Days from 1970-01-01 to a date, in the calendar that is used now. */
static int64_t days_until(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = month <= 2 ? year - 1 : year; /* years from March */
	int64_t month_from_march = (month + 9) % 12;

	return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 +
	       (153 * month_from_march + 2) / 5 + day - 1 - 719468;
}

/* Exactly `digits` digits at *at, which moves on; a space may stand for the
 * first. */
static bool digits(const char **at, size_t count, int64_t *number_r)
{
	*number_r = 0;
	for (size_t i = 0; i < count; i++, ++*at) {
		if (i == 0 && count == 2 && **at == ' ')
			continue;
		if (!g_ascii_isdigit(**at))
			return false;
		*number_r = *number_r * 10 + (**at - '0');
	}
	return true;
}

static bool character(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

static bool month_of(const char **at, int64_t *month_r)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (g_ascii_strncasecmp(*at, &names[3 * (size_t)i], 3) == 0) {
			*month_r = i + 1;
			*at += 3;
			return true;
		}
	}
	return false;
}

/* "17-Jul-1996 02:44:25 -0700" (RFC 9051, date-time) */
static bool date_of(const char *text, int64_t *date_r)
{
	int64_t day, month, year, hour, minute, second, east, past;
	const char *at = text;
	bool minus;

	if (!digits(&at, g_ascii_isdigit(at[1]) || at[0] == ' ' ? 2 : 1,
		    &day) ||
	    !character(&at, '-') || !month_of(&at, &month) ||
	    !character(&at, '-') || !digits(&at, 4, &year) ||
	    !character(&at, ' ') || !digits(&at, 2, &hour) ||
	    !character(&at, ':') || !digits(&at, 2, &minute) ||
	    !character(&at, ':') || !digits(&at, 2, &second) ||
	    !character(&at, ' '))
		return false;
	minus = *at == '-';
	if ((!minus && *at != '+') || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	at++;
	if (!digits(&at, 2, &east) || !digits(&at, 2, &past) || *at ||
	    east > 23 || past > 59)
		return false;
	east = (east * 60 + past) * (minus ? -60 : 60);
	*date_r = days_until(year, month, day) * DAY + hour * 3600 +
		  minute * 60 + second - east;
	return true;
}

/* A date that cannot be read is as good as none. */
static bool internal_date(struct imap_parser *parser, struct imap_scan *scan,
			  struct imap_fetch *fetch)
{
	struct imap_bytes string;
	char text[32] = "";

	(void)parser;
	if (!imap_scan_nstring(scan, &string))
		return false;
	if (string.data && string.size < sizeof(text)) {
		memcpy(text, string.data, string.size);
		fetch->has_date = date_of(text, &fetch->date);
	}
	return true;
}

static bool uid(struct imap_parser *parser, struct imap_scan *scan,
		struct imap_fetch *fetch)
{
	(void)parser;
	return imap_scan_uid(scan, &fetch->uid);
}

static bool flags(struct imap_parser *parser, struct imap_scan *scan,
		  struct imap_fetch *fetch)
{
	return imap_parse_flags(parser, scan, &fetch->flags);
}

static bool modseq(struct imap_parser *parser, struct imap_scan *scan,
		   struct imap_fetch *fetch)
{
	(void)parser;
	return imap_scan_open(scan) &&
	       imap_scan_number(scan, INT64_MAX, &fetch->modseq) &&
	       imap_scan_close(scan);
}

static bool size(struct imap_parser *parser, struct imap_scan *scan,
		 struct imap_fetch *fetch)
{
	(void)parser;
	fetch->has_size = true;
	return imap_scan_number(scan, INT64_MAX, &fetch->size);
}

static bool gmail_message(struct imap_parser *parser, struct imap_scan *scan,
			  struct imap_fetch *fetch)
{
	(void)parser;
	return imap_scan_number(scan, UINT64_MAX, &fetch->message);
}

static bool gmail_thread(struct imap_parser *parser, struct imap_scan *scan,
			 struct imap_fetch *fetch)
{
	(void)parser;
	return imap_scan_number(scan, UINT64_MAX, &fetch->thread);
}

static bool gmail_labels(struct imap_parser *parser, struct imap_scan *scan,
			 struct imap_fetch *fetch)
{
	const char *label;

	(void)g_ptr_array_set_size(parser->labels, 0);
	if (!imap_scan_open(scan))
		return false;
	while (!imap_scan_close(scan)) {
		if (!imap_scan_astring(scan, &label))
			return false;
		g_ptr_array_add(parser->labels, (gpointer)(intptr_t)label);
		if (!imap_scan_space(scan) && !imap_scan_is(scan, ')'))
			return false;
	}
	fetch->labels = parser->labels;
	return true;
}

/* Behind "BODY[]" or "RFC822". A string in quotes stands in `unquoted`, which
 * nothing that follows may use, or in the response. */
static bool body(struct imap_parser *parser, struct imap_scan *scan,
		 struct imap_fetch *fetch)
{
	struct imap_bytes string;

	if (!imap_scan_nstring(scan, &string))
		return false;
	if (string.data && string.data == parser->unquoted->data)
		string.data = (const uint8_t *)g_string_chunk_insert_len(
			parser->strings, (const char *)string.data,
			(gssize)string.size);
	fetch->has_body = string.data != NULL;
	fetch->body = string.data;
	fetch->body_size = string.size;
	return true;
}

static const struct {
	const char *name;
	bool (*parse)(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_fetch *fetch);
} items[] = {
	{ "UID", uid },
	{ "FLAGS", flags },
	{ "BODY[]", body },
	{ "MODSEQ", modseq },
	{ "INTERNALDATE", internal_date },
	{ "RFC822.SIZE", size },
	{ "RFC822", body },
	{ "X-GM-MSGID", gmail_message },
	{ "X-GM-THRID", gmail_thread },
	{ "X-GM-LABELS", gmail_labels },
};

/* The name of an item with its section, which may hold spaces, parentheses and
 * strings: BODY[HEADER.FIELDS (TO "X")]<0>. */
static bool item_name(struct imap_scan *scan, struct imap_bytes *name_r)
{
	const uint8_t *start = scan->at;
	struct imap_bytes part;

	if (!imap_scan_atom(scan, "[", &part))
		return false;
	if (imap_scan_char(scan, '[')) {
		while (!imap_scan_char(scan, ']')) {
			if (!imap_scan_space(scan) &&
			    !imap_scan_char(scan, '(') &&
			    !imap_scan_char(scan, ')') &&
			    !imap_scan_atom(scan, "]{", &part) &&
			    !imap_scan_string(scan, &part))
				return false;
		}
		(void)imap_scan_atom(scan, "", &part); /* "<0>" */
	}
	*name_r = (struct imap_bytes){ start, (size_t)(scan->at - start) };
	return true;
}

static bool item(struct imap_parser *parser, struct imap_scan *scan,
		 struct imap_fetch *fetch)
{
	struct imap_bytes name;

	if (!item_name(scan, &name) || !imap_scan_space(scan))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(items); i++)
		if (imap_scan_is_word(name, items[i].name))
			return items[i].parse(parser, scan, fetch);
	return imap_scan_skip(scan);
}

bool imap_parse_fetch(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_response *response)
{
	response->kind = IMAP_FETCH;
	if (response->number == 0 || response->number > UINT32_MAX ||
	    !imap_scan_open(scan))
		return false;
	response->fetch.sequence = (uint32_t)response->number;
	while (!imap_scan_close(scan)) {
		if (!item(parser, scan, &response->fetch))
			return false;
		if (!imap_scan_space(scan) && !imap_scan_is(scan, ')'))
			return false;
	}
	return true;
}
