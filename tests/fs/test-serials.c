/* SPDX-License-Identifier: ISC */
#include "serials.h"

#include "store-test.h"
#include "world-test.h"

static struct fs *open_fs(struct world *world)
{
	struct fs *fs = NULL;
	struct err err = { 0 };

	if (fs_new(world->mailbox, &fs, &err) < 0)
		die(&err);
	return fs;
}

TEST(there_are_none_before_a_block_is_filled)
{
	AUTO(world) struct world *world = world_new();
	AUTO(fs) struct fs *fs = open_fs(world);
	AUTO(serials) struct serials *serials = serials_new();
	int64_t first;

	CHECK_INT(serials_next(serials, 0), 0);
	CHECK(serials_are_few(serials));
	CHECK(!serials_gave(serials, 1));
	serials_fill(serials, fs);
	CHECK(!serials_are_few(serials));
	first = serials_next(serials, 0);
	CHECK(first > 0);
	CHECK_INT(serials_next(serials, first), first + 1);
}

TEST(what_others_took_is_none_of_them)
{
	AUTO(world) struct world *world = world_new();
	AUTO(fs) struct fs *fs = open_fs(world);
	AUTO(serials) struct serials *ours = serials_new();
	AUTO(serials) struct serials *others = serials_new();
	int64_t first, their, again;

	serials_fill(ours, fs);
	serials_fill(others, fs);
	first = serials_next(ours, 0);
	their = serials_next(others, 0);
	CHECK(their > first);
	/* Over what others have the rest of a block is of no use. */
	CHECK_INT(serials_next(ours, their), 0);
	serials_fill(ours, fs);
	again = serials_next(ours, their);
	CHECK(again > their);
	CHECK(serials_gave(ours, first));
	CHECK(serials_gave(ours, again));
	CHECK(!serials_gave(ours, their));
	CHECK(!serials_gave(ours, first - 1));
	CHECK(serials_gave(others, their));
	CHECK(!serials_gave(others, again));
}
