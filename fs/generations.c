/* SPDX-License-Identifier: ISC */
#include "generations.h"

#include <pthread.h>

struct generations {
	pthread_mutex_t lock; /* leaf */
	GHashTable *dirs;     /* owned: struct removed, protected by lock */
	int any;              /* atomic */
};

struct removed {
	uint64_t id; /* first: the key */
	uint64_t times;
};

struct generations *generations_new(void)
{
	struct generations *generations = g_new0(struct generations, 1);

	(void)pthread_mutex_init(&generations->lock, NULL);
	generations->dirs = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						  NULL, g_free);
	return generations;
}

void generations_free(struct generations *generations)
{
	if (!generations)
		return;
	g_hash_table_unref(generations->dirs);
	(void)pthread_mutex_destroy(&generations->lock);
	g_free(generations);
}

void generations_next(struct generations *generations, struct node dir)
{
	uint64_t id = node_id(dir);
	struct removed *removed;

	(void)pthread_mutex_lock(&generations->lock);
	removed = g_hash_table_lookup(generations->dirs, &id);
	if (!removed) {
		removed = g_new0(struct removed, 1);
		removed->id = id;
		(void)g_hash_table_add(generations->dirs, removed);
	}
	removed->times++;
	(void)pthread_mutex_unlock(&generations->lock);
	g_atomic_int_set(&generations->any, 1);
}

uint64_t generations_of(struct generations *generations, struct node dir)
{
	uint64_t id = node_id(dir);
	const struct removed *removed;
	uint64_t times = 0;

	if (!g_atomic_int_get(&generations->any))
		return 0;
	(void)pthread_mutex_lock(&generations->lock);
	removed = g_hash_table_lookup(generations->dirs, &id);
	if (removed)
		times = removed->times;
	(void)pthread_mutex_unlock(&generations->lock);
	return times;
}
