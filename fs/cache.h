/* SPDX-License-Identifier: ISC */
/* Bytes by a 64-bit key, the least recently used go first. Any worker. */
#ifndef DEFMS_CACHE_H
#define DEFMS_CACHE_H

#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"

struct cache;

/* Holds at most `limit` bytes, and no more than `largest` under one key. */
struct cache *cache_new(size_t limit, size_t largest);
void cache_free(struct cache *cache);
AUTO_KIND(cache, struct cache, cache_free)
AUTO_KIND(gbytes, GBytes, g_bytes_unref)

/* The bytes of `key`, or NULL. Caller unrefs. */
GBytes *cache_get(struct cache *cache, uint64_t key);

/* Keep `bytes`, if they are not too many. */
void cache_put(struct cache *cache, uint64_t key, GBytes *bytes);

#endif
