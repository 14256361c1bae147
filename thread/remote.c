/* SPDX-License-Identifier: ISC */
#include "defms/remote.h"

#include <errno.h>
#include <string.h>

#include "defms/git-url.h"
#include "defms/key.h"
#include "defms/state-remotes.h"

static const char *const schemes[REMOTE_SCHEMES] = {
	[REMOTE_DIR] = "dir:",
	[REMOTE_CAR] = "car:",
	[REMOTE_GIT] = "git:",
	[REMOTE_IPFS] = "ipfs:",
};

static const int64_t limits[2] = { 1 << 20, INT64_MAX };
static const int64_t limit_usual = (int64_t)4 << 30;
static const int64_t timeouts[2] = { 1, 3600 }; /* seconds */
enum { TIMEOUT = 60 };

void remote_free(struct remote *remote)
{
	if (!remote)
		return;
	g_free(remote->name);
	g_free(remote->url);
	g_free(remote->location);
	g_free(remote->address);
	g_free(remote->shown);
	g_free(remote->token_file);
	g_free(remote->ca_file);
	g_free(remote->password_command);
	if (remote->from)
		g_ptr_array_unref(remote->from);
	g_free(remote);
}

int remote_check_name(const char *name, struct err *err)
{
	size_t size = strlen(name);

	if (size == 0 || size > REMOTE_NAME || !g_ascii_isalnum(name[0]) ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789-_.") != size)
		return err_set(err, EINVAL,
			       "%s: the name of a remote is up to %d letters, "
			       "digits and -_. after a letter or digit",
			       name, REMOTE_NAME);
	return 0;
}

/* -- URLs ------------------------------------------------------------------ */

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return true;
	return false;
}

static int check_git(const char *location, struct err *err)
{
	AUTO(git_url) struct git_url *url = NULL;

	return git_url_parse(location, &url, err);
}

/* A place that is no path of this machine. `text` has been checked. */
static bool is_elsewhere(const char *text)
{
	AUTO(git_url) struct git_url *url = NULL;

	return git_url_parse(text, &url, NULL) == 0 &&
	       (url->way != GIT_WAY_PATH || strstr(text, "://"));
}

/* "http://127.0.0.1:5001", "http:///unix/path" and so on; who speaks to the
 * node knows more. After a "#": the name it is to be asked for. */
static int check_ipfs(const char *location, struct err *err)
{
	const char *name = strchr(location, '#');

	if (!g_str_has_prefix(location, "http://") &&
	    !g_str_has_prefix(location, "https://") &&
	    !g_str_has_prefix(location, "unix:"))
		return err_set(err, EINVAL,
			       "%s: a node is http://HOST:PORT or unix:PATH",
			       location);
	if (name && (name[1] != 'k' ||
		     strspn(name + 1, "abcdefghijklmnopqrstuvwxyz0123456789") !=
			     strlen(name + 1)))
		return err_set(err, EINVAL, "%s: not a name of IPNS", name + 1);
	return 0;
}

static int parse_url(const char *url, enum remote_scheme *scheme_r,
		     const char **location_r, struct err *err)
{
	for (int i = 0; i < REMOTE_SCHEMES; i++) {
		if (!g_str_has_prefix(url, schemes[i]))
			continue;
		*scheme_r = (enum remote_scheme)i;
		*location_r = url + strlen(schemes[i]);
		if (!**location_r)
			break;
		if (has_control(url) || !g_utf8_validate(url, -1, NULL))
			return err_set(err, EINVAL, "not the URL of a remote");
		if (i == REMOTE_GIT)
			return check_git(*location_r, err);
		return i == REMOTE_IPFS ? check_ipfs(*location_r, err) : 0;
	}
	return err_set(err, EINVAL,
		       "a remote is dir:PATH, car:FILE, git:URL-or-path or "
		       "ipfs:http://HOST:PORT");
}

/* "~/" is the home directory, as in git: behind a colon no shell makes it one.
 */
static char *from_home(const char *path)
{
	if (g_str_has_prefix(path, "~/"))
		return g_build_filename(g_get_home_dir(), path + 2, NULL);
	return g_strdup(path);
}

int remote_complete_url(const char *url, char **complete_r, struct err *err)
{
	enum remote_scheme scheme;
	const char *location;
	AUTO(str) char *given = NULL;
	AUTO(str) char *path = NULL;

	if (parse_url(url, &scheme, &location, err) < 0)
		return -1;
	if (scheme == REMOTE_IPFS ||
	    (scheme == REMOTE_GIT && is_elsewhere(location))) {
		*complete_r = g_strdup(url);
		return 0;
	}
	given = from_home(location);
	path = g_canonicalize_filename(given, NULL);
	*complete_r = g_strconcat(schemes[scheme], path, NULL);
	return 0;
}

/* -- settings -------------------------------------------------------------- */

static char *key_of(const struct remote *remote, const char *key)
{
	return g_strdup_printf("remote.%s.%s", remote->name, key);
}

static int read_audience(struct remote *remote, const struct config *config,
			 struct err *err)
{
	AUTO(str) char *key = key_of(remote, "for");
	const char *value = config_get(config, key);

