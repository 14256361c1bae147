/* SPDX-License-Identifier: ISC */
/* An IMAP account: commands, pipelined, over a connection that net.h opened.
 * Right without any extension, faster with them.
 *
 * Failures. A text names server and step ("imap.example.org:993: select
 * INBOX: ..."). Where the server has said NO to one command, the connection
 * goes on (imap_is_alive()) and the code says why: ENOENT (no such folder),
 * EEXIST, EACCES (not allowed), EDQUOT (over quota), EFBIG (message too big),
 * EAGAIN (busy: later), else EREMOTEIO. After any other failure nothing can
 * follow but imap_close(): ECONNRESET (it said BYE, or is gone), ETIMEDOUT,
 * EBADMSG (it does not speak IMAP), EMSGSIZE (beyond a limit).
 *
 * Folders are named by `raw`, as imap_list() found it or imap_raw_name() made
 * it. One iterator at a time: between its start and the 0 or -1 of its _next()
 * no other command may be given. */
#ifndef BRIDGE_IMAP_H
#define BRIDGE_IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

#include "imap-parse.h"
#include "imap-set.h"

struct account;
struct imap;

enum imap_can {
	IMAP_CAN_CONDSTORE = 1 << 0, /* modseqs, changes since one */
	IMAP_CAN_QRESYNC = 1 << 1,   /* and what has vanished since */
	IMAP_CAN_UIDPLUS = 1 << 2,   /* UIDs of what was appended, copied */
	IMAP_CAN_MOVE = 1 << 3,
	IMAP_CAN_IDLE = 1 << 4,
	IMAP_CAN_LITERAL_PLUS = 1 << 5,
	IMAP_CAN_LITERAL_MINUS = 1 << 6,
	IMAP_CAN_LIST_STATUS = 1 << 7,
	IMAP_CAN_SPECIAL_USE = 1 << 8,
	IMAP_CAN_COMPRESS = 1 << 9,
	IMAP_CAN_UTF8 = 1 << 10,
	IMAP_CAN_ENABLE = 1 << 11,
	IMAP_CAN_NAMESPACE = 1 << 12,
	IMAP_CAN_GMAIL = 1 << 13, /* X-GM-MSGID, X-GM-THRID, X-GM-LABELS */
	IMAP_CAN_LIST_EXTENDED = 1 << 14,
	IMAP_CAN_ESEARCH = 1 << 15,
};

/* Connect, log in, learn what the server can, enable and compress. */
int imap_open(const struct account *account, struct imap **imap_r,
	      struct err *err);
/* Says LOGOUT if the connection is alive, without waiting for the answer. */
void imap_close(struct imap *imap);
AUTO_KIND(imap, struct imap, imap_close)
bool imap_is_alive(const struct imap *imap);
unsigned imap_can(const struct imap *imap); /* enum imap_can */
/* What the server wants a person to know (RFC 9051, ALERT), one line, if it
 * has said something since the last call; else NULL. Caller frees. */
char *imap_alert(struct imap *imap);

/* -- folders --------------------------------------------------------------- */
struct imap_folder {
	char *name;          /* owned; name_folder() form */
	char *raw;           /* owned; the server's own */
	char delimiter;      /* 0: none */
	unsigned attributes; /* enum imap_attribute */
	bool has_status;     /* the numbers below are known */
	bool has_modseq;     /* and this one: 0 is "keeps none" */
	uint32_t messages, uidnext, uidvalidity;
	uint64_t modseq; /* HIGHESTMODSEQ */
};
struct imap_listing {
	GPtrArray *folders; /* of struct imap_folder *; in the server's order */
	GPtrArray *refused; /* of char *: a line for each name that is none
			     * for us (hostile, or met twice) */
};
void imap_listing_free(struct imap_listing *listing);
AUTO_KIND(imap_listing, struct imap_listing, imap_listing_free)

/* All folders of the account, with their numbers (LIST-STATUS, or a STATUS for
 * each, pipelined). Not while a folder is selected that changes matter in. */
int imap_list(struct imap *imap, struct imap_listing **listing_r,
	      struct err *err);
/* The server's name for a folder `name` that may not exist there yet. EINVAL
 * for one that it cannot have. Only after imap_list(). */
int imap_raw_name(const struct imap *imap, const char *name, char **raw_r,
		  struct err *err);
int imap_create(struct imap *imap, const char *raw, struct err *err);
int imap_rename(struct imap *imap, const char *raw, const char *to,
		struct err *err);
int imap_remove(struct imap *imap, const char *raw, struct err *err);

struct imap_selected {
	uint32_t uidvalidity, uidnext; /* uidnext 0: not told */
	uint32_t exists;
	uint64_t modseq; /* HIGHESTMODSEQ; 0: keeps none */
	bool read_only;
	bool uids_not_sticky; /* UIDs last no longer than the session */
	unsigned flags;       /* enum state_flag that can be kept */
	bool any_keyword;     /* any keyword can be kept */
	char *keywords;       /* owned; else just these can */
};
void imap_selected_release(struct imap_selected *selected);

/* Select a folder (EXAMINE if `read_only`), with CONDSTORE if there is. */
int imap_select(struct imap *imap, const char *raw, bool read_only,
		struct imap_selected *selected_r, struct err *err);

