/* SPDX-License-Identifier: ISC */
/* What names messages by their UIDs: SEARCH, ESEARCH (RFC 4731), VANISHED
 * (RFC 7162). */
#include "imap-parse-parts.h"

bool imap_parse_uids(struct imap_parser *parser, struct imap_scan *scan,
		     struct imap_response *response)
{
	(void)g_array_set_size(parser->ranges, 0);
	if (!imap_scan_ranges(scan, parser->ranges))
		return false;
	imap_set_clear(parser->uids);
	imap_set_add_ranges(parser->uids, parser->ranges);
	response->uids = parser->uids;
	return true;
}

/* "(MODSEQ 917162500)" */
static bool found_modseq(struct imap_scan *scan, uint64_t *modseq_r)
{
	return imap_scan_open(scan) && imap_scan_word(scan, "MODSEQ") &&
	       imap_scan_space(scan) &&
	       imap_scan_number(scan, INT64_MAX, modseq_r) &&
	       imap_scan_close(scan);
}

bool imap_parse_search(struct imap_parser *parser, struct imap_scan *scan,
		       struct imap_response *response)
{
	response->kind = IMAP_SEARCH;
	(void)g_array_set_size(parser->ranges, 0);
	imap_set_clear(parser->uids);
	response->uids = parser->uids;
	while (imap_scan_space(scan) && !imap_scan_done(scan)) {
		struct imap_range range;

		if (imap_scan_is(scan, '(')) {
			if (!found_modseq(scan, &response->modseq))
				return false;
			break;
		}
		if (!imap_scan_uid(scan, &range.first) ||
		    !imap_scan_count(scan))
			return false;
		range.last = range.first;
		(void)g_array_append_val(parser->ranges, range);
	}
	imap_set_add_ranges(parser->uids, parser->ranges);
	return true;
}

/* (TAG "a1") UID ALL 4,18:21 COUNT 5 */
bool imap_parse_esearch(struct imap_parser *parser, struct imap_scan *scan,
			struct imap_response *response)
{
	struct imap_bytes name;

	response->kind = IMAP_SEARCH;
	imap_set_clear(parser->uids);
	response->uids = parser->uids;
	while (imap_scan_space(scan) && !imap_scan_done(scan)) {
		bool taken;

		if (imap_scan_is(scan, '(')) {
			if (!imap_scan_skip(scan))
				return false;
			continue;
		}
		if (!imap_scan_atom(scan, "", &name))
			return false;
		if (imap_scan_is_word(name, "UID"))
			continue;
		if (!imap_scan_space(scan))
			return false;
		taken = imap_scan_is_word(name, "ALL")
				? imap_parse_uids(parser, scan, response)
				: imap_scan_skip(scan);
		if (!taken)
			return false;
	}
	return true;
}

bool imap_parse_vanished(struct imap_parser *parser, struct imap_scan *scan,
			 struct imap_response *response)
{
	response->kind = IMAP_VANISHED;
	if (!imap_scan_space(scan))
		return false;
	if (imap_scan_is(scan, '(')) {
		if (!imap_scan_open(scan) || !imap_scan_word(scan, "EARLIER") ||
		    !imap_scan_close(scan) || !imap_scan_space(scan))
			return false;
		response->earlier = true;
	}
	return imap_parse_uids(parser, scan, response);
}
