/* SPDX-License-Identifier: ISC */
/* Two write into a public thread and pull from each other, in every order: in
 * the end both have the same. (Random ones: test-pull-history.c.) */
#include "pull-test.h"

enum { BOXES = 2 };

struct world {
	struct box *boxes[BOXES];
};

static void world_begin(struct world *world, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		AUTO(str)
		char *address = g_strdup_printf("p%u@d%u.example", i / 2, i);

		world->boxes[i] = box_new("Person", address);
	}
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < count; j++)
			if (i != j)
				box_pin(world->boxes[i], world->boxes[j]);
}

static void world_end(struct world *world, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		box_remove(world->boxes[i]);
}

static void pull(struct world *world, unsigned to, unsigned from)
{
	AUTO(goods) struct goods *goods = goods_of(world->boxes[from]);
	struct pull_report report;

	pull_from(world->boxes[to], goods, &report);
	CHECK_INT(report.quarantined, 0);
	CHECK_INT(report.forks, 0);
	CHECK_INT(report.problems->len, 0);
	pull_report_release(&report);
}

static void check_same(struct world *world, unsigned count)
{
	AUTO(str) char *first = box_hashes(world->boxes[0]);

	for (unsigned i = 1; i < count; i++) {
		AUTO(str) char *other = box_hashes(world->boxes[i]);

		CHECK_STR(other, first);
	}
}

/* Everybody from everybody: what one has, all have. */
static void pull_all(struct world *world, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < count; j++)
			if (i != j)
				pull(world, i, j);
}

/* The steps of a small history: who writes, or pulls from the other. */
struct step {
	unsigned who;
	bool pulls;
};

static void run_order(const struct step *steps, const int *order, size_t count)
{
	static const char *const msgids[] = { "r0@x", "m1@x", "m2@x", "m3@x" };
	struct world world;

	world_begin(&world, 2);
	for (size_t i = 0; i < count; i++) {
		const struct step *step = &steps[order[i]];
		AUTO(str)
		char *text = mail("ada@example.org", "r0@x",
				  msgids[order[i] % (int)G_N_ELEMENTS(msgids)]);

		if (step->pulls)
			pull(&world, step->who, 1 - step->who);
		else
			box_import(world.boxes[step->who], text, true);
	}
	pull_all(&world, 2);
	check_same(&world, 2);
	world_end(&world, 2);
}

/* The next order in lexical order; false after the last. */
static bool next_order(int *order, int count)
{
	int i = count - 2, j = count - 1;

	while (i >= 0 && order[i] >= order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[j] <= order[i])
		j--;
	for (int swap = order[i]; swap >= 0; swap = -1) {
		order[i] = order[j];
		order[j] = swap;
	}
	for (int a = i + 1, b = count - 1; a < b; a++, b--) {
		int held = order[a];

		order[a] = order[b];
		order[b] = held;
	}
	return true;
}

TEST(every_order_of_a_small_history_ends_the_same)
{
	static const struct step steps[] = {
		{ 0, false }, { 1, false }, { 0, true }, { 1, true }
	};
	int order[] = { 0, 1, 2, 3 };

	do
		run_order(steps, order, G_N_ELEMENTS(steps));
	while (next_order(order, G_N_ELEMENTS(order)));
}
