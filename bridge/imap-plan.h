/* SPDX-License-Identifier: ISC */
/* What becomes of one message that stood, stands or should stand on both sides:
 * a three-way merge. Pure. */
#ifndef BRIDGE_IMAP_PLAN_H
#define BRIDGE_IMAP_PLAN_H

#include <stdbool.h>

/* One side as it is. */
struct plan_side {
	bool is_there;
	unsigned flags; /* enum state_flag */
};

struct plan_item {
	bool known; /* both sides had it once, with the flags `base` */
	unsigned base;
	struct plan_side here, there;
	bool moved_here; /* since then, to another folder */
};

enum plan_act {
	PLAN_FLAGS_HERE = 1 << 0, /* the copy here gets plan.flags */
	PLAN_FLAGS_THERE = 1 << 1,
	PLAN_MOVE_THERE = 1 << 2,
	PLAN_REMOVE_HERE = 1 << 3,
	PLAN_REMOVE_THERE = 1 << 4,
	PLAN_FETCH = 1 << 5,    /* it comes (back) here */
	PLAN_UPLOAD = 1 << 6,   /* it goes (back) there */
	PLAN_FORGET = 1 << 7,   /* neither side has it */
	PLAN_CONFLICT = 1 << 8, /* deleted on one side, changed on the other:
				 * it stays, which is reported */
};

struct plan {
	unsigned act;   /* enum plan_act */
	unsigned flags; /* what both sides have in the end */
};

/* Of each flag, what the side says that has changed it; of a message that was
 * not known, all flags of both. */
struct plan plan_merge(const struct plan_item *item);

/* Have so many of a folder's messages vanished that a person is to be asked? */
bool plan_is_mass(long long gone, long long all);

/* Is it so much that goes up to a folder, which has `all`, that it might not
 * be meant? An archive that was imported is nobody else's business, and what a
 * server has once had cannot be taken back. */
bool plan_is_flood(long long uploads, long long all);

#endif
