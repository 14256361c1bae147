/* SPDX-License-Identifier: ISC */
#include "defms/remote.h"

#include <errno.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "store-test.h"

/* The remotes of these settings; NULL and `err`. */
static GPtrArray *list(const char *text, struct err *err)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(config) struct config *config = NULL;
	AUTO(str) char *file = NULL;
	AUTO(str) char *parent = NULL;
	GPtrArray *remotes = NULL;

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	file = config_file();
	parent = g_path_get_dirname(file);
	CHECK_INT(mkdir(parent, 0700), 0);
	CHECK_INT(io_write_file(file, text, strlen(text), err), 0);
	CHECK_INT(config_open(&config, err), 0);
	return remote_list(config, &remotes, err) < 0 ? NULL : remotes;
}

TEST(remotes_are_read_with_all_that_they_say)
{
	struct err err = { 0 };
	AUTO(ptrs)
	GPtrArray *remotes =
		list("[remote \"pool\"]\n"
		     "url = dir:/srv/pool\n"
		     "for = bob@example.net\n"
		     "[remote \"list.1\"]\n"
		     "url = git:ssh://git@example.org/list.git\n"
		     "for = public\n"
		     "from = 3f6czjuxrwxuiap3jmms6ucvkkbc4luu\n"
		     "from = any\n"
		     "limit = 2m\n"
		     "[remote \"back\"]\n"
		     "url = \"ipfs:http://127.0.0.1:5001#k51abc\"\n"
		     "for = all\n",
		     &err);
	const struct remote *remote;

	if (!CHECK(remotes))
		return;
	CHECK_INT(remotes->len, 3);
	remote = remotes->pdata[0];
	CHECK_STR(remote->name, "pool");
	CHECK_INT(remote->scheme, REMOTE_DIR);
	CHECK_STR(remote->location, "/srv/pool");
	CHECK_INT(remote->audience, AUDIENCE_PERSON);
	CHECK_STR(remote->address, "bob@example.net");
	CHECK_INT(remote->limit, (int64_t)4 << 30);
	CHECK(!remote->anybody);
	remote = remotes->pdata[1];
	CHECK_STR(remote->name, "list.1");
	CHECK_INT(remote->scheme, REMOTE_GIT);
	CHECK_INT(remote->audience, AUDIENCE_PUBLIC);
	CHECK_INT(remote->from->len, 1);
	CHECK(remote->anybody);
	CHECK_INT(remote->limit, 2 << 20);
	remote = remotes->pdata[2];
	CHECK_INT(remote->scheme, REMOTE_IPFS);
	CHECK_STR(remote->location, "http://127.0.0.1:5001#k51abc");
	CHECK_INT(remote->audience, AUDIENCE_ALL);
}

TEST(what_cannot_be_is_refused_by_its_key)
{
	static const struct {
		const char *name, *settings, *key;
	} bad[] = {
		{ "a", "for = all", "remote.a.url" },
		{ "a", "url = dir:/x", "remote.a.for" },
		{ "a", "url = dir:\nfor = all", "remote.a.url" },
		{ "a", "url = /x\nfor = all", "remote.a.url" },
		{ "a", "url = ftp:/x\nfor = all", "remote.a.url" },
		{ "a", "url = \"dir:/x\\ty\"\nfor = all", "remote.a.url" },
		{ "a", "url = git:git://x/y\nfor = all", "remote.a.url" },
		{ "a", "url = git:http://x/y\nfor = all", "remote.a.url" },
		{ "a", "url = ipfs:/x\nfor = all", "remote.a.url" },
		{ "a", "url = \"ipfs:http://x#Q1\"\nfor = all",
		  "remote.a.url" },
		{ "a", "url = dir:/x\nfor = bob", "remote.a.for" },
		{ "a", "url = dir:/x\nfor = bob @x", "remote.a.for" },
		{ "a", "url = dir:/x\nfor = all\nfrom = me", "remote.a.from" },
		{ "a", "url = dir:/x\nfor = all\nlimit = 1", "remote.a.limit" },
		{ "-a", "url = dir:/x\nfor = all", "-a" },
		{ "a/b", "url = dir:/x\nfor = all", "a/b" },
		{ "a b", "url = dir:/x\nfor = all", "a b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(str)
		char *text = g_strdup_printf("[remote \"%s\"]\n%s\n",
					     bad[i].name, bad[i].settings);
		struct err err = { 0 };
		AUTO(ptrs) GPtrArray *remotes = NULL;

		remotes = list(text, &err);
		CHECK(!remotes);
		CHECK_INT(err.code, EINVAL);
		if (!CHECK(strstr(err.text, bad[i].key)))
			printf("# %s\n", err.text);
	}
}

TEST(paths_become_absolute_and_places_elsewhere_stay)
{
	static const struct {
		const char *url, *want;
	} known[] = {
		{ "dir:/srv/../srv/pool", "dir:/srv/pool" },
		{ "car:/a//b.car", "car:/a/b.car" },
		{ "git:/srv/x.git", "git:/srv/x.git" },
		{ "git:host:x.git", "git:host:x.git" },
		{ "git:me@host:x.git", "git:me@host:x.git" },
		{ "git:https://x/y", "git:https://x/y" },
		{ "ipfs:http://127.0.0.1:5001", "ipfs:http://127.0.0.1:5001" },
	};
	AUTO(str) char *relative = NULL;
	AUTO(str) char *here = g_get_current_dir();
	AUTO(str) char *want = g_strdup_printf("dir:%s/pool", here);
	struct err err = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *got = NULL;

		CHECK_INT(remote_complete_url(known[i].url, &got, &err), 0);
		CHECK_STR(got, known[i].want);
	}
	CHECK_INT(remote_complete_url("dir:pool", &relative, &err), 0);
	CHECK_STR(relative, want);
}

