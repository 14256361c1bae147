/* SPDX-License-Identifier: ISC */
#include "shown.h"

#include "test.h"

static struct shown_as as(int64_t copy)
{
	return (struct shown_as){ .copy = copy };
}

/* Of names that their faces make. */
static void show(struct shown *shown, struct shown_as as, uint8_t face,
		 int round)
{
	shown_copy(shown, as, face, NULL, round);
}

static uint8_t take_face(struct shown *shown, struct shown_as as)
{
	AUTO(str) char *own = NULL;
	uint8_t face = shown_take_copy(shown, as, &own);

	CHECK(!own);
	return face;
}

static bool take_old(struct shown *shown, struct shown_as *as_r,
		     uint8_t *face_r)
{
	AUTO(str) char *own = NULL;
	bool found = shown_take_old(shown, as_r, face_r, &own);

	CHECK(!own);
	return found;
}

TEST(a_face_is_told_once)
{
	AUTO(shown) struct shown *shown = shown_new();

	for (uint32_t copy = 1; copy < 3000; copy += 7)
		show(shown, as(copy), shown_face(copy % 64, copy % 2), 0);
	for (uint32_t copy = 1; copy < 3000; copy++) {
		uint8_t want = copy % 7 == 1 ? shown_face(copy % 64, copy % 2)
					     : SHOWN_NEVER;

		CHECK_INT(take_face(shown, as(copy)), want);
		CHECK_INT(take_face(shown, as(copy)), SHOWN_NEVER);
	}
}

TEST(every_face_is_another)
{
	for (unsigned i = 0; i < 128; i++)
		for (unsigned k = 0; k < i; k++)
			CHECK(shown_face(i & 63, i > 63) !=
			      shown_face(k & 63, k > 63));
	CHECK(shown_face(0, false) != SHOWN_NEVER);
}

TEST(a_serial_of_a_damaged_database_takes_no_room)
{
	static const int64_t wild[] = { -1, UINT32_MAX, INT64_C(1) << 32,
					INT64_MAX, INT64_MIN };
	AUTO(shown) struct shown *shown = shown_new();

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		show(shown, as(wild[i]), shown_face(1, true), 0);
		CHECK_INT(take_face(shown, as(wild[i])), SHOWN_NEVER);
		CHECK_INT(take_face(shown, as(0)), SHOWN_NEVER);
	}
}

TEST(a_thread_was_looked_into)
{
	AUTO(shown) struct shown *shown = shown_new();

	CHECK(!shown_take_thread(shown, 5));
	CHECK(!shown_thread(shown, 5));
	CHECK(shown_thread(shown, 5));
	CHECK(shown_take_thread(shown, 5));
	CHECK(!shown_take_thread(shown, 5));
}

/* Every name that was handed out and is not the last is told once. */
TEST(older_faces_are_kept_for_the_watcher)
{
	AUTO(shown) struct shown *shown = shown_new();
	unsigned seen[64] = { 0 };
	struct shown_as copy;
	uint8_t face;

	CHECK(!take_old(shown, &copy, &face));
	for (unsigned flags = 0; flags < 64; flags++)
		for (int twice = 0; twice < 2; twice++)
			show(shown, as(7), shown_face(flags, false), 0);
	while (take_old(shown, &copy, &face)) {
		CHECK_INT(copy.copy, 7);
		seen[face & 63]++;
	}
	for (unsigned flags = 0; flags < 64; flags++)
		CHECK_INT(seen[flags], flags < 63);
	CHECK_INT(take_face(shown, as(7)), shown_face(63, false));
}

TEST(a_face_read_before_a_round_began_may_be_old)
{
	AUTO(shown) struct shown *shown = shown_new();
	int round = shown_round(shown);
	struct shown_as copy;
	uint8_t face;

	shown_next_round(shown);
	show(shown, as(3), shown_face(0, true), round);
	CHECK(take_old(shown, &copy, &face));
	CHECK_INT(copy.copy, 3);
	CHECK_INT(face, shown_face(0, true));
	show(shown, as(3), shown_face(0, true), shown_round(shown));
	CHECK(!take_old(shown, &copy, &face));
}

