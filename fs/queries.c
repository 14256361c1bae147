/* SPDX-License-Identifier: ISC */
#include "queries.h"

#include <pthread.h>

#include <string.h>

enum { LIVE = 64 };

struct query {
	uint32_t number; /* 0: free */
	uint64_t used;   /* by this count of uses */
	char *text;      /* owned */
};

struct queries {
	pthread_mutex_t lock;    /* leaf */
	struct query live[LIVE]; /* protected by lock, as are the next two */
	uint32_t last;
	uint64_t uses;
};

struct queries *queries_new(void)
{
	struct queries *queries = g_new0(struct queries, 1);

	(void)pthread_mutex_init(&queries->lock, NULL);
	return queries;
}

static void query_clear(struct query *query)
{
	g_free(query->text);
	memset(query, 0, sizeof(*query));
}

void queries_free(struct queries *queries)
{
	if (!queries)
		return;
	for (size_t i = 0; i < LIVE; i++)
		query_clear(&queries->live[i]);
	(void)pthread_mutex_destroy(&queries->lock);
	g_free(queries);
}

static struct query *find_text(struct queries *queries, const char *text)
{
	for (size_t i = 0; i < LIVE; i++)
		if (queries->live[i].number &&
		    strcmp(queries->live[i].text, text) == 0)
			return &queries->live[i];
	return NULL;
}

static struct query *find_number(struct queries *queries, uint32_t number)
{
	for (size_t i = 0; i < LIVE; i++)
		if (queries->live[i].number == number && number != 0)
			return &queries->live[i];
	return NULL;
}

static struct query *oldest(struct queries *queries)
{
	struct query *query = &queries->live[0];

	for (size_t i = 1; i < LIVE; i++)
		if (queries->live[i].used < query->used)
			query = &queries->live[i];
	return query;
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

uint32_t queries_add(struct queries *queries, const char *text)
{
	struct query *query;
	uint32_t number;

	(void)pthread_mutex_lock(&queries->lock);
	query = find_text(queries, text);
	if (!query) {
		query = oldest(queries);
		query_clear(query);
		query->number = ++queries->last;
		query->text = g_strdup(text);
	}
	query->used = ++queries->uses;
	number = query->number;
	(void)pthread_mutex_unlock(&queries->lock);
	return number;
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
	for (size_t i = 0; i < LIVE; i++) {
		uint32_t number = queries->live[i].number;

		if (number > after && (next == 0 || number < next))
			next = number;
	}
	(void)pthread_mutex_unlock(&queries->lock);
	return next;
}