/* -- reading --------------------------------------------------------------- */
/* Begin to list flags of the selected folder: of all messages with a UID from
 * `first` on, or if `since` is not 0 (CONDSTORE), of those that have changed
 * since that modseq. With QRESYNC too, imap_vanished() then knows at the end
 * which UIDs have gone since; else imap_uids() tells what is still there. */
int imap_flags_start(struct imap *imap, uint32_t first, uint64_t since,
		     struct err *err);
struct imap_flag {
	uint32_t uid;
	unsigned flags;       /* enum state_flag */
	const char *keywords; /* as in struct imap_flags; until the next call */
	uint64_t modseq;      /* 0: not told */
};
/* 1 and the next, in any order and perhaps some twice; 0 at the end. */
int imap_flags_next(struct imap *imap, struct imap_flag *flag_r,
		    struct err *err);
/* UIDs that are told to have gone since imap_select(). Borrowed. */
const struct imap_set *imap_vanished(const struct imap *imap);
/* The UIDs of the selected folder. */
int imap_uids(struct imap *imap, struct imap_set *uids, struct err *err);
/* The UIDs of messages whose Message-ID holds `msgid`, without brackets. The
 * caller compares the content. */
int imap_find(struct imap *imap, const char *msgid, struct imap_set *uids,
	      struct err *err);

/* Add those of `uids` that have more than `most` bytes, as the server says. */
int imap_larger(struct imap *imap, const struct imap_set *uids, uint64_t most,
		struct imap_set *larger, struct err *err);

/* Begin to fetch the messages `uids`, which stays as it is till the end. */
int imap_bodies_start(struct imap *imap, const struct imap_set *uids,
		      struct err *err);
struct imap_mail {
	uint32_t uid;
	unsigned flags;       /* enum state_flag */
	const char *keywords; /* until the next call, as all borrowed here */
	uint64_t modseq;
	int64_t received; /* INTERNALDATE in Unix seconds; 0: not told */
	uint64_t message, thread; /* Gmail's; 0: none */
	const GPtrArray *labels;  /* Gmail's, UTF-8; borrowed, NULL: none */
	GByteArray *raw;          /* owned by the caller */
};
/* 1 and the next, each UID of the set at most once; 0 at the end: those that
 * did not come are not there any more. */
int imap_bodies_next(struct imap *imap, struct imap_mail *mail_r,
		     struct err *err);

/* -- changing -------------------------------------------------------------- */
struct imap_change {
	const struct imap_set *uids;                /* borrowed */
	unsigned add, remove;                       /* enum state_flag */
	const char *add_keywords, *remove_keywords; /* "": none */
	uint64_t unchanged_since; /* 0: whatever has happened to them */
};
/* Make all changes, pipelined. `kept` (may be NULL) gets the UIDs that had
 * changed since `unchanged_since` and were left alone. UIDs that are gone are
 * passed over. */
int imap_store(struct imap *imap, const struct imap_change *changes,
	       size_t count, struct imap_set *kept, struct err *err);

/* A message for imap_append(). Its bytes are given with CRLF line ends. */
struct imap_upload {
	const char *raw;  /* the folder's */
	const void *data; /* borrowed during the call */
	size_t size;
	unsigned flags;
	const char *keywords;
	int64_t received; /* INTERNALDATE; 0: now */
	int64_t serial;   /* the caller's, comes back with the result */
};
struct imap_uploaded {
	int64_t serial;
	int failed;     /* 0, or the server has said NO: an errno value */
	char text[200]; /* and why */
	uint32_t uidvalidity, uid; /* 0: not told; see imap_find() */
};
/* Begin to append a message. Pipelined where the server can take it: results
 * come by imap_append_next(), in order; put as many as imap_append_has_room()
 * allows (always one), then take. */
int imap_append(struct imap *imap, const struct imap_upload *upload,
		struct err *err);
bool imap_append_has_room(const struct imap *imap);
/* 1 and the oldest result, 0 if no append is open. */
int imap_append_next(struct imap *imap, struct imap_uploaded *uploaded_r,
		     struct err *err);

struct imap_moved {
	uint32_t from, to;
};
/* Copy or move messages to folder `raw`. `moved` gets a struct imap_moved for
 * each of `uids` that the server named (UIDPLUS), none without. Without MOVE
 * imap_move() copies and then deletes as imap_delete() does, with `left`. */
int imap_copy(struct imap *imap, const struct imap_set *uids, const char *raw,
	      GArray *moved, struct err *err);
int imap_move(struct imap *imap, const struct imap_set *uids, const char *raw,
	      GArray *moved, struct imap_set *left, struct err *err);
/* Delete messages for good, and no others: without UIDPLUS, while messages
 * stand there that somebody else has marked \Deleted, these are marked only
 * and put into `left` (may be NULL). */
int imap_delete(struct imap *imap, const struct imap_set *uids,
		struct imap_set *left, struct err *err);

/* -- waiting --------------------------------------------------------------- */
/* Ask for news, and end in time what a server does after long silence. */
int imap_noop(struct imap *imap, struct err *err);
/* Wait until something changes in the selected folder (1), or for `timeout_ms`
 * or until `wake_fd` (-1: none) can be read (0), by IDLE, renewed in time, or
 * else by NOOP once a minute. */
int imap_idle(struct imap *imap, int wake_fd, int timeout_ms, struct err *err);

#endif
