/* SPDX-License-Identifier: ISC */
/* A test program: TEST(name) { ... } as often as wanted, no list, no main.
 *
 *	TEST(an_empty_list_has_no_first)
 *	{
 *		CHECK(!list_first(NULL));
 *	}
 *
 * A failed CHECK prints both values and goes on. Output is TAP. An argument
 * names the only test to run. */
#ifndef DEFMS_TEST_H
#define DEFMS_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

/* For TEST(). */
void test_register(struct test *test);

#define TEST(id)                                                               \
	static void test_##id(void);                                           \
	__attribute__((constructor)) static void test_register_##id(void)      \
	{                                                                      \
		static struct test entry = { #id, test_##id, NULL };           \
		test_register(&entry);                                         \
	}                                                                      \
	static void test_##id(void)

#define CHECK(condition)                                                       \
	test_check(__FILE__, __LINE__, #condition, !!(condition))
#define CHECK_INT(got, want)                                                   \
	test_check_int(__FILE__, __LINE__, #got, (intmax_t)(got),              \
		       (intmax_t)(want))
#define CHECK_STR(got, want)                                                   \
	test_check_str(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_MEM(got, want, size)                                             \
	test_check_mem(__FILE__, __LINE__, #got, (got), (want), (size))

/* So many of them have failed. */
int test_failures(void);

/* What is behind the macros: true if it holds. */
int test_check(const char *file, int line, const char *what, int ok);
int test_check_int(const char *file, int line, const char *what, intmax_t got,
		   intmax_t want);
int test_check_str(const char *file, int line, const char *what,
		   const char *got, const char *want);
int test_check_mem(const char *file, int line, const char *what,
		   const void *got, const void *want, size_t size);

#endif
