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

TEST(what_is_kept_stays_until_it_is_dropped)
{
	AUTO(queries) struct queries *queries = queries_new();
	uint32_t kept = queries_keep(queries, "kept"), count = 0, at = 0;

	for (int i = 0; i < 200; i++)
		(void)add(queries, i);
	CHECK_INT(queries_find(queries, "kept"), kept);
	CHECK_INT(queries_keep(queries, "query 199"),
		  queries_find(queries, "query 199"));
	for (int i = 200; i < 400; i++)
		(void)add(queries, i);
	CHECK(queries_find(queries, "query 199") != 0);
	while ((at = queries_next(queries, at)) != 0)
		count++;
	CHECK_INT(count, 64 + 2);
	CHECK(queries_is_kept(queries, "kept"));
	CHECK(!queries_is_kept(queries, "query 399"));
	CHECK(!queries_is_kept(queries, "none"));
	queries_drop(queries, "kept");
	queries_drop(queries, "kept");
	CHECK_INT(queries_find(queries, "kept"), 0);
	CHECK(!queries_text(queries, kept));
}
