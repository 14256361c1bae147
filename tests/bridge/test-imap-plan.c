/* SPDX-License-Identifier: ISC */
#include <glib.h>

#include "defms/state.h"
#include "imap-plan.h"
#include "test.h"

enum { S = FLAG_SEEN, F = FLAG_FLAGGED, D = FLAG_DELETED, NONE = -1 };

/* Flags at the last common state, here, there; NONE: not there. */
static const struct {
	const char *what;
	int base, here, there;
	bool moved_here;
	unsigned act, flags;
} known[] = {
	{ "neither ever", NONE, NONE, NONE, false, 0, 0 },
	{ "new there", NONE, NONE, S, false, PLAN_FETCH, S },
	{ "new here", NONE, F, NONE, false, PLAN_UPLOAD, F },
	{ "new on both: flags of both", NONE, F, S, false,
	  PLAN_FLAGS_HERE | PLAN_FLAGS_THERE, F | S },
	{ "new on both, the same", NONE, S, S, false, 0, S },
	{ "nothing changed", S, S, S, false, 0, S },
	{ "set here", 0, S, 0, false, PLAN_FLAGS_THERE, S },
	{ "set there", 0, 0, S, false, PLAN_FLAGS_HERE, S },
	{ "cleared here", S, 0, S, false, PLAN_FLAGS_THERE, 0 },
	{ "cleared there", S, S, 0, false, PLAN_FLAGS_HERE, 0 },
	{ "set on both", 0, S, S, false, 0, S },
	{ "cleared on both", S, 0, 0, false, 0, 0 },
	{ "each another one", 0, S, F, false,
	  PLAN_FLAGS_HERE | PLAN_FLAGS_THERE, S | F },
	{ "one set here, another cleared there", F, F | S, 0, false,
	  PLAN_FLAGS_HERE | PLAN_FLAGS_THERE, S },
	{ "moved here", S, S, S, true, PLAN_MOVE_THERE, S },
	{ "moved here, changed there", 0, 0, S, true,
	  PLAN_MOVE_THERE | PLAN_FLAGS_HERE, S },
	{ "deleted here", S, NONE, S, false, PLAN_REMOVE_THERE, S },
	{ "deleted here, changed there", S, NONE, S | F, false,
	  PLAN_FETCH | PLAN_CONFLICT, S | F },
	{ "deleted here, marked so there", S, NONE, S | D, false,
	  PLAN_REMOVE_THERE, S | D },
	{ "deleted there", S, S, NONE, false, PLAN_REMOVE_HERE, S },
	{ "deleted there, changed here", S, 0, NONE, false,
	  PLAN_UPLOAD | PLAN_CONFLICT, 0 },
	{ "deleted there, marked so here", S, S | D, NONE, false,
	  PLAN_REMOVE_HERE, S | D },
	{ "deleted there, moved here", S, S, NONE, true,
	  PLAN_UPLOAD | PLAN_CONFLICT, S },
	{ "deleted on both", S, NONE, NONE, false, PLAN_FORGET, 0 },
};

static struct plan_side side(int flags)
{
	return (struct plan_side){ flags != NONE,
				   flags == NONE ? 0 : (unsigned)flags };
}

TEST(each_case_has_its_plan)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct plan_item item = {
			.known = known[i].base != NONE,
			.base = side(known[i].base).flags,
			.here = side(known[i].here),
			.there = side(known[i].there),
			.moved_here = known[i].moved_here,
		};
		struct plan plan = plan_merge(&item);

		if (!CHECK_INT(plan.act, known[i].act) ||
		    !CHECK_INT(plan.flags, known[i].flags))
			printf("# %s\n", known[i].what);
	}
}

/* Whatever both sides say of three flags, each has the value of who changed
 * it, and who has other flags than that is told so. */
TEST(flags_are_merged_one_by_one)
{
	for (unsigned all = 0; all < 8 * 8 * 8; all++) {
		struct plan_item item = { .known = true, .base = all & 7 };
		unsigned here = all >> 3 & 7, there = all >> 6;
		struct plan plan;

		item.here = (struct plan_side){ true, here };
		item.there = (struct plan_side){ true, there };
		plan = plan_merge(&item);
		for (unsigned bit = 1; bit < 8; bit <<= 1) {
			unsigned want = (here & bit) != (item.base & bit)
						? here & bit
						: there & bit;

			CHECK_INT(plan.flags & bit, want);
		}
		CHECK_INT(!!(plan.act & PLAN_FLAGS_HERE), plan.flags != here);
		CHECK_INT(!!(plan.act & PLAN_FLAGS_THERE), plan.flags != there);
	}
}

TEST(more_than_half_and_more_than_ten_are_a_mass)
{
	CHECK(!plan_is_mass(0, 0));
	CHECK(!plan_is_mass(10, 10));
	CHECK(plan_is_mass(11, 11));
	CHECK(plan_is_mass(11, 21));
	CHECK(!plan_is_mass(11, 22));
	CHECK(!plan_is_mass(500, 1000));
	CHECK(plan_is_mass(501, 1000));
}

