/* SPDX-License-Identifier: ISC */
#include "run-settings.h"

#include <errno.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "store-test.h"

#define ACCOUNT                                                                \
	"[account \"home\"]\nimap = imaps://ada@imap.example.org\n"            \
	"passwordCommand = true\n"

static void write_settings(const char *text)
{
	AUTO(str) char *path = config_file();
	AUTO(str) char *folder = g_path_get_dirname(path);
	AUTO(str) char *other = g_strconcat(path, ".new", NULL);

	(void)mkdir(folder, 0700);
	CHECK_INT(io_write_file(other, text, strlen(text), NULL), 0);
	CHECK_INT(rename(other, path), 0);
}

static void remove_settings(void)
{
	AUTO(str) char *path = config_file();

	CHECK_INT(g_remove(path), 0);
}

static const char *host_of(const struct run_settings *settings)
{
	return config_get(run_settings_config(settings), "account.home.imap");
}

TEST(settings_are_read_again_once_when_their_file_is_another)
{
	char *folder = folder_new();
	AUTO(config) struct config *config = NULL;
	AUTO(run_settings) struct run_settings *settings = NULL;
	AUTO(run_settings) struct run_settings *fresh = NULL;
	AUTO(run_settings) struct run_settings *none = NULL;
	struct err err;

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	write_settings(ACCOUNT);
	CHECK_INT(config_open(&config, &err), 0);
	settings = run_settings_new(config);
	CHECK_STR(host_of(settings), "imaps://ada@imap.example.org");
	CHECK(run_settings_config(settings) == config);
	CHECK_INT(run_settings_look(settings, &fresh, &err), 0);

	write_settings("[account \"home\n");
	CHECK_INT(run_settings_look(settings, &fresh, &err), -1);
	CHECK_INT(err.code, EINVAL);
	CHECK_INT(run_settings_look(settings, &fresh, &err), 0);
	CHECK_STR(host_of(settings), "imaps://ada@imap.example.org");

	write_settings("[account \"home\"]\nimap = imaps://a@other.example\n");
	CHECK_INT(run_settings_look(settings, &fresh, &err), 1);
	CHECK_STR(host_of(fresh), "imaps://a@other.example");
	CHECK(run_settings_config(fresh) != config);
	CHECK_STR(host_of(settings), "imaps://ada@imap.example.org");
	CHECK_INT(run_settings_look(fresh, &none, &err), 0);
	write_settings("");
	CHECK_INT(run_settings_look(fresh, &none, &err), 1);
	CHECK(!host_of(none));
	remove_settings();
	CHECK_INT(run_settings_look(fresh, &none, &err), 0);
	folder_free(folder);
}
