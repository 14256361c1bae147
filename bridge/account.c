/* SPDX-License-Identifier: ISC */
#include "account.h"

#include <errno.h>
#include <string.h>

#include "defms/secret.h"

enum {
	TIMEOUT = 60, /* seconds; what a setting may make of it: */
	TIMEOUT_LEAST = 1,
	TIMEOUT_MOST = 3600,
	PORT_MOST = 65535,
};

struct scheme {
	const char *name; /* with its "://" */
	enum service service;
	uint16_t port;
	bool starttls;
};
static const struct scheme schemes[] = {
	{ "imaps://", SERVICE_IMAP, 993, false },
	{ "imap://", SERVICE_IMAP, 143, true },
	{ "smtps://", SERVICE_SMTP, 465, false },
	{ "smtp://", SERVICE_SMTP, 587, true }, /* RFC 6409: submission */
};

void account_free(struct account *account)
{
	if (!account)
		return;
	g_free(account->name);
	g_free(account->email);
	for (int i = 0; i < SERVICES; i++) {
		g_free(account->servers[i].host);
		g_free(account->servers[i].user);
	}
	g_free(account->password_command);
	g_free(account->token_command);
	g_free(account->ca_file);
	g_free(account->authserv);
	if (account->folders)
		g_ptr_array_unref(account->folders);
	g_free(account);
}

static void free_one(gpointer account)
{
	account_free(account);
}

/* -- where a server is ----------------------------------------------------- */

static const struct scheme *find_scheme(const char *url, enum service service)
{
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (schemes[i].service == service &&
		    g_ascii_strncasecmp(url, schemes[i].name,
					strlen(schemes[i].name)) == 0)
			return &schemes[i];
	return NULL;
}

static bool has_controls(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return true;
	return false;
}

/* A host's name or number; "[...]" is one of IPv6. */
static bool is_host(const char *host)
{
	size_t size = strlen(host);

	if (host[0] == '[')
		return size > 4 && host[size - 1] == ']' &&
		       strspn(host + 1, "0123456789abcdefABCDEF:.") == size - 2;
	for (size_t i = 0; i < size; i++)
		if (!g_ascii_isalnum(host[i]) && !strchr("-._", host[i]) &&
		    !((unsigned char)host[i] & 0x80))
			return false;
	return size > 0 && host[0] != '-' && host[0] != '.' &&
	       g_utf8_validate(host, -1, NULL);
}

static int parse_port(const char *text, uint16_t *port_r, struct err *err)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, PORT_MOST, &port, NULL))
		return err_set(err, EINVAL, "no port: %s", text);
	*port_r = (uint16_t)port;
	return 0;
}

/* "host", "host:port", perhaps a slash at the end. */
static int parse_place(const char *text, struct account_server *server,
		       struct err *err)
{
	const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(bracket ? bracket : text, ':');
	AUTO(str) char *host = NULL;
	AUTO(str) char *port = NULL;

	host = g_strndup(text, colon ? (gsize)(colon - text) : strlen(text));
	if (colon)
		port = g_strdup(colon + 1);
	if (g_str_has_suffix(port ? port : host, "/"))
		(port ? port : host)[strlen(port ? port : host) - 1] = '\0';
	if (!is_host(host))
		return err_set(err, EINVAL, "no host: %s", host);
	if (port && parse_port(port, &server->port, err) < 0)
		return -1;
	server->host = take(host);
	return 0;
}

/* All before the last '@', as many a user is called by an address. */
static int parse_user(const char *text, const char *at,
		      struct account_server *server, struct err *err)
{
	if (memchr(text, ':', (size_t)(at - text)))
		return err_set(err, EINVAL,
			       "a password does not belong here: see "
			       "passwordCommand");
	server->user = g_uri_unescape_segment(text, at, NULL);
	if (!server->user || !server->user[0] || has_controls(server->user) ||
	    !g_utf8_validate(server->user, -1, NULL))
		return err_set(err, EINVAL, "no user");
	return 0;
}

static int parse_server(const char *url, enum service service,
			struct account_server *server, struct err *err)
{
	const struct scheme *scheme = find_scheme(url, service);
	const char *at;

	if (!scheme)
		return err_set(err, EINVAL, "it begins with %s",
			       service == SERVICE_IMAP ? "imaps:// or imap://"
						       : "smtps:// or smtp://");
	server->port = scheme->port;
	server->starttls = scheme->starttls;
	url += strlen(scheme->name);
	at = strrchr(url, '@');
	if (!at)
		return err_set(err, EINVAL,
			       "who logs in? It is %suser@host[:port]",
			       scheme->name);
	if (parse_user(url, at, server, err) < 0)
		return -1;
	return parse_place(at + 1, server, err);
}

/* -- one account ----------------------------------------------------------- */

struct section {
	const struct config *config;
	const char *name;
	struct err *err;
};

/* Caller frees. */
static char *key_of(const struct section *section, const char *key)
{
	return g_strdup_printf("account.%s.%s", section->name, key);
}

static const char *get(const struct section *section, const char *key)
{
	AUTO(str) char *full = key_of(section, key);

	return config_get(section->config, full);
}

