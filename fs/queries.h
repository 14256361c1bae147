/* SPDX-License-Identifier: ISC */
/* The queries that are directories below search/: at most 64 live that nobody
 * keeps, the least recently used goes. A query's number is its inode's. Any
 * worker. */
#ifndef DEFMS_QUERIES_H
#define DEFMS_QUERIES_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"

struct queries;

struct queries *queries_new(void);
void queries_free(struct queries *queries);
AUTO_KIND(queries, struct queries, queries_free)

/* The number of the query `text`, 0 if it is not live. */
uint32_t queries_find(struct queries *queries, const char *text);
/* The same, but it is made live. */
uint32_t queries_add(struct queries *queries, const char *text);
/* The same, and it stays live whatever comes. */
uint32_t queries_keep(struct queries *queries, const char *text);
bool queries_is_kept(struct queries *queries, const char *text);
/* It is no longer live. */
void queries_drop(struct queries *queries, const char *text);
/* The text of query `number`; NULL if it is not live. Caller frees. */
char *queries_text(struct queries *queries, uint32_t number);
/* The live query with the lowest number over `after`, 0 if none. */
uint32_t queries_next(struct queries *queries, uint32_t after);

#endif
