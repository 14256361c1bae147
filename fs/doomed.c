/* SPDX-License-Identifier: ISC */
#include "doomed.h"

#include <pthread.h>

#include <glib.h>

enum {
	KEPT = 600,  /* seconds: somebody may be asked about each file */
	MANY = 4096, /* of them; then those that are too old go */
};

struct doom {
	int64_t serial;
	gint64 when;
	bool whole;
};

struct doomed {
	pthread_mutex_t lock; /* leaf */
	GHashTable *dooms;    /* owned: struct doom, protected by lock */
};

struct doomed *doomed_new(void)
{
	struct doomed *doomed = g_new0(struct doomed, 1);

	(void)pthread_mutex_init(&doomed->lock, NULL);
	doomed->dooms = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
					      g_free);
	return doomed;
}

void doomed_free(struct doomed *doomed)
{
	if (!doomed)
		return;
	g_hash_table_unref(doomed->dooms);
	(void)pthread_mutex_destroy(&doomed->lock);
	g_free(doomed);
}

static gboolean is_old(gpointer key, gpointer value, gpointer data)
{
	const struct doom *doom = value;
	const gint64 *now = data;

	(void)key;
	return *now - doom->when > KEPT * G_USEC_PER_SEC;
}

static struct doom *find(struct doomed *doomed, int64_t serial)
{
	struct doom *doom = g_hash_table_lookup(doomed->dooms, &serial);
	gint64 now = g_get_monotonic_time();

	return doom && !is_old(NULL, doom, &now) ? doom : NULL;
}

void doomed_note(struct doomed *doomed, int64_t serial, bool whole)
{
	gint64 now = g_get_monotonic_time();
	struct doom *doom;

	(void)pthread_mutex_lock(&doomed->lock);
	doom = find(doomed, serial);
	if (!doom) {
		if (g_hash_table_size(doomed->dooms) >= MANY)
			(void)g_hash_table_foreach_remove(doomed->dooms, is_old,
							  &now);
		doom = g_new0(struct doom, 1);
		doom->serial = serial;
		(void)g_hash_table_replace(doomed->dooms, &doom->serial, doom);
	}
	doom->when = now;
	doom->whole |= whole;
	(void)pthread_mutex_unlock(&doomed->lock);
}

bool doomed_has(struct doomed *doomed, int64_t serial)
{
	bool has;

	(void)pthread_mutex_lock(&doomed->lock);
	has = find(doomed, serial) != NULL;
	(void)pthread_mutex_unlock(&doomed->lock);
	return has;
}

bool doomed_take(struct doomed *doomed, int64_t serial)
{
	const struct doom *doom;
	bool whole;

	(void)pthread_mutex_lock(&doomed->lock);
	doom = find(doomed, serial);
	whole = doom && doom->whole;
	if (whole)
		(void)g_hash_table_remove(doomed->dooms, &serial);
	(void)pthread_mutex_unlock(&doomed->lock);
	return whole;
}
