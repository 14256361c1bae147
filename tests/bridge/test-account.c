/* SPDX-License-Identifier: ISC */
#include "account.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "defms/secret.h"
#include "test.h"

/* The accounts of a file of this text; NULL and `err`. */
static GPtrArray *list(const char *text, struct err *err)
{
	AUTO(str) char *folder = g_dir_make_tmp("defms-account-XXXXXX", NULL);
	AUTO(str) char *command = g_strdup_printf("rm -rf '%s'", folder);
	AUTO(str) char *file = NULL;
	AUTO(str) char *parent = NULL;
	AUTO(config) struct config *config = NULL;
	GPtrArray *accounts = NULL;

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	file = config_file();
	parent = g_path_get_dirname(file);
	CHECK_INT(mkdir(parent, 0700), 0);
	CHECK_INT(io_write_file(file, text, strlen(text), err), 0);
	CHECK_INT(config_open(&config, err), 0);
	CHECK_INT(system(command), 0);
	return account_list(config, &accounts, err) < 0 ? NULL : accounts;
}

#define COMMAND "passwordCommand = true\n"

TEST(all_that_can_be_set_is_read)
{
	struct err err;
	AUTO(ptrs)
	GPtrArray *accounts =
		list("[account \"home\"]\n"
		     "email = ada@example.org\n"
		     "imap = imaps://ada@imap.example.org\n"
		     "smtp = smtp://ada%40example.org@smtp.example.org:2525/\n"
		     "tls = required\n"
		     "passwordCommand = pass show mail\n"
		     "caFile = ~/ca.pem\n"
		     "authserv = mx.example.org\n"
		     "timeout = 5\n"
		     "folder = INBOX\nfolder = lists/*\n"
		     "[account \"Work.2\"]\n"
		     "imap = IMAP://ada@example.net@[::1]\n"
		     "tokenCommand = oauth\n"
		     "[account \"home\"]\nauthserv = mx2.example.org\n",
		     &err);
	AUTO(str)
	char *ca = g_build_filename(g_get_home_dir(), "ca.pem", NULL);
	const struct account *home, *work;

	if (!CHECK(accounts) || !CHECK_INT(accounts->len, 2))
		return;
	home = accounts->pdata[0];
	CHECK_STR(home->name, "home");
	CHECK_STR(home->email, "ada@example.org");
	CHECK_STR(home->servers[SERVICE_IMAP].host, "imap.example.org");
	CHECK_STR(home->servers[SERVICE_IMAP].user, "ada");
	CHECK_INT(home->servers[SERVICE_IMAP].port, 993);
	CHECK(!home->servers[SERVICE_IMAP].starttls);
	CHECK_STR(home->servers[SERVICE_SMTP].host, "smtp.example.org");
	CHECK_STR(home->servers[SERVICE_SMTP].user, "ada@example.org");
	CHECK_INT(home->servers[SERVICE_SMTP].port, 2525);
	CHECK(home->servers[SERVICE_SMTP].starttls);
	CHECK_STR(home->password_command, "pass show mail");
	CHECK_STR(home->token_command, NULL);
	CHECK_STR(home->ca_file, ca);
	CHECK_STR(home->authserv, "mx2.example.org");
	CHECK_INT(home->timeout, 5000);
	CHECK_INT(home->folders->len, 2);
	work = accounts->pdata[1];
	CHECK_STR(work->name, "Work.2");
	CHECK_STR(work->email, NULL);
	CHECK_STR(work->servers[SERVICE_IMAP].host, "[::1]");
	CHECK_STR(work->servers[SERVICE_IMAP].user, "ada@example.net");
	CHECK_INT(work->servers[SERVICE_IMAP].port, 143);
	CHECK(work->servers[SERVICE_IMAP].starttls);
	CHECK_STR(work->servers[SERVICE_SMTP].host, NULL);
	CHECK_STR(work->token_command, "oauth");
	CHECK_INT(work->timeout, 60000);
	CHECK_INT(work->folders->len, 0);
}

