/* SPDX-License-Identifier: ISC */
#include "pool.h"

#include <pthread.h>

struct pool {
	struct mailbox *mailbox; /* borrowed */
	pthread_mutex_t lock;    /* leaf */
	GPtrArray *idle;         /* of struct reader *, protected by lock */
};

static void close_reader(void *data)
{
	reader_close(data);
}

struct pool *pool_new(struct mailbox *mailbox)
{
	struct pool *pool = g_new0(struct pool, 1);

	pool->mailbox = mailbox;
	pool->idle = g_ptr_array_new_with_free_func(close_reader);
	(void)pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	g_ptr_array_unref(pool->idle);
	(void)pthread_mutex_destroy(&pool->lock);
	g_free(pool);
}

int pool_take(struct pool *pool, struct reader **reader_r, struct err *err)
{
	struct reader *reader = NULL;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->idle->len > 0)
		reader = g_ptr_array_steal_index(pool->idle,
						 pool->idle->len - 1);
	(void)pthread_mutex_unlock(&pool->lock);
	if (!reader)
		return reader_open(pool->mailbox, reader_r, err);
	*reader_r = reader;
	return 0;
}

void pool_give(struct pool *pool, struct reader *reader)
{
	(void)pthread_mutex_lock(&pool->lock);
	g_ptr_array_add(pool->idle, reader);
	(void)pthread_mutex_unlock(&pool->lock);
}
