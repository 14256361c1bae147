/* SPDX-License-Identifier: ISC */
/* Where requests go, and by what rules. */
#include "net-http.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <arpa/inet.h>
#include <glib.h>

#include "net-http-parts.h"
#include "net-memory.h"

static const char unix_scheme[] = "unix:";

const char *http_name(const struct http *http)
{
	return http->name;
}

static bool is_loopback(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "[::1]") == 0 || strcmp(host, "localhost") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 &&
	       ntohl(address.s_addr) >> 24 == 127;
}

/* A part of a URL, "" if it has none. Caller frees. */
static char *part_of(CURLU *url, CURLUPart part)
{
	char *text = NULL, *copy;

	if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
		return g_strdup("");
	copy = g_strdup(text);
	curl_free(text);
	return copy;
}

static int check_url(CURLU *url, struct err *err)
{
	static const CURLUPart none[] = { CURLUPART_USER, CURLUPART_PASSWORD,
					  CURLUPART_OPTIONS, CURLUPART_QUERY,
					  CURLUPART_FRAGMENT };
	AUTO(str) char *scheme = part_of(url, CURLUPART_SCHEME);
	AUTO(str) char *host = part_of(url, CURLUPART_HOST);
	AUTO(str) char *path = part_of(url, CURLUPART_PATH);

	for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
		AUTO(str) char *part = part_of(url, none[i]);

		if (*part)
			return err_set(err, EINVAL,
				       "a node's address has a host and a "
				       "port and no more");
	}
	if (*path && strcmp(path, "/") != 0)
		return err_set(err, EINVAL, "a node's address has no path");
	if (strcmp(scheme, "https") == 0)
		return 0;
	if (strcmp(scheme, "http") != 0)
		return err_set(err, EINVAL,
			       "a node is reached by http, https "
			       "or unix");
	if (!is_loopback(host))
		return err_set(err, EINVAL,
			       "%s is not this machine: https is needed", host);
	return 0;
}

static int set_url(struct http *http, CURLU *url, const char *text,
		   struct err *err)
{
	AUTO(str) char *scheme = NULL, *host = NULL, *port = NULL;

	if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
		return err_set(err, EINVAL, "not the address of a node");
	if (check_url(url, err) < 0)
		return -1;
	scheme = part_of(url, CURLUPART_SCHEME);
	host = part_of(url, CURLUPART_HOST);
	port = part_of(url, CURLUPART_PORT);
	http->name =
		*port ? g_strdup_printf("%s:%s", host, port) : g_strdup(host);
	http->base = g_strdup_printf("%s://%s", scheme, http->name);
	if (strcmp(scheme, "http") == 0) /* no proxy gets to see it */
		(void)curl_easy_setopt(http->curl, CURLOPT_PROXY, "");
	return 0;
}

static int set_place(struct http *http, const char *text, struct err *err)
{
	const char *path = text + strlen(unix_scheme);
	CURLU *url;
	int result;

	if (g_str_has_prefix(text, unix_scheme)) {
		if (*path != '/' || strlen(path) > 107)
			return err_set(err, EINVAL,
				       "not the whole path of a socket");
		http->name = g_strdup(path);
		http->base = g_strdup("http://localhost");
		(void)curl_easy_setopt(http->curl, CURLOPT_UNIX_SOCKET_PATH,
				       path);
		(void)curl_easy_setopt(http->curl, CURLOPT_PROXY, "");
		return 0;
	}
	url = curl_url();
	if (!url)
		g_error("libcurl does not start");
	result = set_url(http, url, text, err);
	curl_url_cleanup(url);
	return result;
}

static void set_rules(struct http *http)
{
	CURL *curl = http->curl;

	http->plain = curl_slist_append(NULL, "Expect:"); /* do not wait */
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->plain);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "defms");
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_SSLVERSION,
			       (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			       (long)http->timeout_ms);
	if (!http->token)
		return;
	(void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
	(void)curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, http->token);
}

void http_close(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->plain);
	curl_slist_free_all(http->typed);
	g_free(http->name);
	g_free(http->base);
	g_free(http);
	curl_global_cleanup(); /* counts, as its counterpart */
}

static struct http *http_new(const char *token, int64_t timeout_ms)
{
	struct http *http = g_new0(struct http, 1);

	(void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, net_memory_new,
				   net_memory_free, net_memory_resized,
				   net_memory_copy, net_memory_zeroed);
	(void)signal(SIGPIPE, SIG_IGN); /* the library writes to the socket */
	http->curl = curl_easy_init();
	if (!http->curl)
		g_error("libcurl does not start");
	http->token = token;
	http->timeout_ms = timeout_ms;
	return http;
}

int http_open(const char *url, const char *token, int64_t timeout_ms,
	      struct http **http_r, struct err *err)
{
	AUTO(http) struct http *http = http_new(token, timeout_ms);

	if (set_place(http, url, err) < 0)
		return -1; /* without the address: a password may be in it */
	set_rules(http);
	*http_r = take(http);
	return 0;
}

static int set_site(struct http *http, const char *text, struct err *err)
{
	static const char scheme[] = "https://";
	size_t start = strlen(scheme);

	if (!g_str_has_prefix(text, scheme) || strpbrk(text, "?#") ||
	    text[start + strcspn(text + start, "/@")] == '@')
		return err_set(err, EINVAL,
			       "a site is https, a host and a path");
	http->base = g_strdup(text);
	return 0;
}

/* "git/" at its front is what some hosts know git by. */
static void set_login(struct http *http, const struct http_site *site)
{
	CURL *curl = http->curl;

	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "git/2.0 (defms)");
	if (site->ca_file) {
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, site->ca_file);
		(void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (!site->user)
		return;
	(void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	(void)curl_easy_setopt(curl, CURLOPT_USERNAME, site->user);
	(void)curl_easy_setopt(curl, CURLOPT_PASSWORD, site->password);
}

int http_open_site(const struct http_site *site, struct http **http_r,
		   struct err *err)
{
	AUTO(http) struct http *http = http_new(NULL, site->timeout_ms);

	if (set_site(http, site->url, err) < 0)
		return -1;
	set_rules(http);
	set_login(http, site);
	*http_r = take(http);
	return 0;
}
