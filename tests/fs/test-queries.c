/* SPDX-License-Identifier: ISC */
#include "queries.h"

#include "test.h"

static uint32_t add(struct queries *queries, int n)
{
	AUTO(str) char *text = g_strdup_printf("query %d", n);

	return queries_add(queries, text);
}

TEST(a_query_keeps_its_number)
{
	AUTO(queries) struct queries *queries = queries_new();
	uint32_t number = queries_add(queries, "linux");
	AUTO(str) char *text = queries_text(queries, number);

	CHECK(number != 0);
	CHECK_INT(queries_add(queries, "linux"), number);
	CHECK_INT(queries_find(queries, "linux"), number);
	CHECK_INT(queries_find(queries, "lin"), 0);
	CHECK_STR(text, "linux");
	CHECK(!queries_text(queries, number + 1));
	CHECK(!queries_text(queries, 0));
}

TEST(sixty_four_live_and_the_least_recently_used_goes)
{
	AUTO(queries) struct queries *queries = queries_new();
	uint32_t first = add(queries, 0), count = 0, at = 0;

	for (int i = 1; i < 64; i++)
		(void)add(queries, i);
	CHECK_INT(add(queries, 0), first);
	(void)add(queries, 64);
	CHECK_INT(queries_find(queries, "query 0"), first);
	CHECK_INT(queries_find(queries, "query 1"), 0);
	while ((at = queries_next(queries, at)) != 0)
		count++;
	CHECK_INT(count, 64);
}
