/* SPDX-License-Identifier: ISC */
#include "cache.h"

#include <pthread.h>

enum { OVERHEAD = 128 };

struct slot {
	uint64_t key;
	GBytes *bytes; /* owned */
	GList link;
};

struct cache {
	pthread_mutex_t lock; /* leaf */
	GHashTable *slots;    /* protected by lock, as is all below */
	GQueue order;         /* the most recently used first */
	size_t size, limit, largest;
};

static void slot_free(void *data)
{
	struct slot *slot = data;

	g_bytes_unref(slot->bytes);
	g_free(slot);
}

struct cache *cache_new(size_t limit, size_t largest)
{
	struct cache *cache = g_new0(struct cache, 1);

	(void)pthread_mutex_init(&cache->lock, NULL);
	cache->slots = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
					     slot_free);
	g_queue_init(&cache->order);
	cache->limit = limit;
	cache->largest = MIN(largest, limit - OVERHEAD);
	return cache;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	g_hash_table_unref(cache->slots);
	(void)pthread_mutex_destroy(&cache->lock);
	g_free(cache);
}

GBytes *cache_get(struct cache *cache, uint64_t key)
{
	GBytes *bytes = NULL;
	struct slot *slot;

	(void)pthread_mutex_lock(&cache->lock);
	slot = g_hash_table_lookup(cache->slots, &key);
	if (slot) {
		g_queue_unlink(&cache->order, &slot->link);
		g_queue_push_head_link(&cache->order, &slot->link);
		bytes = g_bytes_ref(slot->bytes);
	}
	(void)pthread_mutex_unlock(&cache->lock);
	return bytes;
}

static size_t weight(const struct slot *slot)
{
	return g_bytes_get_size(slot->bytes) + OVERHEAD;
}

static void drop(struct cache *cache, struct slot *slot)
{
	cache->size -= weight(slot);
	g_queue_unlink(&cache->order, &slot->link);
	(void)g_hash_table_remove(cache->slots, &slot->key);
}

void cache_put(struct cache *cache, uint64_t key, GBytes *bytes)
{
	struct slot *slot, *old;

	if (g_bytes_get_size(bytes) > cache->largest)
		return;
	slot = g_new0(struct slot, 1);
	slot->key = key;
	slot->bytes = g_bytes_ref(bytes);
	slot->link.data = slot;
	(void)pthread_mutex_lock(&cache->lock);
	old = g_hash_table_lookup(cache->slots, &key);
	if (old)
		drop(cache, old);
	(void)g_hash_table_insert(cache->slots, &slot->key, slot);
	g_queue_push_head_link(&cache->order, &slot->link);
	cache->size += weight(slot);
	while (cache->size > cache->limit)
		drop(cache, g_queue_peek_tail(&cache->order));
	(void)pthread_mutex_unlock(&cache->lock);
}