TEST(more_than_a_hundred_and_more_than_there_are_is_a_flood)
{
	CHECK(!plan_is_flood(0, 0));
	CHECK(!plan_is_flood(100, 0));
	CHECK(plan_is_flood(101, 0));
	CHECK(plan_is_flood(101, 100));
	CHECK(!plan_is_flood(101, 101));
	CHECK(!plan_is_flood(5000, 5000));
	CHECK(plan_is_flood(5001, 5000));
}

/* -- two replicas and a server --------------------------------------------- */

enum { MESSAGES = 40, REPLICAS = 2, ROUNDS = 300 };

struct message {
	bool is_there;
	unsigned flags;
	int folder;
};

struct replica {
	struct message here[MESSAGES];
	struct message base[MESSAGES]; /* is_there: it is known */
};

struct world {
	struct message server[MESSAGES];
	struct replica replicas[REPLICAS];
	bool deleted[MESSAGES]; /* by anybody, ever */
};

static void change_one(struct world *world, struct message *message, int number)
{
	switch (g_random_int_range(0, 6)) {
	case 0:
		message->folder = g_random_int_range(0, 3);
		break;
	case 1:
		world->deleted[number] |= message->is_there;
		message->is_there = false;
		break;
	default:
		message->flags ^= 1U << g_random_int_range(0, 4);
	}
}

static void change_some(struct world *world, struct message *messages)
{
	for (int i = g_random_int_range(0, MESSAGES); i > 0; i--) {
		int number = g_random_int_range(0, MESSAGES);

		change_one(world, &messages[number], number);
	}
}

/* The server's folder changes: the message is met by content in the new one,
 * and follows here if it was not moved here too. */
static void follow(struct message *here, struct message *base,
		   const struct message *there)
{
	if (!base->is_there || !there->is_there ||
	    there->folder == base->folder)
		return;
	if (here->folder == base->folder)
		here->folder = there->folder;
	base->folder = there->folder;
}

/* Returns what was done. */
static unsigned sync_one(struct message *here, struct message *base,
			 struct message *there)
{
	struct plan_item item = { .known = base->is_there,
				  .base = base->flags };
	struct plan plan;

	follow(here, base, there);
	item.here = (struct plan_side){ here->is_there, here->flags };
	item.there = (struct plan_side){ there->is_there, there->flags };
	item.moved_here = here->folder != base->folder;
	plan = plan_merge(&item);
	if (plan.act & (PLAN_FLAGS_HERE | PLAN_FETCH))
		here->flags = plan.flags;
	if (plan.act & (PLAN_FLAGS_THERE | PLAN_UPLOAD))
		there->flags = plan.flags;
	if (plan.act & (PLAN_MOVE_THERE | PLAN_UPLOAD))
		there->folder = here->folder;
	if (plan.act & PLAN_FETCH) {
		here->folder = there->folder;
		here->is_there = true;
	}
	if (plan.act & PLAN_UPLOAD)
		there->is_there = true;
	if (plan.act & PLAN_REMOVE_HERE)
		here->is_there = false;
	if (plan.act & PLAN_REMOVE_THERE)
		there->is_there = false;
	*base = *here;
	return plan.act & ~(unsigned)PLAN_FORGET;
}

static unsigned sync_replica(struct world *world, int number)
{
	struct replica *replica = &world->replicas[number];
	unsigned done = 0;

	for (int i = 0; i < MESSAGES; i++)
		done |= sync_one(&replica->here[i], &replica->base[i],
				 &world->server[i]);
	return done;
}

static bool is_same(const struct message *a, const struct message *b)
{
	return a->is_there == b->is_there &&
	       (!a->is_there ||
		(a->flags == b->flags && a->folder == b->folder));
}

static void check_same(const struct world *world)
{
	for (int i = 0; i < MESSAGES; i++) {
		for (int r = 0; r < REPLICAS; r++)
			CHECK(is_same(&world->server[i],
				      &world->replicas[r].here[i]));
		CHECK(world->server[i].is_there || world->deleted[i]);
	}
}

TEST(two_replicas_and_a_server_become_the_same_and_lose_nothing)
{
	struct world *world = g_new0(struct world, 1);

	g_random_set_seed(20261128);
	for (int i = 0; i < MESSAGES; i++)
		world->server[i].is_there = true;
	for (int round = 0; round < ROUNDS; round++) {
		change_some(world, world->server);
		for (int r = 0; r < REPLICAS; r++)
			if (round > 0)
				change_some(world, world->replicas[r].here);
		if (g_random_boolean())
			(void)sync_replica(world, g_random_int_range(0, 2));
		if (g_random_boolean())
			continue;
		for (int i = 0; i < 2 * REPLICAS; i++)
			(void)sync_replica(world, i % REPLICAS);
		check_same(world);
		for (int r = 0; r < REPLICAS; r++)
			CHECK_INT(sync_replica(world, r), 0);
	}
	g_free(world);
}
