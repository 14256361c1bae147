/* SPDX-License-Identifier: ISC */
/* LIST, NAMESPACE, STATUS (RFC 9051, 7.3; RFC 2342; RFC 6154). */
#include "imap-parse-parts.h"

static const struct {
	const char *name;
	unsigned attribute;
} attributes[] = {
	{ "\\Noselect", IMAP_NOSELECT },
	{ "\\NonExistent", IMAP_NOSELECT | IMAP_NONEXISTENT },
	{ "\\Noinferiors", IMAP_NOINFERIORS },
	{ "\\All", IMAP_ALL },
	{ "\\AllMail", IMAP_ALL }, /* XLIST names of old */
	{ "\\Archive", IMAP_ARCHIVE },
	{ "\\Drafts", IMAP_DRAFTS },
	{ "\\Flagged", IMAP_FLAGGED },
	{ "\\Junk", IMAP_JUNK },
	{ "\\Spam", IMAP_JUNK },
	{ "\\Sent", IMAP_SENT },
	{ "\\Trash", IMAP_TRASH },
	{ "\\Important", IMAP_IMPORTANT },
};

static bool attributes_of(struct imap_scan *scan, unsigned *attributes_r)
{
	struct imap_bytes word;

	*attributes_r = 0;
	if (!imap_scan_open(scan))
		return false;
	while (!imap_scan_close(scan)) {
		if (!imap_scan_atom(scan, "", &word))
			return false;
		for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
			if (imap_scan_is_word(word, attributes[i].name))
				*attributes_r |= attributes[i].attribute;
		if (!imap_scan_space(scan) && !imap_scan_is(scan, ')'))
			return false;
	}
	return true;
}

/* One ASCII character that can divide a name, or none. */
static bool delimiter_of(struct imap_scan *scan, char *delimiter_r)
{
	struct imap_bytes string;

	if (!imap_scan_nstring(scan, &string))
		return false;
	*delimiter_r = 0;
	if (!string.data || string.size == 0)
		return true;
	if (string.size != 1 || string.data[0] <= ' ' || string.data[0] >= 0x7f)
		return false;
	*delimiter_r = (char)string.data[0];
	return true;
}

bool imap_parse_list(struct imap_parser *parser, struct imap_scan *scan,
		     struct imap_response *response)
{
	struct imap_list *list = &response->list;

	(void)parser;
	response->kind = IMAP_LIST;
	return imap_scan_space(scan) &&
	       attributes_of(scan, &list->attributes) &&
	       imap_scan_space(scan) && delimiter_of(scan, &list->delimiter) &&
	       imap_scan_space(scan) && imap_scan_astring(scan, &list->name);
}

bool imap_parse_namespace(struct imap_parser *parser, struct imap_scan *scan,
			  struct imap_response *response)
{
	(void)parser;
	response->kind = IMAP_NAMESPACE;
	if (!imap_scan_space(scan))
		return false;
	if (imap_scan_word(scan, "NIL"))
		return true;
	return imap_scan_open(scan) && imap_scan_open(scan) &&
	       imap_scan_astring(scan, &response->list.name) &&
	       imap_scan_space(scan) &&
	       delimiter_of(scan, &response->list.delimiter);
}

/* A number that may be left open, as APPENDLIMIT NIL. */
static bool status_item(struct imap_scan *scan, struct imap_list *list)
{
	struct imap_bytes name;
	uint64_t number;
	uint32_t *small = NULL;

	if (!imap_scan_atom(scan, "", &name) || !imap_scan_space(scan))
		return false;
	if (imap_scan_is_word(name, "HIGHESTMODSEQ")) {
		list->has_modseq = true;
		return imap_scan_number(scan, INT64_MAX, &list->modseq);
	}
	if (imap_scan_is_word(name, "MESSAGES")) {
		list->has_messages = true;
		small = &list->messages;
	} else if (imap_scan_is_word(name, "UIDNEXT")) {
		small = &list->uidnext;
	} else if (imap_scan_is_word(name, "UIDVALIDITY")) {
		small = &list->uidvalidity;
	} else if (imap_scan_is_word(name, "UNSEEN")) {
		small = &list->unseen;
	}
	if (!small)
		return imap_scan_skip(scan);
	if (!imap_scan_number(scan, UINT32_MAX, &number))
		return false;
	*small = (uint32_t)number;
	return true;
}

bool imap_parse_status(struct imap_parser *parser, struct imap_scan *scan,
		       struct imap_response *response)
{
	(void)parser;
	response->kind = IMAP_STATUS;
	if (!imap_scan_space(scan) ||
	    !imap_scan_astring(scan, &response->list.name) ||
	    !imap_scan_space(scan) || !imap_scan_open(scan))
		return false;
	while (!imap_scan_close(scan)) {
		if (!status_item(scan, &response->list))
			return false;
		if (!imap_scan_space(scan) && !imap_scan_is(scan, ')'))
			return false;
	}
	return true;
}
