/* SPDX-License-Identifier: ISC */
/* What the parts of the parser share: each reads one kind of response, behind
 * the word that names it, and is false if it is none. */
#ifndef BRIDGE_IMAP_PARSE_PARTS_H
#define BRIDGE_IMAP_PARSE_PARTS_H

#include "imap-frame.h"
#include "imap-parse.h"
#include "imap-scan.h"

/* What one response is kept in; all owned, and used again for the next. */
struct imap_parser {
	struct imap_limits limits;
	struct imap_frame frame;
	GStringChunk *strings;
	GByteArray *unquoted;
	GString *keywords;
	GArray *flags;              /* of struct imap_bytes */
	GPtrArray *words, *labels;  /* of char * in `strings` */
	GArray *ranges, *from, *to; /* of struct imap_range */
	struct imap_set *uids;
	bool failed;
};

/* "(\Seen work)" */
bool imap_parse_flags(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_flags *flags_r);
/* Words up to the end, or to a "]". */
bool imap_parse_words(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_response *response);
/* "1:3,7", into response->uids */
bool imap_parse_uids(struct imap_parser *parser, struct imap_scan *scan,
		     struct imap_response *response);
/* "OK [CODE ...] text" */
bool imap_parse_condition(struct imap_parser *parser, struct imap_scan *scan,
			  struct imap_response *response);
/* The rest, as response->text. */
bool imap_parse_text(struct imap_scan *scan, struct imap_response *response);

/* Untagged responses, behind their name. */
bool imap_parse_fetch(struct imap_parser *parser, struct imap_scan *scan,
		      struct imap_response *response);
bool imap_parse_list(struct imap_parser *parser, struct imap_scan *scan,
		     struct imap_response *response);
bool imap_parse_namespace(struct imap_parser *parser, struct imap_scan *scan,
			  struct imap_response *response);
bool imap_parse_status(struct imap_parser *parser, struct imap_scan *scan,
		       struct imap_response *response);
bool imap_parse_search(struct imap_parser *parser, struct imap_scan *scan,
		       struct imap_response *response);
bool imap_parse_esearch(struct imap_parser *parser, struct imap_scan *scan,
			struct imap_response *response);
bool imap_parse_vanished(struct imap_parser *parser, struct imap_scan *scan,
			 struct imap_response *response);

#endif
