/* SPDX-License-Identifier: ISC */
/* What an IMAP server has said, taken apart by imap-parse.h. */
#ifndef BRIDGE_IMAP_RESPONSE_H
#define BRIDGE_IMAP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "imap-set.h"

enum imap_kind {
	IMAP_TAGGED,    /* tag, status, code, text */
	IMAP_CONTINUE,  /* "+": text */
	IMAP_CONDITION, /* untagged OK, NO, BAD, BYE, PREAUTH: as IMAP_TAGGED */
	IMAP_CAPABILITY, /* words */
	IMAP_ENABLED,    /* words */
	IMAP_LIST,       /* list */
	IMAP_NAMESPACE,  /* list: of the personal name space, if it has one */
	IMAP_STATUS,     /* list.name and its numbers */
	IMAP_FLAGS,      /* flags */
	IMAP_SEARCH,     /* uids, modseq; ESEARCH too */
	IMAP_EXISTS,     /* number */
	IMAP_EXPUNGE,    /* number: of the message */
	IMAP_FETCH,      /* fetch */
	IMAP_VANISHED,   /* uids, earlier */
	IMAP_OTHER,      /* anything else, passed over */
};

enum imap_condition { IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH };

/* Response codes that somebody acts on. */
enum imap_code {
	IMAP_CODE_NONE,
	IMAP_CODE_ALERT,
	IMAP_CODE_ALREADYEXISTS,
	IMAP_CODE_APPENDUID, /* uidvalidity, to */
	IMAP_CODE_AUTHENTICATIONFAILED,
	IMAP_CODE_CANNOT,
	IMAP_CODE_CAPABILITY, /* words */
	IMAP_CODE_CLOSED,
	IMAP_CODE_COMPRESSIONACTIVE,
	IMAP_CODE_COPYUID, /* uidvalidity, from, to: as they were listed */
	IMAP_CODE_EXPUNGEISSUED,
	IMAP_CODE_HIGHESTMODSEQ, /* number */
	IMAP_CODE_INUSE,
	IMAP_CODE_LIMIT,
	IMAP_CODE_MODIFIED, /* uids */
	IMAP_CODE_NOMODSEQ,
	IMAP_CODE_NONEXISTENT,
	IMAP_CODE_NOPERM,
	IMAP_CODE_OVERQUOTA,
	IMAP_CODE_PERMANENTFLAGS, /* flags */
	IMAP_CODE_READ_ONLY,
	IMAP_CODE_READ_WRITE,
	IMAP_CODE_SERVERBUG,
	IMAP_CODE_TOOBIG,
	IMAP_CODE_TRYCREATE,
	IMAP_CODE_UIDNEXT, /* number */
	IMAP_CODE_UIDNOTSTICKY,
	IMAP_CODE_UIDVALIDITY, /* number */
	IMAP_CODE_UNAVAILABLE,
	IMAP_CODE_OTHER,
};

/* Flags: the system's and $Forwarded as enum state_flag; keywords sorted (in
 * ASCII, without regard to case), once each, with a space between. \Recent and
 * other flags with a backslash are left out. */
struct imap_flags {
	bool given;
	unsigned bits;        /* enum state_flag */
	bool any;             /* "\*": new keywords can be kept */
	const char *keywords; /* "" if there are none */
};

/* One message's data. What the server did not tell is 0, false, NULL. */
struct imap_fetch {
	uint32_t sequence, uid;
	struct imap_flags flags;
	uint64_t modseq;
	bool has_size, has_date, has_body;
	uint64_t size;            /* RFC822.SIZE */
	int64_t date;             /* INTERNALDATE in Unix seconds */
	uint64_t message, thread; /* X-GM-MSGID, X-GM-THRID */
	const GPtrArray *labels;  /* X-GM-LABELS: char *, modified UTF-7 */
	const uint8_t *body;      /* BODY[] or RFC822 */
	size_t body_size;
};

enum imap_attribute {
	IMAP_NOSELECT = 1 << 0, /* also \NonExistent */
	IMAP_NOINFERIORS = 1 << 1,
	IMAP_ALL = 1 << 2,
	IMAP_ARCHIVE = 1 << 3,
	IMAP_DRAFTS = 1 << 4,
	IMAP_FLAGGED = 1 << 5,
	IMAP_JUNK = 1 << 6,
	IMAP_SENT = 1 << 7,
	IMAP_TRASH = 1 << 8,
	IMAP_IMPORTANT = 1 << 9,
	IMAP_NONEXISTENT = 1 << 10,
};

/* LIST, NAMESPACE, STATUS. */
struct imap_list {
	unsigned attributes; /* enum imap_attribute */
	char delimiter;      /* 0: NIL, there is no hierarchy */
	const char *name;    /* as it was sent; a NUL in it is given as \1 */
	bool has_messages, has_modseq;
	uint32_t messages, uidnext, uidvalidity, unseen;
	uint64_t modseq; /* HIGHESTMODSEQ; 0 with has_modseq: keeps none */
};

/* One response. All that is pointed to is the parser's, until its next call. */
struct imap_response {
	enum imap_kind kind;
	const char *tag;
	enum imap_condition condition;
	enum imap_code code;
	const char *text; /* for a person; may hold any byte but NUL */
	uint64_t number, modseq;
	uint32_t uidvalidity;
	bool earlier; /* VANISHED (EARLIER) */
	const struct imap_set *uids;
	const GArray *from, *to; /* struct imap_range; COPYUID, APPENDUID */
	const GPtrArray *words;  /* char * */
	struct imap_flags flags;
	struct imap_list list;
	struct imap_fetch fetch;
};

#endif
