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

static struct test *test_first, **test_last = &test_first;
static int test_failures;

#define TEST(id)                                                               \
	static void test_##id(void);                                           \
	__attribute__((constructor)) static void test_register_##id(void)      \
	{                                                                      \
		static struct test entry = { #id, test_##id, NULL };           \
		*test_last = &entry;                                           \
		test_last = &entry.next;                                       \
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

__attribute__((unused)) static int test_check(const char *file, int line,
					      const char *what, int ok)
{
	if (!ok) {
		printf("# %s:%d: not so: %s\n", file, line, what);
		test_failures++;
	}
	return ok;
}

__attribute__((unused)) static int test_check_int(const char *file, int line,
						  const char *what,
						  intmax_t got, intmax_t want)
{
	if (got == want)
		return 1;
	printf("# %s:%d: %s is %" PRIdMAX ", want %" PRIdMAX "\n", file, line,
	       what, got, want);
	test_failures++;
	return 0;
}

__attribute__((unused)) static int test_check_str(const char *file, int line,
						  const char *what,
						  const char *got,
						  const char *want)
{
	if (got == want || (got && want && strcmp(got, want) == 0))
		return 1;
	printf("# %s:%d: %s is \"%s\", want \"%s\"\n", file, line, what,
	       got ? got : "(null)", want ? want : "(null)");
	test_failures++;
	return 0;
}

static void test_print_hex(const char *label, const void *data, size_t size)
{
	printf("#   %s ", label);
	for (size_t i = 0; i < size && i < 64; i++)
		printf("%02x", ((const unsigned char *)data)[i]);
	printf("%s\n", size > 64 ? "..." : "");
}

__attribute__((unused)) static int test_check_mem(const char *file, int line,
						  const char *what,
						  const void *got,
						  const void *want, size_t size)
{
	if (size == 0 || memcmp(got, want, size) == 0)
		return 1;
	printf("# %s:%d: %s differs\n", file, line, what);
	test_print_hex("got ", got, size);
	test_print_hex("want", want, size);
	test_failures++;
	return 0;
}

int main(int argc, char **argv)
{
	int number = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *test = test_first; test; test = test->next) {
		int before = test_failures;

		if (argc > 1 && strcmp(argv[1], test->name) != 0)
			continue;
		test->run();
		number++;
		failed += test_failures != before;
		printf("%sok %d - %s\n", test_failures != before ? "not " : "",
		       number, test->name);
	}
	printf("1..%d\n", number);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
