/* SPDX-License-Identifier: ISC */
/* GLib as Debian builds it tells the thread sanitizer nothing of its locks,
 * which are made of futexes: all they guard would be called a race. Linked into
 * a program under that sanitizer, this stands before the few that we use, and
 * tells. G_SLICE=always-malloc must be in the environment for the same reason:
 * GLib's own allocator hands memory from one worker to another unseen. */
#include <dlfcn.h>

#include <gmime/gmime.h>

void __tsan_acquire(volatile void *address);
void __tsan_release(volatile void *address);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
const char *__tsan_default_options(void);
const char *__tsan_default_suppressions(void);

#define REAL(name)                                                             \
	__typeof__(name) *real =                                               \
		__extension__(__typeof__(name) *) dlsym(RTLD_NEXT, #name)

/* Programs that end while workers run would sleep for a second first. */
const char *__tsan_default_options(void)
{
	return "atexit_sleep_ms=0";
}

/* iconv() loads and unloads what it needs, under glibc's own lock. And libgit2
 * locks a pack that it closes while it holds one that it opens; but who holds a
 * pack to open it was picked by nobody before: there can be no cycle. */
const char *__tsan_default_suppressions(void)
{
	return "race:ld-linux-*.so*\n"
	       "deadlock:libgit2.so*\n";
}

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

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
	REAL(g_cond_wait_until);
	gboolean woken;

	__tsan_release(mutex);
	woken = real(cond, mutex, end);
	__tsan_acquire(mutex);
	return woken;
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

/* Behind a macro whose fast way is an atomic load that the sanitizer sees. */
gboolean(g_once_init_enter)(volatile void *location)
{
	REAL(g_once_init_enter);
	gboolean first = real(location);

	__tsan_acquire(location);
	return first;
}

void(g_once_init_leave)(volatile void *location, gsize result)
{
	REAL(g_once_init_leave);

	__tsan_release(location);
	real(location, result);
}

/* A class is made with its first object, under a lock of libgobject's own, and
 * our macros look into it. So make those early, before there are workers. */
void g_mime_init(void)
{
	REAL(g_mime_init);

	real();
	(void)g_type_class_ref(INTERNET_ADDRESS_TYPE_GROUP);
	(void)g_type_class_ref(INTERNET_ADDRESS_TYPE_MAILBOX);
}

static void ignore_begin(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

static void ignore_end(void)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

/* Its texts are in a table under such a lock. */
const gchar *g_strerror(gint number)
{
	REAL(g_strerror);
	const gchar *text;

	ignore_begin();
	text = real(number);
	ignore_end();
	return text;
}

/* Dates share time zones, in a table under a lock inside GLib and counted by
 * whoever has one: nothing to tell of, so the sanitizer looks away. */
GDateTime *g_mime_utils_header_decode_date(const char *text)
{
	REAL(g_mime_utils_header_decode_date);
	GDateTime *date;

	ignore_begin();
	date = real(text);
	ignore_end();
	return date;
}

void g_date_time_unref(GDateTime *date)
{
	REAL(g_date_time_unref);

	ignore_begin();
	real(date);
	ignore_end();
}
