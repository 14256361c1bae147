/* SPDX-License-Identifier: ISC */
/* GLib as Debian builds it tells the thread sanitizer nothing of its locks,
 * which are made of futexes: all they guard would be called a race. Linked into
 * a program under that sanitizer, this stands before the few that we use, and
 * tells. */
#include <dlfcn.h>

#include <glib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define REAL(name)                                                             \
	__typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

void g_mutex_lock(GMutex *mutex)
{
	REAL(g_mutex_lock);

	real(mutex);
	__tsan_acquire(mutex);
}

void g_mutex_unlock(GMutex *mutex)
{
	REAL(g_mutex_unlock);

	__tsan_release(mutex);
	real(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
	REAL(g_cond_wait);

	__tsan_release(mutex);
	real(cond, mutex);
	__tsan_acquire(mutex);
}

void g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
	REAL(g_async_queue_push);

	__tsan_release(queue);
	real(queue, data);
}

gpointer g_async_queue_try_pop(GAsyncQueue *queue)
{
	REAL(g_async_queue_try_pop);
	gpointer data = real(queue);

	__tsan_acquire(queue);
	return data;
}