	if (!value)
		return err_set(err, EINVAL,
			       "%s: not set: an address, public or all", key);
	if (strcmp(value, "public") == 0)
		remote->audience = AUDIENCE_PUBLIC;
	else if (strcmp(value, "all") == 0)
		remote->audience = AUDIENCE_ALL;
	else if (!strchr(value, '@') || strchr(value, ' ') ||
		 has_control(value))
		return err_set(err, EINVAL,
			       "%s: %s is no address, nor public or all", key,
			       value);
	else
		remote->address = g_strdup(value);
	return 0;
}

static bool is_fingerprint(const char *text)
{
	return strlen(text) == KEY_FINGERPRINT &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz234567") ==
		       KEY_FINGERPRINT;
}

static int read_from(struct remote *remote, const struct config *config,
		     struct err *err)
{
	AUTO(str) char *key = key_of(remote, "from");
	AUTO(ptrs) GPtrArray *values = config_get_all(config, key);

	remote->from = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < values->len; i++) {
		const char *value = values->pdata[i];

		if (strcmp(value, "any") == 0)
			remote->anybody = true;
		else if (is_fingerprint(value))
			g_ptr_array_add(remote->from, g_strdup(value));
		else
			return err_set(err, EINVAL,
				       "%s: %s is no fingerprint, nor any", key,
				       value);
	}
	return 0;
}

static int read_file(const struct remote *remote, const struct config *config,
		     const char *name, char **path_r, struct err *err)
{
	AUTO(str) char *key = key_of(remote, name);
	const char *path = config_get(config, key);

	if (!path)
		return 0;
	*path_r = from_home(path);
	if (!g_path_is_absolute(*path_r))
		return err_set(err, EINVAL, "%s: not an absolute path", key);
	return 0;
}

static int refuse(const struct remote *remote, const char *name,
		  const char *why, struct err *err)
{
	AUTO(str) char *key = key_of(remote, name);

	return err_set(err, EINVAL, "%s: %s", key, why);
}

/* How one gets in: `url` is NULL unless it is one of git. */
static int read_login(struct remote *remote, const struct config *config,
		      const struct git_url *url, struct err *err)
{
	AUTO(str) char *command = key_of(remote, "passwordCommand");
	bool is_https = url && url->way == GIT_WAY_HTTPS;

	remote->password_command = g_strdup(config_get(config, command));
	if (read_file(remote, config, "tokenFile", &remote->token_file, err) <
		    0 ||
	    read_file(remote, config, "caFile", &remote->ca_file, err) < 0)
		return -1;
	if (remote->token_file && remote->scheme != REMOTE_IPFS)
		return refuse(remote, "tokenFile", "only ipfs: wants one", err);
	if (remote->ca_file && !is_https)
		return refuse(remote, "caFile", "only git:https:// wants one",
			      err);
	if (!remote->password_command)
		return 0;
	if (!is_https)
		return refuse(remote, "passwordCommand",
			      "only git:https:// wants one", err);
	if (!*remote->password_command)
		return refuse(remote, "passwordCommand", "it is empty", err);
	if (!url->user)
		return refuse(remote, "url",
			      "who logs in? It is git:https://user@host/path",
			      err);
	return 0;
}

static int read_git(struct remote *remote, const struct config *config,
		    struct err *err)
{
	AUTO(git_url) struct git_url *url = NULL;

	if (remote->scheme == REMOTE_GIT &&
	    git_url_parse(remote->location, &url, err) < 0)
		return -1;
	remote->shown = url ? g_strconcat(schemes[REMOTE_GIT], url->shown, NULL)
			    : g_strdup(remote->url);
	return read_login(remote, config, url, err);
}

static int read_remote(struct remote *remote, const struct config *config,
		       struct err *err)
{
	AUTO(str) char *url = key_of(remote, "url");
	AUTO(str) char *limit = key_of(remote, "limit");
	AUTO(str) char *timeout = key_of(remote, "timeout");
	const char *value = config_get(config, url), *location;
	int64_t bytes;

	if (remote_check_name(remote->name, err) < 0)
		return -1;
	if (!value)
		return err_set(err, EINVAL, "%s: not set", url);
	if (parse_url(value, &remote->scheme, &location, err) < 0)
		return err_prefix(err, "%s", url);
	remote->url = g_strdup(value);
	remote->location = from_home(location);
	if (read_audience(remote, config, err) < 0 ||
	    read_from(remote, config, err) < 0 ||
	    read_git(remote, config, err) < 0 ||
	    config_get_int(config, limit, limits, limit_usual, &bytes, err) <
		    0 ||
	    config_get_int(config, timeout, timeouts, TIMEOUT, &remote->timeout,
			   err) < 0)
		return -1;
	remote->timeout *= 1000;
	remote->limit = (uint64_t)bytes;
	return 0;
}

static void free_remote(gpointer remote)
{
	remote_free(remote);
}

int remote_list(const struct config *config, GPtrArray **remotes_r,
		struct err *err)
{
	AUTO(ptrs)
	GPtrArray *remotes = g_ptr_array_new_with_free_func(free_remote);
	AUTO(ptrs) GPtrArray *names = config_sections(config, "remote");

	for (guint i = 0; i < names->len; i++) {
		struct remote *remote = g_new0(struct remote, 1);

		g_ptr_array_add(remotes, remote);
		remote->name = g_strdup(names->pdata[i]);
		if (read_remote(remote, config, err) < 0)
			return -1;
	}
	*remotes_r = take(remotes);
	return 0;
}
