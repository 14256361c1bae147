/* SPDX-License-Identifier: ISC */
/* What goes to ssh or a server as an argument does not begin with a dash: it
 * would be taken for an option. */
#include "defms/git-url.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

static const struct {
	const char *prefix;
	enum git_way way;
} ways[] = {
	{ "file://", GIT_WAY_PATH },
	{ "ssh://", GIT_WAY_SSH },
	{ "https://", GIT_WAY_HTTPS },
};

void git_url_free(struct git_url *url)
{
	if (!url)
		return;
	g_free(url->user);
	g_free(url->host);
	g_free(url->port);
	g_free(url->path);
	g_free(url->shown);
	g_free(url);
}

/* -- its parts ------------------------------------------------------------- */

static bool is_argument(const char *text)
{
	if (!*text || *text == '-')
		return false;
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return false;
	return true;
}

static bool is_host(const char *host)
{
	if (!is_argument(host) || *host == '.')
		return false;
	for (; *host; host++)
		if (!g_ascii_isalnum(*host) && !strchr("-._", *host))
			return false;
	return true;
}

/* "name", "name:port", "[IPv6]", "[IPv6]:port". */
static int parse_place(const char *text, struct git_url *url, struct err *err)
{
	const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	size_t size =
		bracket ? (size_t)(bracket - text) + 1 : strcspn(text, ":");
	const char *rest = text + size;
	guint64 port;

	url->host =
		bracket ? g_strndup(text + 1, size - 2) : g_strndup(text, size);
	if (bracket ? !*url->host || strspn(url->host, "0123456789abcdefABCDEF"
						       ":.") != size - 2
		    : !is_host(url->host))
		return err_set(err, EINVAL, "no host is called so");
	if (!*rest)
		return 0;
	if (*rest != ':' ||
	    !g_ascii_string_to_unsigned(rest + 1, 10, 1, 65535, &port, NULL))
		return err_set(err, EINVAL,
			       "no port follows the host and its colon");
	url->port = g_strdup(rest + 1);
	return 0;
}

/* Take the user from the front of "user@host..." and move on to the host. */
static int parse_user(const char **text, struct git_url *url, struct err *err)
{
	const char *at = strrchr(*text, '@');

	if (!at)
		return 0;
	if (memchr(*text, ':', (size_t)(at - *text)))
		return err_set(err, EINVAL,
			       "a password does not belong in a URL: see "
			       "passwordCommand");
	url->user = g_uri_unescape_segment(*text, at, NULL);
	if (!url->user || !is_argument(url->user))
		return err_set(err, EINVAL, "no user before the @");
	*text = at + 1;
	return 0;
}

static int check_path(const struct git_url *url, struct err *err)
{
	if (!url->path || !is_argument(url->path))
		return err_set(err, EINVAL, "no path to a repository");
	return 0;
}

/* -- forms ----------------------------------------------------------------- */

/* The colon of "[user@]host:path"; NULL: `text` has another form. */
static const char *short_colon(const char *text)
{
	size_t before = strcspn(text, "@:/");
	const char *host = text[before] == '@' ? text + before + 1 : text;
	const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;

	host = bracket ? bracket : host;
	host += strcspn(host, ":/");
	return host > text && *host == ':' ? host : NULL;
}

static int parse_short(const char *text, struct git_url *url, struct err *err)
{
	const char *colon = short_colon(text);
	AUTO(str) char *place = g_strndup(text, (size_t)(colon - text));

	text = place;
	url->path = g_strdup(colon + 1);
	if (parse_user(&text, url, err) < 0 || parse_place(text, url, err) < 0)
		return -1;
	return check_path(url, err);
}

/* "[user@]host[:port]/path", of ssh; "/~name" is that user's home. */
static int parse_ssh(const char *text, struct git_url *url, struct err *err)
{
	const char *slash = strchr(text, '/');
	AUTO(str) char *place = NULL;

	if (!slash || !slash[1])
		return err_set(err, EINVAL, "no path to a repository");
	place = g_strndup(text, (size_t)(slash - text));
	text = place;
	if (slash[1] == '~')
		slash++;
	url->path = g_uri_unescape_string(slash, NULL);
	if (parse_user(&text, url, err) < 0 || parse_place(text, url, err) < 0)
		return -1;
	return check_path(url, err);
}

/* The same of https, where the path stays as it is. */
static int parse_https(const char *text, struct git_url *url, struct err *err)
{
	const char *slash = strchr(text, '/');
	AUTO(str) char *place = NULL;

	if (!slash || !slash[1] || strpbrk(slash, "?#"))
		return err_set(err, EINVAL,
			       "a host and the path to a repository, no more");
	place = g_strndup(text, (size_t)(slash - text));
	text = place;
	url->path = g_strdup(slash);
	if (parse_user(&text, url, err) < 0 || parse_place(text, url, err) < 0)
		return -1;
	g_free(url->shown);
	url->shown = g_strconcat("https://", text, url->path, NULL);
	return check_path(url, err);
}

static int parse_form(const char *text, struct git_url *url, struct err *err)
{
	if (!strstr(text, "://")) {
		url->way = short_colon(text) ? GIT_WAY_SSH : GIT_WAY_PATH;
		if (url->way == GIT_WAY_SSH)
			return parse_short(text, url, err);
		url->path = g_strdup(text);
		return 0;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		size_t size = strlen(ways[i].prefix);

		if (g_ascii_strncasecmp(text, ways[i].prefix, size) != 0)
			continue;
		url->way = ways[i].way;
		if (url->way == GIT_WAY_SSH)
			return parse_ssh(text + size, url, err);
		if (url->way == GIT_WAY_HTTPS)
			return parse_https(text + size, url, err);
		url->path = g_uri_unescape_string(text + size, NULL);
		return check_path(url, err);
	}
	return err_set(err, EINVAL,
		       "git is spoken over a path, file, ssh and https: other "
		       "ways encrypt nothing");
}

int git_url_parse(const char *text, struct git_url **url_r, struct err *err)
{
	AUTO(git_url) struct git_url *url = g_new0(struct git_url, 1);

	url->shown = g_strdup(text);
	if (parse_form(text, url, err) < 0)
		return -1;
	*url_r = take(url);
	return 0;
}
