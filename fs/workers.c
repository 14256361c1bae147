/* SPDX-License-Identifier: ISC */
#include "workers.h"

#include <pthread.h>
#include <stdbool.h>

#include <glib.h>

struct workers {
	void (*run)(void *job);
	size_t count;
	pthread_mutex_t lock; /* leaf */
	pthread_cond_t some;  /* jobs, or the end; goes with lock */
	GQueue jobs;          /* protected by lock, as are the next three */
	bool ending;
	size_t started;
	pthread_t *threads; /* owned */
};

struct workers *workers_new(size_t count, void (*run)(void *job))
{
	struct workers *workers = g_new0(struct workers, 1);

	workers->run = run;
	workers->count = count;
	workers->threads = g_new0(pthread_t, count);
	g_queue_init(&workers->jobs);
	(void)pthread_mutex_init(&workers->lock, NULL);
	(void)pthread_cond_init(&workers->some, NULL);
	return workers;
}

/* The next job; NULL at the end. */
static void *next_job(struct workers *workers)
{
	void *job;

	(void)pthread_mutex_lock(&workers->lock);
	while (g_queue_is_empty(&workers->jobs) && !workers->ending)
		(void)pthread_cond_wait(&workers->some, &workers->lock);
	job = g_queue_pop_head(&workers->jobs);
	(void)pthread_mutex_unlock(&workers->lock);
	return job;
}

static void *work(void *data)
{
	struct workers *workers = data;
	void *job;

	while ((job = next_job(workers)))
		workers->run(job);
	return NULL;
}

/* Under the lock. */
static void start_one(struct workers *workers)
{
	pthread_t *thread = &workers->threads[workers->started];

	if (workers->started < workers->count &&
	    pthread_create(thread, NULL, work, workers) == 0)
		workers->started++;
}

void workers_push(struct workers *workers, void *job)
{
	bool alone;

	(void)pthread_mutex_lock(&workers->lock);
	start_one(workers);
	alone = workers->started == 0;
	if (!alone)
		g_queue_push_tail(&workers->jobs, job);
	(void)pthread_cond_signal(&workers->some);
	(void)pthread_mutex_unlock(&workers->lock);
	/* Where no worker can be had, this one must do. */
	if (alone)
		workers->run(job);
}

void workers_free(struct workers *workers)
{
	if (!workers)
		return;
	(void)pthread_mutex_lock(&workers->lock);
	workers->ending = true;
	(void)pthread_cond_broadcast(&workers->some);
	(void)pthread_mutex_unlock(&workers->lock);
	for (size_t i = 0; i < workers->started; i++)
		(void)pthread_join(workers->threads[i], NULL);
	(void)pthread_cond_destroy(&workers->some);
	(void)pthread_mutex_destroy(&workers->lock);
	g_free(workers->threads);
	g_free(workers);
}
