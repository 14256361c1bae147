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

/* A backslash continues a value, but not a comment: the section after it went
 * too. */
TEST(a_comment_ends_with_its_line)
{
	check_removed("[remote \"pool\"]\n\turl = dir:/x\n# was C:\\pool\\\n"
		      "[user]\n\tname = Ada\n",
		      1, "[user]\n\tname = Ada\n");
	check_removed("[remote \"pool\"]\n\turl = dir:/x ; C:\\pool\\\r\n"
		      "[user]\n",
		      1, "[user]\n");
	check_removed("; see \\\n[remote \"pool\"]\n\turl = dir:/x\n", 1,
		      "; see \\\n");
	check_removed("[remote \"pool\"]\n\turl = \"a\\\\\" # x\\\n[a]\n", 1,
		      "[a]\n");
	/* No comment: in quotes, also over the end of a line. */
	check_removed("[remote \"pool\"]\n\turl = \"#\\\n;\\\n[user]\"\n[a]\n",
		      1, "[a]\n");
}

TEST(a_section_is_found_however_it_is_written)
{
	check_removed("[Remote \"pool\"]\nurl = a\n[REMOTE\t \"pool\" ]\n"
		      "[remote  \"pool\"]\nurl = b\n[remote \"Pool\"]\n",
		      1, "[REMOTE\t \"pool\" ]\n[remote \"Pool\"]\n");
}

TEST(without_a_file_there_is_none)
{
	AUTO(folder) char *folder = folder_new();
	struct err err = { 0 };

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	CHECK_INT(config_remove("remote \"pool\"", &err), 0);
}
