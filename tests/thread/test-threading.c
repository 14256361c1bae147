/* SPDX-License-Identifier: ISC */
#include "threading.h"

#include "test.h"

enum { MESSAGES_MAX = 400, KEYS_MAX = 12 };

static const struct message_id low = { { 1 } }, high = { { 2 } };

AUTO_KIND(rand, GRand, g_rand_free)

/* A message: the keys of its own msgid (first) and of those it refers to; 0
 * ends them. */
struct letter {
	int64_t keys[KEYS_MAX];
	int64_t thread;
};

static size_t count_keys(const struct letter *letter)
{
	size_t count = 0;

	while (count < KEYS_MAX && letter->keys[count] != 0)
		count++;
	return count;
}

static void add(struct threading *threading, const struct letter *letter,
		size_t number)
{
	struct threading_message message = {
		.serial = (int64_t)number + 1,
		.date = (int64_t)number * 7 % 5,
		.hash = &low,
		.thread = letter->thread,
	};

	for (size_t i = 0; i < count_keys(letter); i++)
		if (!threading_has(threading, letter->keys[i]))
			threading_add_key(threading, letter->keys[i], 0);
	threading_add(threading, &message, letter->keys, count_keys(letter));
}

/* group_r[i]: the least number of the messages in the thread of message i. */
static void read_groups(struct threading *threading, size_t count,
			size_t *group_r)
{
	const GPtrArray *components = threading_components(threading);
	size_t seen = 0;

	for (guint i = 0; i < components->len; i++) {
		const struct threading_component *component =
			g_ptr_array_index(components, i);
		int64_t least = INT64_MAX;

		for (guint j = 0; j < component->messages->len; j++)
			least = MIN(least, g_array_index(component->messages,
							 int64_t, j));
		for (guint j = 0; j < component->messages->len; j++)
			group_r[g_array_index(component->messages, int64_t, j) -
				1] = (size_t)least - 1;
		seen += component->messages->len;
	}
	CHECK_INT(seen, count);
}

static bool share_key(const struct letter *a, const struct letter *b)
{
	for (size_t i = 0; i < count_keys(a); i++)
		for (size_t j = 0; j < count_keys(b); j++)
			if (a->keys[i] == b->keys[j])
				return true;
	return a->thread != 0 && a->thread == b->thread;
}

/* The reference: spread the least number until nothing changes. */
static void naive_groups(const struct letter *letters, size_t count,
			 size_t *group_r)
{
	bool again = true;

	for (size_t i = 0; i < count; i++)
		group_r[i] = i;
	while (again) {
		again = false;
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < count; j++)
				if (group_r[j] < group_r[i] &&
				    share_key(&letters[i], &letters[j])) {
					group_r[i] = group_r[j];
					again = true;
				}
	}
}

