/* SPDX-License-Identifier: ISC */
#include "defms/config.h"

#include <errno.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "test.h"

static const char settings[] = "# a comment\n"
			       "[user]\n"
			       "\tname = Ada Example\n"
			       "\temail = ada@example.org\n"
			       "\tEmail = \"lovelace@example.net\" ; mine too\n"
			       "[Send]\n"
			       "\tdelay = 2k\n"
			       "\tdirect\n"
			       "[account \"Home.Sweet\"]\n"
			       "\timap = imaps://ada@example.org\n";

/* A configuration directory of our own that holds `text`; `folder_r` is the
 * caller's to remove. */
static struct config *open_with(const char *text, char **folder_r,
				struct err *err)
{
	AUTO(str) char *file = NULL;
	AUTO(str) char *parent = NULL;
	struct config *config = NULL;

	*folder_r = g_dir_make_tmp("defms-config-XXXXXX", NULL);
	(void)g_setenv("XDG_CONFIG_HOME", *folder_r, TRUE);
	file = config_file();
	parent = g_path_get_dirname(file);
	CHECK_INT(mkdir(parent, 0700), 0);
	if (text)
		CHECK_INT(io_write_file(file, text, strlen(text), err), 0);
	return config_open(&config, err) < 0 ? NULL : config;
}

static void remove_folder(const char *folder)
{
	AUTO(str) char *command = g_strdup_printf("rm -rf '%s'", folder);

	CHECK_INT(system(command), 0);
}

TEST(settings_are_found_as_git_finds_them)
{
	static const struct {
		const char *key, *value;
	} known[] = {
		{ "user.name", "Ada Example" },
		{ "USER.Name", "Ada Example" },
		{ "user.email", "lovelace@example.net" },
		{ "send.delay", "2k" },
		{ "send.direct", "true" },
		{ "account.Home.Sweet.imap", "imaps://ada@example.org" },
		{ "account.Home.Sweet.IMAP", "imaps://ada@example.org" },
		{ "account.home.sweet.imap", NULL },
		{ "user", NULL },
		{ "user.", NULL },
		{ "", NULL },
	};
	AUTO(config) struct config *config = NULL;
	AUTO(str) char *folder = NULL;
	struct err err;

	config = open_with(settings, &folder, &err);
	if (CHECK(config))
		for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
			CHECK_STR(config_get(config, known[i].key),
				  known[i].value);
	remove_folder(folder);
}

TEST(a_key_with_several_values_keeps_their_order)
{
	AUTO(config) struct config *config = NULL;
	AUTO(str) char *folder = NULL;
	AUTO(ptrs) GPtrArray *mails = NULL;
	AUTO(ptrs) GPtrArray *none = NULL;
	struct err err;

	config = open_with(settings, &folder, &err);
	mails = config_get_all(config, "user.email");
	none = config_get_all(config, "public.list");
	CHECK_INT(none->len, 0);
	if (CHECK_INT(mails->len, 2)) {
		CHECK_STR(mails->pdata[0], "ada@example.org");
		CHECK_STR(mails->pdata[1], "lovelace@example.net");
	}
	remove_folder(folder);
}

TEST(sections_are_listed_in_the_order_of_the_file)
{
	AUTO(str) char *folder = NULL;
	struct err err;
	AUTO(config)
	struct config *config = open_with("[account \"b\"]\nx = 1\ny = 2\n"
					  "[account]\nx = 1\n"
					  "[accounts \"c\"]\nx = 1\n"
					  "[Account \"a.d\"]\nx = 1\n"
					  "[account \"B\"]\nx = 1\n"
					  "[account \"b\"]\nz = 1\n",
					  &folder, &err);
	AUTO(ptrs) GPtrArray *names = NULL;

	if (!CHECK(config))
		return;
	names = config_sections(config, "account");
	if (CHECK_INT(names->len, 3)) {
		CHECK_STR(names->pdata[0], "b");
		CHECK_STR(names->pdata[1], "a.d");
		CHECK_STR(names->pdata[2], "B");
	}
	remove_folder(folder);
}

TEST(without_addresses_of_its_own_the_user_has_those_of_the_accounts)
{
	static const struct {
		const char *text, *first;
		guint count;
	} known[] = {
		{ "[account \"a\"]\nemail = a@x\nemail = b@x\n"
		  "[account \"c\"]\nimap = x\n"
		  "[account \"d\"]\nemail = d@x\n",
		  "b@x", 2 },
		{ "[account \"a\"]\nemail = a@x\n[user]\nemail = u@x\n", "u@x",
		  1 },
		{ "[account \"a\"]\nimap = x\n", NULL, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *folder = NULL;
		struct err err;
		AUTO(config)
		struct config *config = open_with(known[i].text, &folder, &err);
		AUTO(ptrs) GPtrArray *mails = NULL;

		if (!CHECK(config))
			continue;
		mails = config_get_all(config, "user.email");
		if (CHECK_INT(mails->len, known[i].count) && mails->len > 0)
			CHECK_STR(mails->pdata[0], known[i].first);
		remove_folder(folder);
	}
}

TEST(no_file_is_no_settings)
{
	AUTO(config) struct config *config = NULL;
	AUTO(str) char *folder = NULL;
	struct err err;

	config = open_with(NULL, &folder, &err);
	if (CHECK(config))
		CHECK_STR(config_get(config, "user.name"), NULL);
	remove_folder(folder);
}

TEST(a_file_that_git_cannot_read_is_refused)
{
	static const char *const bad[] = { "[user\nname = x\n", "[user]\n= x\n",
					   "\x7f\x45LF\x02" };
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(str) char *folder = NULL;

		err.code = 0;
		CHECK(!open_with(bad[i], &folder, &err));
		CHECK_INT(err.code, EINVAL);
		CHECK(strlen(err.text) > 0 && !strchr(err.text, '\n'));
		remove_folder(folder);
	}
}

