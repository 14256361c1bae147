/* SPDX-License-Identifier: ISC */
#include "queries.h"

#include <pthread.h>

#include <stdbool.h>
#include <string.h>

enum { LIVE = 64 };

struct query {
	uint32_t number;
	uint64_t used; /* by this count of uses */
	bool kept;
	char *text; /* owned */
};

struct queries {
	pthread_mutex_t lock; /* leaf */
	GPtrArray *live;      /* of struct query, by number; protected by lock,
			       * as are the next two */
	uint32_t last;
	uint64_t uses;
};

static void query_free(void *data)
{
	struct query *query = data;

	g_free(query->text);
	g_free(query);
}

struct queries *queries_new(void)
{
	struct queries *queries = g_new0(struct queries, 1);

	(void)pthread_mutex_init(&queries->lock, NULL);
	queries->live = g_ptr_array_new_with_free_func(query_free);
	return queries;
}

void queries_free(struct queries *queries)
{
	if (!queries)
		return;
	g_ptr_array_unref(queries->live);
	(void)pthread_mutex_destroy(&queries->lock);
	g_free(queries);
}

static struct query *find_text(struct queries *queries, const char *text)
{
	for (guint i = 0; i < queries->live->len; i++) {
		struct query *query = g_ptr_array_index(queries->live, i);

		if (strcmp(query->text, text) == 0)
			return query;
	}
	return NULL;
}

static struct query *find_number(struct queries *queries, uint32_t number)
{
	for (guint i = 0; i < queries->live->len; i++) {
		struct query *query = g_ptr_array_index(queries->live, i);

		if (query->number == number)
			return query;
	}
	return NULL;
}

/* Make room for one that nobody keeps. */
static void drop_oldest(struct queries *queries)
{
	struct query *oldest = NULL;
	guint others = 0;

	for (guint i = 0; i < queries->live->len; i++) {
		struct query *query = g_ptr_array_index(queries->live, i);

		others += !query->kept;
		if (!query->kept && (!oldest || query->used < oldest->used))
			oldest = query;
	}
	if (others >= LIVE)
		(void)g_ptr_array_remove(queries->live, oldest);
}

uint32_t queries_find(struct queries *queries, const char *text)
{
	struct query *query;
	uint32_t number = 0;

	(void)pthread_mutex_lock(&queries->lock);
	query = find_text(queries, text);
	if (query) {
		query->used = ++queries->uses;
		number = query->number;
	}
	(void)pthread_mutex_unlock(&queries->lock);
	return number;
}

static uint32_t add(struct queries *queries, const char *text, bool keep)
{
	struct query *query;
	uint32_t number;

	(void)pthread_mutex_lock(&queries->lock);
	query = find_text(queries, text);
	if (!query) {
		drop_oldest(queries);
		query = g_new0(struct query, 1);
		query->number = ++queries->last;
		query->text = g_strdup(text);
		g_ptr_array_add(queries->live, query);
	}
	query->used = ++queries->uses;
	query->kept |= keep;
	number = query->number;
	(void)pthread_mutex_unlock(&queries->lock);
	return number;
}

uint32_t queries_add(struct queries *queries, const char *text)
{
	return add(queries, text, false);
}

uint32_t queries_keep(struct queries *queries, const char *text)
{
	return add(queries, text, true);
}

bool queries_is_kept(struct queries *queries, const char *text)
{
	const struct query *query;
	bool kept;

	(void)pthread_mutex_lock(&queries->lock);
	query = find_text(queries, text);
	kept = query && query->kept;
	(void)pthread_mutex_unlock(&queries->lock);
	return kept;
}

void queries_drop(struct queries *queries, const char *text)
{
	struct query *query;

	(void)pthread_mutex_lock(&queries->lock);
	query = find_text(queries, text);
	if (query)
		(void)g_ptr_array_remove(queries->live, query);
	(void)pthread_mutex_unlock(&queries->lock);
}

char *queries_text(struct queries *queries, uint32_t number)
{
	struct query *query;
	char *text = NULL;

	(void)pthread_mutex_lock(&queries->lock);
	query = find_number(queries, number);
	if (query) {
		query->used = ++queries->uses;
		text = g_strdup(query->text);
	}
	(void)pthread_mutex_unlock(&queries->lock);
	return text;
}

uint32_t queries_next(struct queries *queries, uint32_t after)
{
	uint32_t next = 0;

	(void)pthread_mutex_lock(&queries->lock);
	for (guint i = 0; i < queries->live->len && next == 0; i++) {
		const struct query *query = g_ptr_array_index(queries->live, i);

		if (query->number > after)
			next = query->number;
	}
	(void)pthread_mutex_unlock(&queries->lock);
	return next;
}
