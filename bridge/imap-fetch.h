/* SPDX-License-Identifier: ISC */
/* What stands in the selected folder: flags, UIDs, messages. Failures are as
 * imap.h tells. */
#ifndef BRIDGE_IMAP_FETCH_H
#define BRIDGE_IMAP_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "imap-set.h"
#include "imap.h"

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

#endif
