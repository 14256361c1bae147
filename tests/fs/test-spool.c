/* SPDX-License-Identifier: ISC */
#include "spool.h"

#include "defms/io.h"
#include "test.h"

static void fill(struct spools *spools, uint64_t id)
{
	AUTO(spool) struct spool *spool = NULL;
	struct err err;

	CHECK_INT(spool_new(spools, id, &spool, &err), 0);
	CHECK_INT(io_write(spool->fd, &id, sizeof(id), &err), 0);
	spool_keep(spool);
}

static bool holds(const struct spool *spool, uint64_t id)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err;

	return spool && spool_read(spool, 0, 100, out, &err) == 0 &&
	       out->len == sizeof(id) &&
	       memcmp(out->data, &id, sizeof(id)) == 0;
}

TEST(eight_are_kept_and_the_least_recently_used_goes)
{
	AUTO(spools) struct spools *spools = spools_new(g_get_tmp_dir());
	struct spool *spool;

	for (uint64_t id = 1; id <= 8; id++)
		fill(spools, id);
	spool = spool_get(spools, 1);
	CHECK(holds(spool, 1));
	spool_unref(spool);
	fill(spools, 9);
	CHECK(!spool_get(spools, 2));
	for (uint64_t id = 1; id <= 9; id++) {
		if (id == 2)
			continue;
		spool = spool_get(spools, id);
		CHECK(holds(spool, id));
		spool_unref(spool);
	}
}

TEST(one_in_use_outlives_its_place)
{
	AUTO(spools) struct spools *spools = spools_new(g_get_tmp_dir());
	AUTO(spool) struct spool *held = NULL;

	fill(spools, 1);
	held = spool_get(spools, 1);
	for (uint64_t id = 2; id < 30; id++)
		fill(spools, id);
	CHECK(!spool_get(spools, 1));
	CHECK(holds(held, 1));
}

TEST(a_range_is_read)
{
	AUTO(spools) struct spools *spools = spools_new(g_get_tmp_dir());
	AUTO(spool) struct spool *spool = NULL;
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err;

	CHECK_INT(spool_new(spools, 1, &spool, &err), 0);
	CHECK_INT(io_write(spool->fd, "0123456789", 10, &err), 0);
	CHECK_INT(spool_read(spool, 3, 4, out, &err), 0);
	CHECK_INT(spool_read(spool, 9, 4, out, &err), 0);
	CHECK_INT(spool_read(spool, 10, 4, out, &err), 0);
	CHECK_INT(out->len, 5);
	CHECK_MEM(out->data, "34569", 5);
}