TEST(what_is_added_is_read_back_beside_what_was_there)
{
	static const char *const added[] = {
		"name",  "O'Hara \"Red\" \\ # ; x", "name", " Zo\xc3\xab ",
		"email", "a=b@example.org",         NULL,
	};
	const char *const want[] = { "x", added[1], added[3] };
	AUTO(config) struct config *before = NULL;
	AUTO(config) struct config *after = NULL;
	AUTO(ptrs) GPtrArray *got = NULL;
	AUTO(str) char *folder = NULL;
	struct err err;

	before = open_with("[User]\n\tname = x", &folder, &err);
	CHECK_INT(config_add("user", added, &err), 0);
	CHECK_STR(config_get(before, "user.email"), NULL);
	if (CHECK(config_open(&after, &err) == 0)) {
		got = config_get_all(after, "user.name");
		CHECK_INT(got->len, G_N_ELEMENTS(want));
		for (guint i = 0; i < got->len; i++)
			CHECK_STR(got->pdata[i], want[i]);
		CHECK_STR(config_get(after, "user.email"), added[5]);
	}
	remove_folder(folder);
}

TEST(a_new_file_is_its_owners_alone)
{
	static const char *const added[] = { "name", "Ada", NULL };
	AUTO(str) char *folder = g_dir_make_tmp("defms-config-XXXXXX", NULL);
	AUTO(str) char *path = NULL;
	struct stat st;
	struct err err;

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	CHECK_INT(config_add("user", added, &err), 0);
	path = config_file();
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	remove_folder(folder);
}

TEST(an_override_replaces_all_values)
{
	static const char *const bad[] = { "",     "delay=1", "send=1", "=1",
					   ".x=1", "send.=1", "a.b" };
	AUTO(config) struct config *config = NULL;
	AUTO(str) char *folder = NULL;
	AUTO(ptrs) GPtrArray *mails = NULL;
	struct err err;

	config = open_with(settings, &folder, &err);
	CHECK_INT(config_override(config, "User.EMAIL=a=b", &err), 0);
	mails = config_get_all(config, "user.email");
	CHECK_INT(mails->len, 1);
	CHECK_STR(config_get(config, "user.email"), "a=b");
	CHECK_INT(config_override(config, "new.key=", &err), 0);
	CHECK_STR(config_get(config, "new.key"), "");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		CHECK_INT(config_override(config, bad[i], &err), -1);
		CHECK_INT(err.code, EINVAL);
	}
	remove_folder(folder);
}

TEST(integers_have_suffixes_and_bounds)
{
	static const int64_t range[2] = { 0, 4096 };
	static const struct {
		const char *assignment;
		int result;
		int64_t value;
	} known[] = {
		{ "send.delay=0", 0, 0 },
		{ "send.delay=4k", 0, 4096 },
		{ "send.delay=4097", -1, 0 },
		{ "send.delay=-1", -1, 0 },
		{ "send.delay=soon", -1, 0 },
		{ "send.delay=1 0", -1, 0 },
		{ "send.delay=", -1, 0 },
		{ "send.delay=99999999999999999999", -1, 0 },
	};
	AUTO(config) struct config *config = NULL;
	AUTO(str) char *folder = NULL;
	int64_t value = 0;
	struct err err;

	config = open_with(settings, &folder, &err);
	CHECK_INT(config_get_int(config, "gc.keep", range, 30, &value, &err),
		  0);
	CHECK_INT(value, 30);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		value = 0;
		CHECK_INT(config_override(config, known[i].assignment, &err),
			  0);
		CHECK_INT(config_get_int(config, "send.delay", range, 7, &value,
					 &err),
			  known[i].result);
		CHECK_INT(value, known[i].value);
	}
	remove_folder(folder);
}

TEST(paths_are_absolute_whatever_the_environment_says)
{
	static const struct {
		const char *home, *data, *want;
	} known[] = {
		{ "/tmp/x", "/data", "/tmp/x" },
		{ "/tmp/../x/", "/data", "/x" },
		{ NULL, "/data", "/data/defms" },
		{ "", "/data", "/data/defms" },
		{ NULL, "data", "/home/ada/.local/share/defms" },
		{ NULL, NULL, "/home/ada/.local/share/defms" },
		{ "x", NULL, "/usr/x" },
	};
	AUTO(str) char *here = g_get_current_dir();

	CHECK_INT(chdir("/usr"), 0);
	(void)g_setenv("HOME", "/home/ada", TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *got = NULL;

		g_unsetenv("DEFMS_HOME");
		g_unsetenv("XDG_DATA_HOME");
		if (known[i].home)
			(void)g_setenv("DEFMS_HOME", known[i].home, TRUE);
		if (known[i].data)
			(void)g_setenv("XDG_DATA_HOME", known[i].data, TRUE);
		got = config_home();
		CHECK_STR(got, known[i].want);
	}
	CHECK_INT(chdir(here), 0);
}
