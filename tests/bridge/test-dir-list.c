/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "remote-dir.h"
#include "store-test.h"

#define DEVICE "00112233445566778899aabbccddeeff"
#define HAND DEVICE "-0123cdef"

TEST(names_say_whose_and_which)
{
	static const struct {
		const char *name;
		uint64_t number; /* 0: no such name */
	} known[] = {
		{ HAND "-1.car", 1 },
		{ HAND "-20.car", 20 },
		{ HAND "-999999999999999999.car", 999999999999999999 },
		{ HAND "-1000000000000000000.car", 0 },
		{ HAND "-0.car", 0 },
		{ HAND "-01.car", 0 },
		{ HAND "-.car", 0 },
		{ HAND "-1", 0 },
		{ HAND "-1.carx", 0 },
		{ HAND "-1 (copy).car", 0 },
		{ HAND "1.car", 0 },
		{ HAND, 0 },
		{ DEVICE "-1.car", 0 },
		{ DEVICE "-0123cde-1.car", 0 },
		{ DEVICE "-0123CDEF-1.car", 0 },
		{ DEVICE "0-123cdef-1.car", 0 },
		{ DEVICE, 0 },
		{ "", 0 },
		{ "X0112233445566778899aabbccddeeff-0123cdef-1.car", 0 },
		{ "1.car", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct dir_hand hand;
		uint64_t number = 0;
		bool is = dir_parse_name(known[i].name, &hand, &number);
		AUTO(str) char *again = NULL;

		CHECK_INT(is, known[i].number > 0);
		if (!is)
			continue;
		CHECK_INT(number, known[i].number);
		again = dir_print_name(&hand, number);
		CHECK_STR(again, known[i].name);
	}
}

TEST(only_files_are_listed_and_by_name)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(array) GArray *files = NULL;
	AUTO(fd) int fd = -1;
	struct err err = { 0 };
	const struct dir_file *file;

	CHECK_INT(shell("cd %s && echo x >b.car && echo xy >%s-2.car &&"
			" mkdir d.car && ln -s b.car l.car && echo x >.h.car"
			" && echo x >a.txt",
			folder, HAND),
		  0);
	CHECK_INT(dir_open(folder, &fd, &err), 0);
	CHECK_INT(dir_list(fd, &files, &err), 0);
	if (!CHECK_INT(files->len, 2))
		return;
	file = &g_array_index(files, struct dir_file, 0);
	CHECK_STR(file->seen.name, HAND "-2.car");
	CHECK(file->is_numbered);
	CHECK_INT(file->number, 2);
	CHECK_INT(file->seen.size, 3);
	file = &g_array_index(files, struct dir_file, 1);
	CHECK_STR(file->seen.name, "b.car");
	CHECK(!file->is_numbered);
}

TEST(a_folder_that_is_not_there_may_be_later)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "x", NULL);
	int fd = -1;
	struct err err = { 0 };

	CHECK_INT(dir_open(path, &fd, &err), -1);
	CHECK(err_is_temporary(&err));
}

TEST(rows_are_found_by_name)
{
	static const char *const names[] = { "a", "b", "c-1", "c-10", "d" };
	AUTO(array)
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(struct state_file));

	CHECK(!dir_find_row(rows, "a"));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct state_file row = { .size = (int64_t)i };

		(void)g_strlcpy(row.name, names[i], sizeof(row.name));
		(void)g_array_append_val(rows, row);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct state_file *row = dir_find_row(rows, names[i]);

		CHECK(row && row->size == (int64_t)i);
	}
	CHECK(!dir_find_row(rows, "c"));
}