TEST(what_is_shown_in_a_thread_is_another_name)
{
	AUTO(shown) struct shown *shown = shown_new();
	const struct shown_as in_thread = { .copy = 5, .in_thread = true };
	struct shown_as old;
	uint8_t face;

	show(shown, as(5), shown_face(1, true), 0);
	CHECK_INT(take_face(shown, in_thread), SHOWN_NEVER);
	show(shown, in_thread, shown_face(2, true), 0);
	show(shown, in_thread, shown_face(3, true), 0);
	CHECK(take_old(shown, &old, &face));
	CHECK(old.in_thread);
	CHECK_INT(face, shown_face(2, true));
	CHECK_INT(take_face(shown, as(5)), shown_face(1, true));
	CHECK_INT(take_face(shown, in_thread), shown_face(3, true));
}

TEST(a_name_that_the_kernel_changed_leaves_no_old_one)
{
	AUTO(shown) struct shown *shown = shown_new();
	struct shown_as old;
	uint8_t face;

	show(shown, as(5), shown_face(1, true), 0);
	shown_renamed(shown, as(5), shown_face(1, false), NULL);
	CHECK(!take_old(shown, &old, &face));
	CHECK_INT(take_face(shown, as(5)), shown_face(1, false));
}

/* As a face does not make it, it is told as it was. */
TEST(a_name_of_its_own_is_kept)
{
	AUTO(shown) struct shown *shown = shown_new();
	const uint8_t face = shown_face(1, false);
	AUTO(str) char *first = NULL;
	AUTO(str) char *second = NULL;
	AUTO(str) char *last = NULL;
	struct shown_as old;
	uint8_t was;

	shown_copy(shown, as(5), face, "a:2,Sx", 0);
	shown_copy(shown, as(5), face, "a:2,Sx", 0);
	CHECK(!take_old(shown, &old, &was));
	shown_copy(shown, as(5), face, "a:2,Sy", 0);
	CHECK(shown_take_old(shown, &old, &was, &first));
	CHECK_STR(first, "a:2,Sx");
	CHECK_INT(was, face);
	show(shown, as(5), face, 0);
	CHECK(shown_take_old(shown, &old, &was, &second));
	CHECK_STR(second, "a:2,Sy");
	CHECK(!take_old(shown, &old, &was));
	shown_renamed(shown, as(5), face, "b:2,Sx");
	CHECK(!take_old(shown, &old, &was));
	CHECK_INT(shown_take_copy(shown, as(5), &last), face);
	CHECK_STR(last, "b:2,Sx");
	CHECK_INT(take_face(shown, as(5)), SHOWN_NEVER);
}

TEST(a_name_of_its_own_that_is_renamed_leaves_none)
{
	AUTO(shown) struct shown *shown = shown_new();
	struct shown_as old;
	uint8_t was;

	shown_copy(shown, as(5), shown_face(1, false), "a:2,Sx", 0);
	shown_renamed(shown, as(5), shown_face(3, false), NULL);
	CHECK(!take_old(shown, &old, &was));
	CHECK_INT(take_face(shown, as(5)), shown_face(3, false));
}

TEST(a_name_of_its_own_that_may_be_old_is_told)
{
	AUTO(shown) struct shown *shown = shown_new();
	int round = shown_round(shown);
	AUTO(str) char *own = NULL;
	struct shown_as old;
	uint8_t was;

	shown_next_round(shown);
	shown_copy(shown, as(5), shown_face(1, false), "a:2,Sx", round);
	CHECK(shown_take_old(shown, &old, &was, &own));
	CHECK_STR(own, "a:2,Sx");
}

TEST(where_an_old_name_was_is_told_with_it)
{
	AUTO(shown) struct shown *shown = shown_new();
	const struct shown_as there = { .copy = 5, .folder = 9 };
	AUTO(str) char *own = NULL;
	struct shown_as old;
	uint8_t was;

	shown_old(shown, there, shown_face(1, false), "a:2,Sx");
	CHECK_INT(take_face(shown, as(5)), SHOWN_NEVER);
	CHECK(shown_take_old(shown, &old, &was, &own));
	CHECK_INT(old.copy, 5);
	CHECK_INT(old.folder, 9);
	CHECK_INT(was, shown_face(1, false));
	CHECK_STR(own, "a:2,Sx");
	CHECK(!take_old(shown, &old, &was));
}
