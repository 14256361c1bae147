/* SPDX-License-Identifier: ISC */
#include "shown.h"

#include "test.h"

TEST(a_face_is_told_once)
{
	AUTO(shown) struct shown *shown = shown_new();

	for (uint32_t copy = 1; copy < 3000; copy += 7)
		shown_copy(shown, copy, shown_face(copy % 64, copy % 2));
	for (uint32_t copy = 1; copy < 3000; copy++) {
		uint8_t want = copy % 7 == 1 ? shown_face(copy % 64, copy % 2)
					     : SHOWN_NEVER;

		CHECK_INT(shown_take_copy(shown, copy), want);
		CHECK_INT(shown_take_copy(shown, copy), SHOWN_NEVER);
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
	AUTO(shown) struct shown *shown = shown_new();

	shown_copy(shown, UINT32_MAX, shown_face(1, true));
	CHECK_INT(shown_take_copy(shown, UINT32_MAX), SHOWN_NEVER);
}

TEST(a_thread_was_looked_into)
{
	AUTO(shown) struct shown *shown = shown_new();

	CHECK(!shown_take_thread(shown, 5));
	shown_thread(shown, 5);
	CHECK(shown_take_thread(shown, 5));
	CHECK(!shown_take_thread(shown, 5));
}