TEST(a_path_may_begin_at_home)
{
	static const char *const schemes[] = { "dir", "car", "git" };

	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
		AUTO(str)
		char *url = g_strconcat(schemes[i], ":~/a pool", NULL);
		AUTO(str)
		char *want = g_strdup_printf("%s:%s/a pool", schemes[i],
					     g_get_home_dir());
		AUTO(str)
		char *text = g_strdup_printf(
			"[remote \"a\"]\nurl = %s\nfor = all\n", url);
		struct err err = { 0 };
		AUTO(ptrs) GPtrArray *remotes = list(text, &err);
		AUTO(str) char *got = NULL;

		CHECK_INT(remote_complete_url(url, &got, &err), 0);
		CHECK_STR(got, want);
		if (!CHECK(remotes))
			continue;
		CHECK_STR(((struct remote *)remotes->pdata[0])->location,
			  want + strlen("dir:"));
	}
}

TEST(a_token_is_for_a_node_and_its_file_has_an_absolute_path)
{
	static const char node[] = "[remote \"a\"]\nfor = all\n"
				   "url = ipfs:http://127.0.0.1:5001\n";
	static const struct {
		const char *line, *path; /* NULL: it is refused */
	} known[] = {
		{ "tokenFile = /etc/token\n", "/etc/token" },
		{ "tokenFile = token\n", NULL },
		{ "url = dir:/srv\ntokenFile = /etc/token\n", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *text = g_strconcat(node, known[i].line, NULL);
		struct err err = { 0 };
		AUTO(ptrs) GPtrArray *remotes = list(text, &err);

		if (!known[i].path) {
			CHECK(!remotes);
			CHECK_INT(err.code, EINVAL);
			CHECK(strstr(err.text, "remote.a.tokenFile"));
		} else if (CHECK(remotes)) {
			const struct remote *remote = remotes->pdata[0];

			CHECK_STR(remote->token_file, known[i].path);
		}
	}
}

TEST(a_git_repository_elsewhere_has_a_login_and_patience)
{
	struct err err = { 0 };
	AUTO(ptrs)
	GPtrArray *remotes = list("[remote \"a\"]\nfor = all\n"
				  "url = git:https://ada@h:1/x.git\n"
				  "passwordCommand = pass show x\n"
				  "caFile = /etc/ca.pem\ntimeout = 5\n"
				  "[remote \"b\"]\nfor = all\n"
				  "url = git:ada@h:x.git\n",
				  &err);
	const struct remote *remote;

	if (!CHECK(remotes))
		return;
	remote = remotes->pdata[0];
	CHECK_STR(remote->shown, "git:https://h:1/x.git");
	CHECK_STR(remote->location, "https://ada@h:1/x.git");
	CHECK_STR(remote->password_command, "pass show x");
	CHECK_STR(remote->ca_file, "/etc/ca.pem");
	CHECK_INT(remote->timeout, 5000);
	remote = remotes->pdata[1];
	CHECK_STR(remote->shown, "git:ada@h:x.git");
	CHECK(!remote->password_command);
	CHECK_INT(remote->timeout, 60000);
}

TEST(a_login_that_nobody_would_get_is_refused)
{
	static const struct {
		const char *settings, *key;
	} bad[] = {
		{ "url = git:h:x\npasswordCommand = x",
		  "remote.a.passwordCommand" },
		{ "url = git:/x\ncaFile = /x", "remote.a.caFile" },
		{ "url = dir:/x\npasswordCommand = x",
		  "remote.a.passwordCommand" },
		{ "url = git:https://u@h/x\npasswordCommand =",
		  "remote.a.passwordCommand" },
		{ "url = git:https://h/x\npasswordCommand = x",
		  "remote.a.url" },
		{ "url = git:https://u@h/x\ncaFile = x", "remote.a.caFile" },
		{ "url = git:https://u:p@h/x", "remote.a.url" },
		{ "url = git:h:x\ntimeout = 0", "remote.a.timeout" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(str)
		char *text = g_strdup_printf("[remote \"a\"]\nfor = all\n%s\n",
					     bad[i].settings);
		struct err err = { 0 };
		AUTO(ptrs) GPtrArray *remotes = list(text, &err);

		CHECK(!remotes);
		CHECK_INT(err.code, EINVAL);
		if (!CHECK(g_str_has_prefix(err.text, bad[i].key)))
			printf("# %s\n", err.text);
	}
}
