/* SPDX-License-Identifier: ISC */
/* Memory for libcurl, which copies passwords: wiped when it is freed. The five
 * are those of stdlib.h. What it keeps for as long as a connection lasts, three
 * copies, goes with that. */
#ifndef BRIDGE_NET_MEMORY_H
#define BRIDGE_NET_MEMORY_H

#include <stddef.h>

void *net_memory_new(size_t size);
void *net_memory_zeroed(size_t count, size_t size);
void *net_memory_resized(void *memory, size_t size);
char *net_memory_copy(const char *text);
void net_memory_free(void *memory);

#endif
