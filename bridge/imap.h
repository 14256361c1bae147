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
 * it (imap-folder.h). One iterator at a time: between its start and the 0 or -1
 * of its _next() no other command may be given. */
#ifndef BRIDGE_IMAP_H
#define BRIDGE_IMAP_H

#include <stdbool.h>

#include "defms/auto.h"
#include "defms/err.h"

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

/* Ask for news, and end in time what a server does after long silence. */
int imap_noop(struct imap *imap, struct err *err);
/* Wait until something changes in the selected folder (1), or for `timeout_ms`
 * or until `wake_fd` (-1: none) can be read (0), by IDLE, renewed in time, or
 * else by NOOP once a minute. */
int imap_idle(struct imap *imap, int wake_fd, int timeout_ms, struct err *err);

#endif
