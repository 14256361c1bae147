/* SPDX-License-Identifier: ISC */
#include "doomed.h"

#include "test.h"

TEST(only_a_message_whose_whole_was_unlinked_goes)
{
	AUTO(doomed) struct doomed *doomed = doomed_new();

	CHECK(!doomed_take(doomed, 7));
	CHECK(!doomed_has(doomed, 7));
	doomed_note(doomed, 7, false);
	CHECK(doomed_has(doomed, 7));
	CHECK(!doomed_take(doomed, 7));
	doomed_note(doomed, 7, true);
	doomed_note(doomed, 7, false);
	CHECK(!doomed_has(doomed, 8));
	CHECK(doomed_take(doomed, 7));
	CHECK(!doomed_take(doomed, 7));
	CHECK(!doomed_has(doomed, 7));
}

TEST(many_are_remembered)
{
	AUTO(doomed) struct doomed *doomed = doomed_new();

	for (int i = 0; i < 10000; i++)
		doomed_note(doomed, i, i % 2 == 0);
	for (int i = 0; i < 10000; i++)
		CHECK_INT(doomed_take(doomed, i), i % 2 == 0);
}
