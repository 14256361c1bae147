/* SPDX-License-Identifier: ISC */
#include "defms/git-url.h"

#include <errno.h>
#include <string.h>

#include "test.h"

TEST(each_form_of_gits_urls_has_its_parts)
{
	static const struct {
		const char *text;
		enum git_way way;
		const char *user, *host, *port, *path;
	} known[] = {
		{ "/srv/x.git", GIT_WAY_PATH, NULL, NULL, NULL, "/srv/x.git" },
		{ "x/y:z", GIT_WAY_PATH, NULL, NULL, NULL, "x/y:z" },
		{ "file:///srv/x", GIT_WAY_PATH, NULL, NULL, NULL, "/srv/x" },
		{ "file:///a%20b:c", GIT_WAY_PATH, NULL, NULL, NULL, "/a b:c" },
		{ "ssh://h/x", GIT_WAY_SSH, NULL, "h", NULL, "/x" },
		{ "SSH://git@h.example:2222/a%20b", GIT_WAY_SSH, "git",
		  "h.example", "2222", "/a b" },
		{ "ssh://h/~ada/x", GIT_WAY_SSH, NULL, "h", NULL, "~ada/x" },
		{ "ssh://git@[::1]:22/x", GIT_WAY_SSH, "git", "::1", "22",
		  "/x" },
		{ "git@h:x/y.git", GIT_WAY_SSH, "git", "h", NULL, "x/y.git" },
		{ "h:/x", GIT_WAY_SSH, NULL, "h", NULL, "/x" },
		{ "h:x@y:z", GIT_WAY_SSH, NULL, "h", NULL, "x@y:z" },
		{ "git@[::1]:x", GIT_WAY_SSH, "git", "::1", NULL, "x" },
		{ "[fe80::2]:x", GIT_WAY_SSH, NULL, "fe80::2", NULL, "x" },
		{ "https://h/x", GIT_WAY_HTTPS, NULL, "h", NULL, "/x" },
		{ "HTTPS://a%40b@h:8443/x%20y", GIT_WAY_HTTPS, "a@b", "h",
		  "8443", "/x%20y" },
		{ "https://ada@home@[::1]/x", GIT_WAY_HTTPS, "ada@home", "::1",
		  NULL, "/x" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(git_url) struct git_url *url = NULL;
		struct err err;

		if (!CHECK_INT(git_url_parse(known[i].text, &url, &err), 0)) {
			printf("# %s: %s\n", known[i].text, err.text);
			continue;
		}
		CHECK_INT(url->way, known[i].way);
		CHECK_STR(url->user, known[i].user);
		CHECK_STR(url->host, known[i].host);
		CHECK_STR(url->port, known[i].port);
		CHECK_STR(url->path, known[i].path);
	}
}

TEST(of_https_it_is_not_shown_who_logs_in)
{
	static const struct {
		const char *text, *shown;
	} known[] = {
		{ "/srv/x.git", "/srv/x.git" },
		{ "git@h:x.git", "git@h:x.git" },
		{ "ssh://git@h/x", "ssh://git@h/x" },
		{ "https://h/x", "https://h/x" },
		{ "HTTPS://a%40b@h:8443/x%20y", "https://h:8443/x%20y" },
		{ "https://ada@home@[::1]/x", "https://[::1]/x" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(git_url) struct git_url *url = NULL;

		if (CHECK_INT(git_url_parse(known[i].text, &url, NULL), 0))
			CHECK_STR(url->shown, known[i].shown);
	}
}

TEST(what_encrypts_nothing_or_would_be_an_option_is_refused)
{
	static const char *const bad[] = {
		"git://h/x",
		"http://h/x",
		"ftp://h/x",
		"ext::sh -c x://",
		"ssh://-oProxyCommand=x/x",
		"ssh://-x@h/x",
		"-oProxyCommand=x:x",
		"h:-x",
		"ssh://h/~-x\n",
		"ssh://h/%00",
		"ssh://h/%0a",
		"file://",
		"file:///%00",
		"ssh://h%20x/x",
		"ssh://h",
		"ssh://h/",
		"ssh:///x",
		"ssh://@h/x",
		"ssh://h:0/x",
		"ssh://h:65536/x",
		"ssh://h:/x",
		"ssh://[::1/x",
		"ssh://[h]/x",
		"ssh://[::1]x/x",
		"git@:x",
		"h:",
		"https://h",
		"https://h/",
		"https:///x",
		"https://h/x?y",
		"https://h/x#y",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(git_url) struct git_url *url = NULL;
		struct err err = { 0 };

		if (!CHECK_INT(git_url_parse(bad[i], &url, &err), -1) ||
		    !CHECK_INT(err.code, EINVAL))
			printf("# %s\n", bad[i]);
	}
}

TEST(a_password_is_refused_and_not_repeated)
{
	static const char *const bad[] = {
		"https://ada:hidden@h/x", "https://ada:hidden@home@h/x",
		"ssh://ada:hidden@h/x",   "http://ada:hidden@h/x",
		"git://ada:hidden@h/x",   "https://ada:hidden/it@h/x",
		"ssh://ada:hidden/@h/x",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(git_url) struct git_url *url = NULL;
		struct err err = { 0 };

		CHECK_INT(git_url_parse(bad[i], &url, &err), -1);
		CHECK(!strstr(err.text, "hidden"));
	}
}
