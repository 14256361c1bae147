/* SPDX-License-Identifier: ISC */
/* Several people write into public threads, and pull from each other in any
 * order: in the end all have the same. */
#include "pull-test.h"

enum { BOXES = 6, THREADS = 4 };

struct world {
	struct box *boxes[BOXES];
	unsigned written;
};

static void world_begin(struct world *world, unsigned count)
{
	world->written = 0;
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

/* A new message of some thread; now and then one that another has too. */
static void write_some(struct world *world, unsigned who, GRand *rand)
{
	unsigned number = g_rand_int_range(rand, 0, 3) || world->written == 0
				  ? world->written++
				  : (unsigned)g_rand_int_range(
					    rand, 0, (gint32)world->written);
	AUTO(str) char *root = g_strdup_printf("r%u@x", number % THREADS);
	AUTO(str)
	char *msgid = number < THREADS ? g_strdup(root)
				       : g_strdup_printf("m%u@x", number);
	AUTO(str) char *text = mail("ada@example.org", root, msgid);

	box_import(world->boxes[who], text, true);
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

TEST(all_end_with_the_same_whatever_happens_in_what_order)
{
	AUTO(str) char *seed = g_strdup(g_getenv("DEFMS_SEED"));
	guint32 start = seed ? (guint32)g_ascii_strtoull(seed, NULL, 10) : 7;
	GRand *rand = g_rand_new_with_seed(start);
	struct world world;

	world_begin(&world, BOXES);
	for (int round = 0; round < 60; round++) {
		unsigned who = (unsigned)g_rand_int_range(rand, 0, BOXES);
		unsigned other = (unsigned)g_rand_int_range(rand, 0, BOXES);

		if (g_rand_boolean(rand))
			write_some(&world, who, rand);
		else if (who != other)
			pull(&world, who, other);
	}
	pull_all(&world, BOXES);
	pull_all(&world, BOXES);
	check_same(&world, BOXES);
	CHECK_INT(box_count(world.boxes[0]), world.written);
	for (unsigned i = 0; i < BOXES; i++) {
		int64_t seq = box_number(world.boxes[i], "seq");

		for (unsigned j = 0; j < BOXES; j++)
			if (i != j)
				pull(&world, i, j);
		CHECK_INT(box_number(world.boxes[i], "seq"), seq);
	}
	box_check(world.boxes[0]);
	box_read_all(world.boxes[0]);
	world_end(&world, BOXES);
	g_rand_free(rand);
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
