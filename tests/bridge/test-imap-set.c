/* SPDX-License-Identifier: ISC */
#include "imap-set.h"

#include "test.h"

static char *printed(const struct imap_set *set)
{
	GString *out = g_string_new("");
	size_t range = 0;

	while (imap_set_print(set, &range, 1000, out))
		;
	return g_string_free(out, FALSE);
}

static struct imap_set *set_of(const char *text)
{
	struct imap_set *set = imap_set_new();
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	for (char **part = parts; *part; part++) {
		char *end = NULL;
		uint32_t first = (uint32_t)strtoul(*part, &end, 10);
		uint32_t last = *end == ':'
					? (uint32_t)strtoul(end + 1, NULL, 10)
					: first;

		imap_set_add_range(set, first, last);
	}
	return set;
}

TEST(ranges_that_touch_are_one)
{
	static const struct {
		const char *in, *out;
	} known[] = {
		{ "1,2,3", "1:3" },
		{ "3,2,1", "1:3" },
		{ "1,3,2", "1:3" },
		{ "5,1,3", "1,3,5" },
		{ "1:10,5", "1:10" },
		{ "5:6,1:2,3:4", "1:6" },
		{ "5:6,8:9,1:20", "1:20" },
		{ "10,20,30,5:25", "5:25,30" },
		{ "4294967295,1", "1,4294967295" },
		{ "4294967295,4294967294", "4294967294:4294967295" },
		{ "7:4294967295,1:3,2:9", "1:4294967295" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(imap_set) struct imap_set *set = set_of(known[i].in);
		AUTO(imap_set) struct imap_set *again = imap_set_new();
		AUTO(str) char *text = printed(set);
		AUTO(str) char *sorted = NULL;

		CHECK_STR(text, known[i].out);
		imap_set_add_set(again, set);
		imap_set_add_set(again, set);
		sorted = printed(again);
		CHECK_STR(sorted, known[i].out);
	}
}

/* Against a table of bits. */
TEST(random_changes_do_to_a_set_what_they_do_to_bits)
{
	bool bits[200] = { false };
	AUTO(imap_set) struct imap_set *set = imap_set_new();
	GRand *random = g_rand_new_with_seed(7);

	for (int round = 0; round < 3000; round++) {
		AUTO(imap_set) struct imap_set *other = imap_set_new();
		bool add = g_rand_boolean(random);
		uint32_t uid = 0, first, last;
		uint64_t count = 0;

		for (int i = 0; i < 3; i++) {
			first = (uint32_t)g_rand_int_range(random, 1, 190);
			last = first + (uint32_t)g_rand_int_range(random, 0, 9);
			imap_set_add_range(other, first, last);
			for (uint32_t bit = first; bit <= last; bit++)
				bits[bit] = add;
		}
		if (add)
			imap_set_add_set(set, other);
		else
			imap_set_subtract(set, other);
		for (uint32_t bit = 1; bit < 200; bit++) {
			if (imap_set_has(set, bit) != bits[bit])
				CHECK_INT(bit, -round);
			if (bits[bit]) {
				count++;
				CHECK_INT(imap_set_next(set, uid, &uid), 1);
				CHECK_INT(uid, bit);
			}
		}
		CHECK_INT(imap_set_next(set, uid, &uid), 0);
		CHECK_INT(imap_set_count(set), count);
	}
	g_rand_free(random);
}

TEST(a_set_is_printed_in_lines_of_bounded_length)
{
	AUTO(imap_set) struct imap_set *set = imap_set_new();
	AUTO(imap_set) struct imap_set *again = imap_set_new();
	size_t range = 0;

	for (uint32_t uid = 1; uid < 100000; uid += 1 + uid % 5)
		imap_set_add(set, uid);
	for (;;) {
		AUTO(gstring) GString *line = g_string_new("");
		AUTO(imap_set) struct imap_set *part = NULL;

		if (!imap_set_print(set, &range, 100, line))
			break;
		CHECK(line->len <= 100 && line->len > 0);
		part = set_of(line->str);
		imap_set_add_set(again, part);
	}
	CHECK_INT(imap_set_count(again), imap_set_count(set));
	imap_set_subtract(again, set);
	CHECK(imap_set_is_empty(again));
}

TEST(all_numbers_there_are_fit_into_one_range)
{
	AUTO(imap_set) struct imap_set *set = set_of("1:4294967295");
	AUTO(imap_set) struct imap_set *less = set_of("4294967295");
	uint32_t uid;

	CHECK_INT(imap_set_count(set), 4294967295);
	CHECK_INT(imap_set_next(set, 4294967294U, &uid), 1);
	CHECK_INT(imap_set_next(set, 4294967295U, &uid), 0);
	imap_set_subtract(set, less);
	CHECK(!imap_set_has(set, 4294967295U));
	CHECK_INT(imap_set_count(set), 4294967294);
}
