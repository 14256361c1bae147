/* SPDX-License-Identifier: ISC */
/* What sync-push.c and sync-move.c share: what is to be said about the UIDs of
 * one folder. */
#ifndef BRIDGE_SYNC_PUSH_H
#define BRIDGE_SYNC_PUSH_H

#include "sync-parts.h"

enum push_kind { PUSH_STORE, PUSH_MOVE, PUSH_DELETE };

/* One thing to be said about a UID. */
struct push_item {
	enum push_kind kind;
	struct state_imap_uid row; /* with the flags that it gets */
	unsigned add, remove;
	struct sync_folder *target;
};

struct push {
	struct sync *sync;
	struct sync_folder *folder;
	GArray *items; /* borrowed: struct push_item, of this folder */
};

/* Items that one command tells of. */
struct push_run {
	const struct push_item *items; /* borrowed */
	guint count;
	struct imap_set *uids; /* owned */
};

/* The next run of items of `kind` from *at on; false if there is none. */
bool push_next_run(const struct push *push, enum push_kind kind, guint *at,
		   struct push_run *run);

/* What leaves the folder: for another one, or for good. (sync-move.c) */
int push_moves(struct push *push, struct err *err);
int push_deletions(struct push *push, struct err *err);

#endif
