/* SPDX-License-Identifier: ISC */
/* The rule. B is the last common state, H is here, T is there.
 *
 *	B  H  T
 *	-  -  x		fetch
 *	-  x  -		upload
 *	-  x  x		the same by content: flags of both
 *	x  x  x		flags: each as who changed it says; moved here: move
 *	x  -  x		remove there; but if T changed: it stays, and comes back
 *	x  x  -		remove here; but if H changed or moved: it stays, and
 *			goes up again
 *	x  -  -		forget
 *
 * A side that has marked it \Deleted agrees to its removal by the other. */
#include "imap-plan.h"

#include "defms/state.h"

enum { MASS_LEAST = 10, FLOOD_LEAST = 100 };

/* A flag has two values: if either side changed it, it is the other one now,
 * and if both did, they agree. */
static unsigned merge_flags(const struct plan_item *item)
{
	unsigned base = item->base, here = item->here.flags;
	unsigned there = item->there.flags;

	if (!item->known)
		return here | there;
	return base ^ ((base ^ here) | (base ^ there));
}

static struct plan plan_both(const struct plan_item *item)
{
	struct plan plan = { .flags = merge_flags(item) };

	if (plan.flags != item->here.flags)
		plan.act |= PLAN_FLAGS_HERE;
	if (plan.flags != item->there.flags)
		plan.act |= PLAN_FLAGS_THERE;
	if (item->moved_here)
		plan.act |= PLAN_MOVE_THERE;
	return plan;
}

/* Would the side that has it mind? */
static bool objects(const struct plan_item *item, const struct plan_side *side)
{
	return side->flags != item->base && !(side->flags & FLAG_DELETED);
}

static struct plan plan_there(const struct plan_item *item)
{
	struct plan plan = { .flags = item->there.flags };

	if (!item->known)
		plan.act = PLAN_FETCH;
	else if (objects(item, &item->there))
		plan.act = PLAN_FETCH | PLAN_CONFLICT;
	else
		plan.act = PLAN_REMOVE_THERE;
	return plan;
}

static struct plan plan_here(const struct plan_item *item)
{
	struct plan plan = { .flags = item->here.flags };

	if (!item->known)
		plan.act = PLAN_UPLOAD;
	else if (item->moved_here || objects(item, &item->here))
		plan.act = PLAN_UPLOAD | PLAN_CONFLICT;
	else
		plan.act = PLAN_REMOVE_HERE;
	return plan;
}

struct plan plan_merge(const struct plan_item *item)
{
	if (item->here.is_there && item->there.is_there)
		return plan_both(item);
	if (item->there.is_there)
		return plan_there(item);
	if (item->here.is_there)
		return plan_here(item);
	return (struct plan){ .act = item->known ? PLAN_FORGET : 0 };
}

bool plan_is_mass(long long gone, long long all)
{
	return gone > MASS_LEAST && gone * 2 > all;
}

bool plan_is_flood(long long uploads, long long all)
{
	return uploads > FLOOD_LEAST && uploads > all;
}