/* Put the key before the text that is there. */
static int blame(const struct section *section, const char *key)
{
	AUTO(str) char *full = key_of(section, key);

	return err_prefix(section->err, "%s", full);
}

static int refuse(const struct section *section, const char *key,
		  const char *why)
{
	(void)err_set(section->err, EINVAL, "%s", why);
	return blame(section, key);
}

/* A value that is not to be empty; NULL if it is not set. */
static int read_text(const struct section *section, const char *key,
		     char **text_r)
{
	const char *text = get(section, key);

	if (text && !*text)
		return refuse(section, key, "it is empty");
	*text_r = g_strdup(text);
	return 0;
}

static int read_server(const struct section *section, struct account *account,
		       enum service service)
{
	const char *key = service == SERVICE_IMAP ? "imap" : "smtp";
	const char *url = get(section, key);

	if (url && parse_server(url, service, &account->servers[service],
				section->err) < 0)
		return blame(section, key);
	return 0;
}

static bool is_mail(const char *text)
{
	const char *at = strrchr(text, '@');

	return at && at > text && at[1] && !has_controls(text) &&
	       !strpbrk(text, "<> ");
}

static int read_email(const struct section *section, struct account *account)
{
	if (read_text(section, "email", &account->email) < 0)
		return -1;
	if (account->email && !is_mail(account->email))
		return refuse(section, "email", "not a mail address");
	return 0;
}

static int read_commands(const struct section *section, struct account *account)
{
	if (read_text(section, "passwordCommand", &account->password_command) <
		    0 ||
	    read_text(section, "tokenCommand", &account->token_command) < 0)
		return -1;
	if (account->password_command && account->token_command)
		return refuse(section, "tokenCommand",
			      "there is a passwordCommand too");
	if (!account->password_command && !account->token_command)
		return refuse(section, "passwordCommand",
			      "it is not set, nor is tokenCommand");
	return 0;
}

/* "~/" is the home directory, as in git. */
static int read_ca_file(const struct section *section, struct account *account)
{
	AUTO(str) char *path = NULL;

	if (read_text(section, "caFile", &path) < 0)
		return -1;
	if (path && g_str_has_prefix(path, "~/"))
		account->ca_file =
			g_build_filename(g_get_home_dir(), path + 2, NULL);
	else
		account->ca_file = take(path);
	if (account->ca_file && !g_path_is_absolute(account->ca_file))
		return refuse(section, "caFile", "not an absolute path");
	return 0;
}

static int read_tls(const struct section *section)
{
	const char *tls = get(section, "tls");

	if (tls && strcmp(tls, "required") != 0)
		return refuse(section, "tls",
			      "nothing but \"required\" is possible");
	return 0;
}

static int read_timeout(const struct section *section, struct account *account)
{
	static const int64_t range[2] = { TIMEOUT_LEAST, TIMEOUT_MOST };
	AUTO(str) char *key = key_of(section, "timeout");

	if (config_get_int(section->config, key, range, TIMEOUT,
			   &account->timeout, section->err) < 0)
		return -1;
	account->timeout *= 1000;
	return 0;
}

static int read_folders(const struct section *section, struct account *account)
{
	AUTO(str) char *key = key_of(section, "folder");

	account->folders = config_get_all(section->config, key);
	for (guint i = 0; i < account->folders->len; i++)
		if (!*(const char *)account->folders->pdata[i])
			return refuse(section, "folder", "it is empty");
	return 0;
}

static int read_account(const struct section *section, struct account *account)
{
	account->name = g_strdup(section->name);
	if (read_tls(section) < 0 || read_email(section, account) < 0 ||
	    read_server(section, account, SERVICE_IMAP) < 0 ||
	    read_server(section, account, SERVICE_SMTP) < 0)
		return -1;
	if (!account->servers[SERVICE_IMAP].host &&
	    !account->servers[SERVICE_SMTP].host)
		return refuse(section, "imap", "it is not set, nor is smtp");
	if (read_commands(section, account) < 0 ||
	    read_ca_file(section, account) < 0 ||
	    read_text(section, "authserv", &account->authserv) < 0)
		return -1;
	if (read_timeout(section, account) < 0)
		return -1;
	return read_folders(section, account);
}

int account_list(const struct config *config, GPtrArray **accounts_r,
		 struct err *err)
{
	AUTO(ptrs) GPtrArray *names = config_sections(config, "account");
	AUTO(ptrs)
	GPtrArray *accounts = g_ptr_array_new_with_free_func(free_one);

	for (guint i = 0; i < names->len; i++) {
		struct section section = { config, names->pdata[i], err };
		struct account *account = g_new0(struct account, 1);

		g_ptr_array_add(accounts, account);
		if (read_account(&section, account) < 0)
			return -1;
	}
	*accounts_r = take(accounts);
	return 0;
}

int account_secret(const struct account *account, char *secret, struct err *err)
{
	const char *command = account->token_command;

	secret_close_memory();
	if (!command)
		command = account->password_command;
	if (secret_command(command, account->timeout, secret, ACCOUNT_SECRET,
			   err) < 0)
		return err_prefix(err, "account.%s.%s", account->name,
				  account->token_command ? "tokenCommand"
							 : "passwordCommand");
	return 0;
}
