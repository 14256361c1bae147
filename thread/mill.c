/* SPDX-License-Identifier: ISC */
#include "defms/mill.h"

#include <stdbool.h>

#include <glib.h>

struct slot {
	void *job;
	size_t bytes;
	bool done; /* protected by mill->lock */
};

struct mill {
	struct mill_work work;
	size_t jobs_max, bytes_max;
	GMutex lock;      /* a leaf */
	GCond more, done; /* a job to work on; the awaited one finished */
	const struct slot *awaited; /* by the owner; protected by lock */
	GQueue waiting;     /* slots nobody works on; protected by lock */
	GQueue inside;      /* slots in order; the owner's alone */
	size_t bytes;       /* of those inside; the owner's alone */
	bool ending;        /* protected by lock */
	GPtrArray *workers; /* owned: GThread * */
};

static struct slot *next_slot(struct mill *mill)
{
	struct slot *slot;

	g_mutex_lock(&mill->lock);
	while (!(slot = g_queue_pop_head(&mill->waiting)) && !mill->ending)
		g_cond_wait(&mill->more, &mill->lock);
	g_mutex_unlock(&mill->lock);
	return slot;
}

static gpointer run_worker(gpointer data)
{
	struct mill *mill = data;
	void *context = mill->work.start(mill->work.data);
	struct slot *slot;

	while ((slot = next_slot(mill))) {
		mill->work.work(slot->job, context);
		g_mutex_lock(&mill->lock);
		slot->done = true;
		if (mill->awaited == slot)
			g_cond_signal(&mill->done);
		g_mutex_unlock(&mill->lock);
	}
	mill->work.stop(context);
	return NULL;
}

struct mill *mill_new(const struct mill_work *work, unsigned workers,
		      size_t jobs, size_t bytes)
{
	struct mill *mill = g_new0(struct mill, 1);

	mill->work = *work;
	mill->jobs_max = jobs;
	mill->bytes_max = bytes;
	g_mutex_init(&mill->lock);
	g_cond_init(&mill->more);
	g_cond_init(&mill->done);
	g_queue_init(&mill->waiting);
	g_queue_init(&mill->inside);
	mill->workers = g_ptr_array_new();
	if (workers == 0)
		workers = g_get_num_processors();
	for (unsigned i = 0; i < workers; i++)
		g_ptr_array_add(mill->workers,
				g_thread_new("mill", run_worker, mill));
	return mill;
}

void mill_free(struct mill *mill)
{
	if (!mill)
		return;
	g_mutex_lock(&mill->lock);
	mill->ending = true;
	g_cond_broadcast(&mill->more);
	g_mutex_unlock(&mill->lock);
	for (guint i = 0; i < mill->workers->len; i++)
		(void)g_thread_join(g_ptr_array_index(mill->workers, i));
	g_ptr_array_unref(mill->workers);
	g_cond_clear(&mill->more);
	g_cond_clear(&mill->done);
	g_mutex_clear(&mill->lock);
	g_free(mill);
}

bool mill_has_room(struct mill *mill)
{
	return g_queue_is_empty(&mill->inside) ||
	       (mill->inside.length < mill->jobs_max &&
		mill->bytes < mill->bytes_max);
}

void mill_put(struct mill *mill, void *job, size_t bytes)
{
	struct slot *slot = g_new0(struct slot, 1);

	slot->job = job;
	slot->bytes = bytes;
	mill->bytes += bytes;
	g_queue_push_tail(&mill->inside, slot);
	g_mutex_lock(&mill->lock);
	g_queue_push_tail(&mill->waiting, slot);
	g_cond_signal(&mill->more);
	g_mutex_unlock(&mill->lock);
}

void *mill_take(struct mill *mill)
{
	struct slot *slot = g_queue_pop_head(&mill->inside);
	void *job;

	if (!slot)
		return NULL;
	g_mutex_lock(&mill->lock);
	mill->awaited = slot;
	while (!slot->done)
		g_cond_wait(&mill->done, &mill->lock);
	mill->awaited = NULL;
	g_mutex_unlock(&mill->lock);
	mill->bytes -= slot->bytes;
	job = slot->job;
	g_free(slot);
	return job;
}
