/* SPDX-License-Identifier: ISC */
#include "shown.h"

#include <pthread.h>
#include <string.h>

#include <glib.h>

/* Serials are given out one by one, but a damaged database may hold any: what
 * lies beyond this is not kept track of. */
enum { LIMIT = 1 << 28 };

struct shown {
	pthread_mutex_t lock;  /* leaf */
	GByteArray *copies[2]; /* by serial; in folders, in threads; protected
				* by lock */
	GHashTable *own;       /* serial -> name of a copy in a folder, the
				* same */
	GByteArray *threads;   /* the same */
	GArray *old;           /* of struct old, the same */
	int round;             /* atomic */
};

struct old {
	struct shown_as as;
	uint8_t face;
	char *own; /* owned */
};

static void old_clear(gpointer data)
{
	g_free(((struct old *)data)->own);
}

struct shown *shown_new(void)
{
	struct shown *shown = g_new0(struct shown, 1);

	(void)pthread_mutex_init(&shown->lock, NULL);
	shown->copies[0] = g_byte_array_new();
	shown->copies[1] = g_byte_array_new();
	shown->own = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					   g_free);
	shown->threads = g_byte_array_new();
	shown->old = g_array_new(FALSE, FALSE, sizeof(struct old));
	g_array_set_clear_func(shown->old, old_clear);
	return shown;
}

void shown_free(struct shown *shown)
{
	if (!shown)
		return;
	g_byte_array_unref(shown->copies[0]);
	g_byte_array_unref(shown->copies[1]);
	g_hash_table_unref(shown->own);
	g_byte_array_unref(shown->threads);
	g_array_unref(shown->old);
	(void)pthread_mutex_destroy(&shown->lock);
	g_free(shown);
}

/* Returns what was there; the lock is held. */
static uint8_t exchange(GByteArray *array, int64_t serial, uint8_t value)
{
	guint old = array->len;
	uint8_t was;

	if (serial < 0 || serial >= LIMIT)
		return 0;
	if (serial >= old && value == 0)
		return 0;
	if (serial >= old) {
		g_byte_array_set_size(array, (guint)(serial + 1 + serial / 8));
		memset(array->data + old, 0, array->len - old);
	}
	was = array->data[serial];
	array->data[serial] = value;
	return was;
}

/* The same of a name of its own; caller frees what was there. */
static char *exchange_own(struct shown *shown, struct shown_as as,
			  const char *own)
{
	gpointer key = NULL, was = NULL;

	if (as.in_thread || as.copy < 0 || as.copy >= LIMIT)
		return NULL;
	if (g_hash_table_size(shown->own) > 0 &&
	    g_hash_table_steal_extended(shown->own, &as.copy, &key, &was))
		g_free(key);
	if (own)
		(void)g_hash_table_insert(shown->own,
					  g_memdup2(&as.copy, sizeof(as.copy)),
					  g_strdup(own));
	return was;
}

void shown_copy(struct shown *shown, struct shown_as as, uint8_t face,
		const char *own, int round)
{
	struct old old = { .as = as };

	(void)pthread_mutex_lock(&shown->lock);
	old.face = exchange(shown->copies[as.in_thread], as.copy, face);
	old.own = exchange_own(shown, as, own);
	if (old.face != SHOWN_NEVER &&
	    (old.face != face || g_strcmp0(old.own, own) != 0))
		(void)g_array_append_val(shown->old, old);
	else
		g_free(old.own);
	old.face = face;
	old.own = g_strdup(own);
	if (round != g_atomic_int_get(&shown->round))
		(void)g_array_append_val(shown->old, old);
	else
		g_free(old.own);
	(void)pthread_mutex_unlock(&shown->lock);
}

void shown_renamed(struct shown *shown, struct shown_as as, uint8_t face,
		   const char *own)
{
	(void)pthread_mutex_lock(&shown->lock);
	(void)exchange(shown->copies[as.in_thread], as.copy, face);
	g_free(exchange_own(shown, as, own));
	(void)pthread_mutex_unlock(&shown->lock);
}

void shown_old(struct shown *shown, struct shown_as as, uint8_t face,
	       const char *own)
{
	struct old old = { as, face, g_strdup(own) };

	(void)pthread_mutex_lock(&shown->lock);
	(void)g_array_append_val(shown->old, old);
	(void)pthread_mutex_unlock(&shown->lock);
}

uint8_t shown_take_copy(struct shown *shown, struct shown_as as, char **own_r)
{
	uint8_t was;

	(void)pthread_mutex_lock(&shown->lock);
	was = exchange(shown->copies[as.in_thread], as.copy, SHOWN_NEVER);
	*own_r = exchange_own(shown, as, NULL);
	(void)pthread_mutex_unlock(&shown->lock);
	return was;
}

bool shown_take_old(struct shown *shown, struct shown_as *as_r, uint8_t *face_r,
		    char **own_r)
{
	bool found;

	(void)pthread_mutex_lock(&shown->lock);
	found = shown->old->len > 0;
	if (found) {
		struct old *last = &g_array_index(shown->old, struct old,
						  shown->old->len - 1);

		*as_r = last->as;
		*face_r = last->face;
		*own_r = take(last->own);
		g_array_set_size(shown->old, shown->old->len - 1);
	}
	(void)pthread_mutex_unlock(&shown->lock);
	return found;
}

int shown_round(struct shown *shown)
{
	return g_atomic_int_get(&shown->round);
}

void shown_next_round(struct shown *shown)
{
	(void)pthread_mutex_lock(&shown->lock);
	g_atomic_int_inc(&shown->round);
	(void)pthread_mutex_unlock(&shown->lock);
}

static bool exchange_thread(struct shown *shown, int64_t thread, uint8_t value)
{
	uint8_t was;

	(void)pthread_mutex_lock(&shown->lock);
	was = exchange(shown->threads, thread, value);
	(void)pthread_mutex_unlock(&shown->lock);
	return was != 0;
}

bool shown_thread(struct shown *shown, int64_t thread)
{
	return exchange_thread(shown, thread, 1);
}

bool shown_take_thread(struct shown *shown, int64_t thread)
{
	return exchange_thread(shown, thread, 0);
}
