/* SPDX-License-Identifier: ISC */
#include "fresh.h"

#include <pthread.h>

#include <glib.h>

enum {
	CUR = 1 << 0,
	NEW = 1 << 1,
	TMP = 1 << 2,
	MANY = 4096, /* folders; then all are forgotten */
};

struct fresh {
	pthread_mutex_t lock; /* leaf */
	GHashTable *parts;    /* owned: folder -> bits, protected by lock */
};

struct fresh *fresh_new(void)
{
	struct fresh *fresh = g_new0(struct fresh, 1);

	(void)pthread_mutex_init(&fresh->lock, NULL);
	fresh->parts = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					     g_free, NULL);
	return fresh;
}

void fresh_free(struct fresh *fresh)
{
	if (!fresh)
		return;
	g_hash_table_unref(fresh->parts);
	(void)pthread_mutex_destroy(&fresh->lock);
	g_free(fresh);
}

static unsigned bit_of(struct node part)
{
	if (part.kind == NODE_FOLDER_CUR)
		return CUR;
	if (part.kind == NODE_FOLDER_NEW)
		return NEW;
	return part.kind == NODE_FOLDER_TMP ? TMP : 0;
}

/* `lock` is held. */
static unsigned bits_of(struct fresh *fresh, int64_t folder)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(fresh->parts, &folder));
}

static void set_bits(struct fresh *fresh, int64_t folder, unsigned bits)
{
	if (bits == 0)
		(void)g_hash_table_remove(fresh->parts, &folder);
	else
		(void)g_hash_table_replace(fresh->parts,
					   g_memdup2(&folder, sizeof(folder)),
					   GUINT_TO_POINTER(bits));
}

void fresh_note(struct fresh *fresh, int64_t folder)
{
	(void)pthread_mutex_lock(&fresh->lock);
	if (g_hash_table_size(fresh->parts) >= MANY)
		g_hash_table_remove_all(fresh->parts);
	set_bits(fresh, folder, CUR | NEW | TMP);
	(void)pthread_mutex_unlock(&fresh->lock);
}

bool fresh_any(struct fresh *fresh, int64_t folder)
{
	bool any;

	(void)pthread_mutex_lock(&fresh->lock);
	any = bits_of(fresh, folder) != 0;
	(void)pthread_mutex_unlock(&fresh->lock);
	return any;
}

bool fresh_has(struct fresh *fresh, struct node part)
{
	bool has;

	(void)pthread_mutex_lock(&fresh->lock);
	has = (bits_of(fresh, part.serial) & bit_of(part)) != 0;
	(void)pthread_mutex_unlock(&fresh->lock);
	return has;
}

bool fresh_take(struct fresh *fresh, struct node part)
{
	unsigned bits;

	(void)pthread_mutex_lock(&fresh->lock);
	bits = bits_of(fresh, part.serial);
	if (bits & bit_of(part))
		set_bits(fresh, part.serial, bits & ~bit_of(part));
	(void)pthread_mutex_unlock(&fresh->lock);
	return (bits & bit_of(part)) != 0;
}
