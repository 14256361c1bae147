/* SPDX-License-Identifier: ISC */
/* Messages of the selected folder get other flags, are copied, moved, deleted.
 * Failures are as imap.h tells. */
#ifndef BRIDGE_IMAP_CHANGE_H
#define BRIDGE_IMAP_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "imap-set.h"
#include "imap.h"

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

#endif
