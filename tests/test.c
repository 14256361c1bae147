/* SPDX-License-Identifier: ISC */
#include "test.h"

static struct test *first, **last = &first;
static int failures;

void test_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

int test_failures(void)
{
	return failures;
}

int test_check(const char *file, int line, const char *what, int ok)
{
	if (!ok) {
		printf("# %s:%d: not so: %s\n", file, line, what);
		failures++;
	}
	return ok;
}

int test_check_int(const char *file, int line, const char *what, intmax_t got,
		   intmax_t want)
{
	if (got == want)
		return 1;
	printf("# %s:%d: %s is %" PRIdMAX ", want %" PRIdMAX "\n", file, line,
	       what, got, want);
	failures++;
	return 0;
}

int test_check_str(const char *file, int line, const char *what,
		   const char *got, const char *want)
{
	if (got == want || (got && want && strcmp(got, want) == 0))
		return 1;
	printf("# %s:%d: %s is \"%s\", want \"%s\"\n", file, line, what,
	       got ? got : "(null)", want ? want : "(null)");
	failures++;
	return 0;
}

static void print_hex(const char *label, const void *data, size_t size)
{
	printf("#   %s ", label);
	for (size_t i = 0; i < size && i < 64; i++)
		printf("%02x", ((const unsigned char *)data)[i]);
	printf("%s\n", size > 64 ? "..." : "");
}

int test_check_mem(const char *file, int line, const char *what,
		   const void *got, const void *want, size_t size)
{
	if (size == 0 || memcmp(got, want, size) == 0)
		return 1;
	printf("# %s:%d: %s differs\n", file, line, what);
	print_hex("got ", got, size);
	print_hex("want", want, size);
	failures++;
	return 0;
}

int main(int argc, char **argv)
{
	int number = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *test = first; test; test = test->next) {
		int before = failures;

		if (argc > 1 && strcmp(argv[1], test->name) != 0)
			continue;
		test->run();
		number++;
		failed += failures != before;
		printf("%sok %d - %s\n", failures != before ? "not " : "",
		       number, test->name);
	}
	printf("1..%d\n", number);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