TEST(each_scheme_has_its_port)
{
	static const struct {
		const char *key, *scheme;
		enum service service;
		int port;
	} known[] = {
		{ "imap", "imap", SERVICE_IMAP, 143 },
		{ "imap", "imaps", SERVICE_IMAP, 993 },
		{ "smtp", "smtp", SERVICE_SMTP, 587 },
		{ "smtp", "smtps", SERVICE_SMTP, 465 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *text = g_strdup_printf("[account \"a\"]\n" COMMAND
					     "%s = %s://u@h\n",
					     known[i].key, known[i].scheme);
		struct err err;
		AUTO(ptrs) GPtrArray *accounts = list(text, &err);
		const struct account *account;

		if (!CHECK(accounts))
			continue;
		account = accounts->pdata[0];
		CHECK_INT(account->servers[known[i].service].port,
			  known[i].port);
	}
}

TEST(no_account_is_none)
{
	struct err err;
	AUTO(ptrs)
	GPtrArray *accounts = list("[account]\nimap = x\n[accounts \"a\"]\n"
				   "imap = y\n",
				   &err);

	CHECK(accounts && accounts->len == 0);
}

TEST(a_value_that_cannot_be_is_an_error_that_names_its_key)
{
	static const struct {
		const char *lines, *key;
	} bad[] = {
		{ "imap = imaps://u@h\n" COMMAND "tls = none\n", "tls" },
		{ "imap = imaps://u@h\n" COMMAND "tls = Required\n", "tls" },
		{ "imap = imaps://u@h\n" COMMAND "tls =\n", "tls" },
		{ "imap = smtps://u@h\n" COMMAND, "imap" },
		{ "imap = imap.example.org\n" COMMAND, "imap" },
		{ "imap = https://u@h\n" COMMAND, "imap" },
		{ "imap = imaps://h\n" COMMAND, "imap" },
		{ "imap = imaps://@h\n" COMMAND, "imap" },
		{ "imap = imaps://u@\n" COMMAND, "imap" },
		{ "imap = imaps://u%00v@h\n" COMMAND, "imap" },
		{ "imap = imaps://u%0dv@h\n" COMMAND, "imap" },
		{ "imap = imaps://u%fe@h\n" COMMAND, "imap" },
		{ "imap = imaps://u:secret@h\n" COMMAND, "imap" },
		{ "imap = imaps://u@h:0\n" COMMAND, "imap" },
		{ "imap = imaps://u@h:65536\n" COMMAND, "imap" },
		{ "imap = imaps://u@h:\n" COMMAND, "imap" },
		{ "imap = imaps://u@h:99x\n" COMMAND, "imap" },
		{ "imap = imaps://u@h/INBOX\n" COMMAND, "imap" },
		{ "imap = imaps://u@h i\n" COMMAND, "imap" },
		{ "imap = imaps://u@[::1\n" COMMAND, "imap" },
		{ "imap = imaps://u@[x]\n" COMMAND, "imap" },
		{ "smtp = imaps://u@h\n" COMMAND, "smtp" },
		{ "smtp = smtp://h\n" COMMAND, "smtp" },
		{ COMMAND, "imap" },
		{ "imap = imaps://u@h\n", "passwordCommand" },
		{ "imap = imaps://u@h\npasswordCommand =\n",
		  "passwordCommand" },
		{ "imap = imaps://u@h\n" COMMAND "tokenCommand = x\n",
		  "tokenCommand" },
		{ "imap = imaps://u@h\n" COMMAND "caFile = ca.pem\n",
		  "caFile" },
		{ "imap = imaps://u@h\n" COMMAND "email = ada\n", "email" },
		{ "imap = imaps://u@h\n" COMMAND "email = A <a@b>\n", "email" },
		{ "imap = imaps://u@h\n" COMMAND "authserv =\n", "authserv" },
		{ "imap = imaps://u@h\n" COMMAND "timeout = 0\n", "timeout" },
		{ "imap = imaps://u@h\n" COMMAND "timeout = 4k\n", "timeout" },
		{ "imap = imaps://u@h\n" COMMAND "folder =\n", "folder" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(str)
		char *text =
			g_strconcat("[account \"home\"]\n", bad[i].lines, NULL);
		AUTO(str)
		char *want =
			g_strconcat("account.home.", bad[i].key, ": ", NULL);
		struct err err = { 0 };
		AUTO(ptrs) GPtrArray *accounts = list(text, &err);

		if (!CHECK(!accounts)) {
			printf("# taken: %s\n", bad[i].lines);
			continue;
		}
		CHECK_INT(err.code, EINVAL);
		if (!CHECK(g_str_has_prefix(err.text, want)))
			printf("# %s says: %s\n", bad[i].lines, err.text);
		CHECK(!strstr(err.text, "secret"));
	}
}

TEST(the_secret_is_the_first_line_that_the_command_prints)
{
	static const struct {
		const char *command, *secret;
		int code;
	} known[] = {
		{ "printf secret", "secret", 0 },
		{ "printf 'se cret\\nrest\\n'", "se cret", 0 },
		{ "echo; echo x", NULL, EACCES },
		{ "true", NULL, EACCES },
		{ "echo secret; exit 1", NULL, EACCES },
		{ "kill -9 $$", NULL, EACCES },
		{ "/no/such/program", NULL, EACCES },
		{ "yes", NULL, EACCES },
		{ "tr '\\0' x </dev/zero", NULL, EACCES },
		{ "echo secret; exec >&-; exec sleep 1000", NULL, ETIMEDOUT },
		{ "exec sleep 1000", NULL, ETIMEDOUT },
	};
	AUTO(secret) char *secret = secret_new(ACCOUNT_SECRET);

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *command = g_strdup(known[i].command);
		struct account account = { .name = NULL, .timeout = 60000 };
		struct err err = { 0 };

		account.name = g_strdup("home");
		account.token_command = command;
		if (known[i].code == ETIMEDOUT)
			account.timeout = 200;
		CHECK_INT(account_secret(&account, secret, &err),
			  known[i].code ? -1 : 0);
		CHECK_INT(err.code, known[i].code);
		if (known[i].secret)
			CHECK_STR(secret, known[i].secret);
		else
			CHECK(g_str_has_prefix(err.text,
					       "account.home.tokenCommand: "));
		CHECK(!strstr(err.text, "secret"));
		g_free(account.name);
	}
}

TEST(a_process_with_secrets_leaves_no_core)
{
	struct rlimit limit;

	secret_close_memory();
	CHECK_INT(getrlimit(RLIMIT_CORE, &limit), 0);
	CHECK_INT(limit.rlim_cur, 0);
	CHECK_INT(limit.rlim_max, 0);
}
