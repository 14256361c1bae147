/* SPDX-License-Identifier: ISC */
#include "shown.h"

#include <pthread.h>

#include <glib.h>

/* Serials are given out one by one, but a damaged database may hold any: what
 * lies beyond this is not kept track of. */
enum { LIMIT = 1 << 28 };

struct shown {
	pthread_mutex_t lock; /* leaf */
	GByteArray *copies;   /* by serial, protected by lock */
	GByteArray *threads;  /* the same */
};

struct shown *shown_new(void)
{
	struct shown *shown = g_new0(struct shown, 1);

	(void)pthread_mutex_init(&shown->lock, NULL);
	shown->copies = g_byte_array_new();
	shown->threads = g_byte_array_new();
	return shown;
}

void shown_free(struct shown *shown)
{
	if (!shown)
		return;
	g_byte_array_unref(shown->copies);
	g_byte_array_unref(shown->threads);
	(void)pthread_mutex_destroy(&shown->lock);
	g_free(shown);
}

static void set(struct shown *shown, GByteArray *array, uint32_t serial,
		uint8_t value)
{
	if (serial >= LIMIT)
		return;
	(void)pthread_mutex_lock(&shown->lock);
	if (serial >= array->len) {
		guint old = array->len;

		g_byte_array_set_size(array, serial + 1 + serial / 8);
		for (guint i = old; i < array->len; i++)
			array->data[i] = 0;
	}
	array->data[serial] = value;
	(void)pthread_mutex_unlock(&shown->lock);
}

static uint8_t take_value(struct shown *shown, GByteArray *array,
			  uint32_t serial)
{
	uint8_t value = 0;

	(void)pthread_mutex_lock(&shown->lock);
	if (serial < array->len) {
		value = array->data[serial];
		array->data[serial] = 0;
	}
	(void)pthread_mutex_unlock(&shown->lock);
	return value;
}

void shown_copy(struct shown *shown, uint32_t copy, uint8_t face)
{
	set(shown, shown->copies, copy, face);
}

uint8_t shown_take_copy(struct shown *shown, uint32_t copy)
{
	return take_value(shown, shown->copies, copy);
}

void shown_thread(struct shown *shown, uint32_t thread)
{
	set(shown, shown->threads, thread, 1);
}

bool shown_take_thread(struct shown *shown, uint32_t thread)
{
	return take_value(shown, shown->threads, thread) != 0;
}
