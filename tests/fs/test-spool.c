/* SPDX-License-Identifier: ISC */
#include "spool.h"

#include "defms/io.h"
#include "test.h"

static void write_id(struct spool *spool)
{
	struct err err;

	CHECK_INT(io_write(spool->fd, &spool->id, sizeof(spool->id), &err), 0);
	spool_keep(spool);
}

static void fill(struct spools *spools, uint64_t id)
{
	AUTO(spool) struct spool *spool = NULL;
	struct err err;

	CHECK_INT(spool_get(spools, id, &spool, &err), 0);
	write_id(spool);
}

static bool holds(const struct spool *spool, uint64_t id)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err;

	return spool && spool_read(spool, 0, 100, out, &err) == 0 &&
	       out->len == sizeof(id) &&
	       memcmp(out->data, &id, sizeof(id)) == 0;
}

/* Is a filled file kept under `id`, and is it that one? */
static bool is_kept(struct spools *spools, uint64_t id)
{
	AUTO(spool) struct spool *spool = NULL;
	struct err err;

	return spool_get(spools, id, &spool, &err) == 1 && holds(spool, id);
}

TEST(eight_are_kept_and_the_least_recently_used_goes)
{
	AUTO(spools) struct spools *spools = spools_new(g_get_tmp_dir());

	for (uint64_t id = 1; id <= 8; id++)
		fill(spools, id);
	CHECK(is_kept(spools, 1));
	fill(spools, 9);
	CHECK(!is_kept(spools, 2));
	for (uint64_t id = 3; id <= 9; id++)
		CHECK(is_kept(spools, id));
	CHECK(is_kept(spools, 1));
}

TEST(one_in_use_outlives_its_place)
{
	AUTO(spools) struct spools *spools = spools_new(g_get_tmp_dir());
	AUTO(spool) struct spool *held = NULL;
	struct err err;

	fill(spools, 1);
	CHECK_INT(spool_get(spools, 1, &held, &err), 1);
	for (uint64_t id = 2; id < 30; id++)
		fill(spools, id);
	CHECK(!is_kept(spools, 1));
	CHECK(holds(held, 1));
}

/* -- several at once ------------------------------------------------------- */

enum { ASKING = 8 };

struct asking {
	struct spools *spools;
	int makers;   /* how many were told to fill it */
	int failures; /* how many of them give up */
};

static gpointer ask(gpointer data)
{
	struct asking *asking = data;
	AUTO(spool) struct spool *spool = NULL;
	struct err err;
	int filled = spool_get(asking->spools, 7, &spool, &err);

	if (filled == 0) {
		g_usleep(2000);
		if (g_atomic_int_add(&asking->makers, 1) < asking->failures)
			return NULL;
		write_id(spool);
	}
	return GINT_TO_POINTER(holds(spool, 7));
}

/* How many of those that ask at once end with the file. */
static int ask_at_once(struct asking *asking)
{
	GThread *threads[ASKING];
	int good = 0;

	for (int i = 0; i < ASKING; i++)
		threads[i] = g_thread_new("ask", ask, asking);
	for (int i = 0; i < ASKING; i++)
		good += GPOINTER_TO_INT(g_thread_join(threads[i]));
	return good;
}

TEST(who_asks_while_it_is_made_waits)
{
	for (int round = 0; round < 50; round++) {
		AUTO(spools)
		struct spools *spools = spools_new(g_get_tmp_dir());
		struct asking asking = { spools, 0, 0 };

		CHECK_INT(ask_at_once(&asking), ASKING);
		CHECK_INT(asking.makers, 1);
	}
}

TEST(when_one_gives_up_the_next_makes_it)
{
	for (int failures = 0; failures <= ASKING; failures++) {
		AUTO(spools)
		struct spools *spools = spools_new(g_get_tmp_dir());
		struct asking asking = { spools, 0, failures };

		CHECK_INT(ask_at_once(&asking), ASKING - failures);
		CHECK_INT(asking.makers, MIN(failures + 1, ASKING));
	}
}

/* -- reading --------------------------------------------------------------- */

TEST(a_range_is_read)
{
	AUTO(spools) struct spools *spools = spools_new(g_get_tmp_dir());
	AUTO(spool) struct spool *spool = NULL;
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err;

	CHECK_INT(spool_get(spools, 1, &spool, &err), 0);
	CHECK_INT(io_write(spool->fd, "0123456789", 10, &err), 0);
	CHECK_INT(spool_read(spool, 3, 4, out, &err), 0);
	CHECK_INT(spool_read(spool, 9, 4, out, &err), 0);
	CHECK_INT(spool_read(spool, 10, 4, out, &err), 0);
	CHECK_INT(out->len, 5);
	CHECK_MEM(out->data, "34569", 5);
}
