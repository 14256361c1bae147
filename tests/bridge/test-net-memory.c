/* SPDX-License-Identifier: ISC */
#include "net-memory.h"

#include <string.h>

#include "test.h"

TEST(memory_keeps_its_content_whatever_its_size_becomes)
{
	static const size_t sizes[] = { 100000, 30, 31, 1, 0, 5 };
	char *text = net_memory_copy("secret");

	CHECK_STR(text, "secret");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		text = net_memory_resized(text, sizes[i]);
		if (sizes[i] >= 7)
			CHECK_STR(text, "secret");
	}
	net_memory_free(text);
	net_memory_free(NULL);
	text = net_memory_resized(NULL, 4);
	memcpy(text, "abc", 4);
	CHECK_STR(text, "abc");
	net_memory_free(text);
}

TEST(memory_is_zeroed_where_it_is_to_be)
{
	static const char zero[300];
	char *block = net_memory_zeroed(100, 3);

	CHECK_MEM(block, zero, sizeof(zero));
	net_memory_free(block);
	block = net_memory_zeroed(0, 0);
	CHECK(block != NULL);
	net_memory_free(block);
}
