/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sys/stat.h>

#include "defms/config.h"
#include "defms/io.h"
#include "store-test.h"

static void check_removed(const char *before, int result, const char *after)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *file = NULL;
	AUTO(str) char *parent = NULL;
	AUTO(str) char *left = NULL;
	struct err err = { 0 };

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	file = config_file();
	parent = g_path_get_dirname(file);
	CHECK_INT(mkdir(parent, 0700), 0);
	CHECK_INT(io_write_file(file, before, strlen(before), &err), 0);
	CHECK_INT(config_remove("remote \"pool\"", &err), result);
	CHECK(g_file_get_contents(file, &left, NULL, NULL));
	CHECK_STR(left, after);
}

TEST(a_section_goes_and_all_else_stays)
{
	check_removed("# mine\n[user]\n\tname = Ada\n\n"
		      "[remote \"pool\"]\n\turl = dir:/x\n# of it\n"
		      "[remote \"pool2\"]\n\turl = dir:/y\n",
		      1,
		      "# mine\n[user]\n\tname = Ada\n\n"
		      "[remote \"pool2\"]\n\turl = dir:/y\n");
}

TEST(every_section_of_the_name_goes)
{
	check_removed("[remote \"pool\"] url = dir:/x\n[a]\nb = 1\n"
		      "  [remote \"pool\"]\nfor = all",
		      1, "[a]\nb = 1\n");
}

TEST(what_only_looks_like_one_stays)
{
	static const char text[] = "[a]\nb = x \\\n[remote \"pool\"]\n"
				   "# [remote \"pool\"]\n[remote \"POOL\"]\n";

	check_removed(text, 0, text);
	check_removed("", 0, "");
}

TEST(without_a_file_there_is_none)
{
	AUTO(folder) char *folder = folder_new();
	struct err err = { 0 };

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	CHECK_INT(config_remove("remote \"pool\"", &err), 0);
}
