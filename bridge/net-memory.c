/* SPDX-License-Identifier: ISC */
#include "net-memory.h"

#include <malloc.h>
#include <string.h>

#include <glib.h>

void *net_memory_new(size_t size)
{
	return g_malloc(MAX(size, 1));
}

void *net_memory_zeroed(size_t count, size_t size)
{
	return g_malloc0_n(MAX(count, 1), MAX(size, 1));
}

void *net_memory_resized(void *memory, size_t size)
{
	size_t old = memory ? malloc_usable_size(memory) : 0;
	void *resized = net_memory_new(size);

	if (old > 0)
		memcpy(resized, memory, MIN(old, size));
	net_memory_free(memory);
	return resized;
}

char *net_memory_copy(const char *text)
{
	return g_strdup(text);
}

void net_memory_free(void *memory)
{
	if (!memory)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	g_free(memory);
}