static bool next_permutation(size_t *order, size_t count)
{
	size_t i = count - 1, j = count - 1, swap;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (i == 0)
		return false;
	while (order[j] <= order[i - 1])
		j--;
	swap = order[i - 1];
	order[i - 1] = order[j];
	order[j] = swap;
	for (j = count - 1; i < j; i++, j--) {
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	return true;
}

static void check_order(const struct letter *letters, const size_t *order,
			size_t count, const size_t *want)
{
	AUTO(threading) struct threading *threading = threading_new();
	size_t got[MESSAGES_MAX];

	for (size_t i = 0; i < count; i++)
		add(threading, &letters[order[i]], order[i]);
	read_groups(threading, count, got);
	CHECK_MEM(got, want, count * sizeof(*got));
}

static void check_all_orders(const struct letter *letters, size_t count)
{
	size_t order[MESSAGES_MAX], want[MESSAGES_MAX];

	naive_groups(letters, count, want);
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	do {
		check_order(letters, order, count, want);
	} while (next_permutation(order, count));
}

TEST(every_order_of_arrival_gives_the_same_threads)
{
	/* Each with what is odd about it, and what the threads are. */
	static const struct {
		struct letter letters[6];
		size_t groups[6];
	} known[] = {
		/* a chain, and one that stands alone */
		{ { { { 1 }, 0 },
		    { { 2, 1 }, 0 },
		    { { 3, 1, 2 }, 0 },
		    { { 4, 3 }, 0 },
		    { { 5, 2 }, 0 },
		    { { 9 }, 0 } },
		  { 0, 0, 0, 0, 0, 5 } },
		/* a cycle of references, one to itself */
		{ { { { 1, 3 }, 0 },
		    { { 2, 1 }, 0 },
		    { { 3, 2 }, 0 },
		    { { 4, 4 }, 0 },
		    { { 5, 6 }, 0 },
		    { { 6, 5 }, 0 } },
		  { 0, 0, 0, 3, 4, 4 } },
		/* two answers to a ghost; a late one that joins threads */
		{ { { { 1, 100 }, 0 },
		    { { 2, 100 }, 0 },
		    { { 3, 200 }, 0 },
		    { { 4, 200 }, 0 },
		    { { 5, 1, 3 }, 0 },
		    { { 6, 300 }, 0 } },
		  { 0, 0, 0, 0, 0, 5 } },
		/* the same msgid twice; none at all, which ties nothing */
		{ { { { 1 }, 0 },
		    { { 1 }, 0 },
		    { { 0 }, 0 },
		    { { 0 }, 0 },
		    { { 2, 1 }, 0 },
		    { { 3 }, 0 } },
		  { 0, 0, 2, 3, 0, 5 } },
		/* no msgid, but a reference; ghosts that meet in one letter */
		{ { { { 100 }, 0 },
		    { { 1, 100, 101 }, 0 },
		    { { 2, 101, 102 }, 0 },
		    { { 3, 103 }, 0 },
		    { { 4, 102, 103 }, 0 },
		    { { 0 }, 0 } },
		  { 0, 0, 0, 0, 0, 5 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		size_t naive[6];

		naive_groups(known[i].letters, 6, naive);
		CHECK_MEM(naive, known[i].groups, sizeof(naive));
		check_all_orders(known[i].letters, 6);
	}
}

TEST(every_order_of_random_small_sets_gives_the_same_threads)
{
	AUTO(rand) GRand *rand = g_rand_new_with_seed(4);

	for (int set = 0; set < 40; set++) {
		struct letter letters[5] = { 0 };

		for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
			for (gint32 k = g_rand_int_range(rand, 0, 4); k > 0;
			     k--)
				letters[i].keys[k - 1] =
					g_rand_int_range(rand, 1, 9);
		check_all_orders(letters, G_N_ELEMENTS(letters));
	}
}

TEST(random_large_sets_equal_the_naive_reference)
{
	AUTO(rand) GRand *rand = g_rand_new_with_seed(5);

	for (int set = 0; set < 12; set++) {
		struct letter letters[MESSAGES_MAX] = { 0 };
		size_t order[MESSAGES_MAX], want[MESSAGES_MAX];
		gint32 keys = g_rand_int_range(rand, 200, 2000);

		for (size_t i = 0; i < MESSAGES_MAX; i++) {
			gint32 count = g_rand_int_range(rand, 0, 4);

			for (gint32 k = 0; k < count; k++)
				letters[i].keys[k] =
					g_rand_int_range(rand, 1, keys);
			if (g_rand_int_range(rand, 0, 20) == 0)
				letters[i].thread =
					g_rand_int_range(rand, 1, 30);
			order[i] = i;
		}
		naive_groups(letters, MESSAGES_MAX, want);
		for (size_t i = MESSAGES_MAX - 1; i > 0; i--) {
			size_t j = (size_t)g_rand_int_range(rand, 0,
							    (gint32)i + 1);
			size_t swap = order[i];

			order[i] = order[j];
			order[j] = swap;
		}
		check_order(letters, order, MESSAGES_MAX, want);
	}
}

TEST(a_component_knows_its_first_message_and_its_threads)
{
	AUTO(threading) struct threading *threading = threading_new();
	static const struct threading_message messages[] = {
		{ .serial = 11, .date = 50, .hash = &low },
		{ .serial = 12, .date = 40, .hash = &low },
		{ .serial = 13, .date = 40, .hash = &high },
		{ .serial = 14, .date = 90, .hash = &low, .thread = 7 },
	};
	static const int64_t keys[] = { 1, 2 };
	const struct threading_component *component;
	const GPtrArray *components;

	threading_add_key(threading, 1, 9);
	threading_add_key(threading, 2, 3);
	threading_add_key(threading, 3, 5); /* without a message */
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++)
		threading_add(threading, &messages[i], keys, 2);
	components = threading_components(threading);
	if (!CHECK_INT(components->len, 1))
		return;
	component = g_ptr_array_index(components, 0);
	CHECK_INT(component->first, 12);
	CHECK_INT(component->messages->len, 4);
	CHECK_INT(component->keys->len, 2);
	if (CHECK_INT(component->threads->len, 3)) {
		CHECK_INT(g_array_index(component->threads, int64_t, 0), 3);
		CHECK_INT(g_array_index(component->threads, int64_t, 1), 7);
		CHECK_INT(g_array_index(component->threads, int64_t, 2), 9);
	}
}

/* Which of two messages of one thread is its first, whichever is added first?
 */
static int64_t first_of(const struct threading_message *messages,
			const size_t *counts, size_t begin)
{
	AUTO(threading) struct threading *threading = threading_new();
	static const int64_t keys[] = { 1, 2, 3 };
	const GPtrArray *components;

	for (int64_t key = 1; key <= 3; key++)
		threading_add_key(threading, key, 0);
	for (size_t i = 0; i < 2; i++)
		threading_add(threading, &messages[begin ^ i], keys,
			      counts[begin ^ i]);
	components = threading_components(threading);
	CHECK_INT(components->len, 1);
	return ((const struct threading_component *)g_ptr_array_index(
			components, 0))
		->first;
}

TEST(the_first_message_is_the_same_in_any_order)
{
	static const struct {
		int64_t dates[2];
		size_t counts[2];
		const struct message_id *hashes[2];
	} rows[] = {
		{ { 40, 50 }, { 3, 1 }, { &high, &low } },
		{ { 40, 40 }, { 1, 2 }, { &high, &low } },
		{ { 40, 40 }, { 2, 2 }, { &low, &high } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct threading_message messages[] = {
			{ 11, rows[i].dates[0], 0, rows[i].hashes[0] },
			{ 12, rows[i].dates[1], 0, rows[i].hashes[1] },
		};

		CHECK_INT(first_of(messages, rows[i].counts, 0), 11);
		CHECK_INT(first_of(messages, rows[i].counts, 1), 11);
	}
}
