/* SPDX-License-Identifier: ISC */
#include "cache.h"

#include <stdbool.h>

#include "test.h"

static void put(struct cache *cache, uint64_t key, size_t size)
{
	AUTO(gbytes) GBytes *bytes = NULL;
	AUTO(str) char *data = g_strnfill(size, (char)('a' + key % 26));

	bytes = g_bytes_new(data, size);
	cache_put(cache, key, bytes);
}

static bool has(struct cache *cache, uint64_t key, size_t size)
{
	AUTO(gbytes) GBytes *bytes = cache_get(cache, key);
	gsize length;
	const char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;

	return bytes && length == size && data[0] == (char)('a' + key % 26);
}

TEST(what_was_put_is_there)
{
	AUTO(cache) struct cache *cache = cache_new(100000, 25000);

	CHECK(!cache_get(cache, 1));
	put(cache, 1, 10);
	put(cache, UINT64_MAX, 20);
	CHECK(has(cache, 1, 10));
	CHECK(has(cache, UINT64_MAX, 20));
	put(cache, 1, 30);
	CHECK(has(cache, 1, 30));
}

TEST(the_least_recently_used_goes)
{
	AUTO(cache) struct cache *cache = cache_new(10 * (1000 + 128), 2500);

	for (uint64_t key = 0; key < 10; key++)
		put(cache, key, 1000);
	CHECK(has(cache, 0, 1000));
	put(cache, 10, 1000);
	CHECK(has(cache, 0, 1000));
	CHECK(!cache_get(cache, 1));
	for (uint64_t key = 2; key <= 10; key++)
		CHECK(has(cache, key, 1000));
}

TEST(one_that_is_too_large_is_not_kept)
{
	AUTO(cache) struct cache *cache = cache_new(1000, 250);

	put(cache, 1, 250);
	put(cache, 2, 251);
	CHECK(has(cache, 1, 250));
	CHECK(!cache_get(cache, 2));
}

TEST(bytes_in_use_outlive_their_place)
{
	AUTO(cache) struct cache *cache = cache_new(1000, 250);
	AUTO(gbytes) GBytes *held = NULL;

	put(cache, 1, 100);
	held = cache_get(cache, 1);
	for (uint64_t key = 2; key < 50; key++)
		put(cache, key, 100);
	CHECK(!cache_get(cache, 1));
	CHECK_INT(((const char *)g_bytes_get_data(held, NULL))[99], 'b');
}

TEST(one_may_take_all_the_room)
{
	AUTO(cache) struct cache *cache = cache_new(1000, 1000);

	put(cache, 1, 100);
	put(cache, 2, 1000 - 128);
	CHECK(has(cache, 2, 1000 - 128));
	CHECK(!cache_get(cache, 1));
	put(cache, 3, 1000 - 127);
	CHECK(!cache_get(cache, 3));
	CHECK(has(cache, 2, 1000 - 128));
}
