/* SPDX-License-Identifier: ISC */
/* One easy handle, whose connection libcurl keeps open. What is sent cannot be
 * sent twice, as it comes out of a source; so a request with a body gets a new
 * connection: none that the server is just closing. */
#include "net-http.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <glib.h>

static const char unix_scheme[] = "unix:";

struct http {
	CURL *curl;               /* owned, as is all else but the token */
	struct curl_slist *plain; /* headers */
	char *name, *base;        /* base: "http://127.0.0.1:5001" */
	const char *token;        /* borrowed */
	int64_t timeout_ms;
};

/* A request on its way. */
struct exchange {
	struct http *http;
	const struct http_request *request;
	struct http_answer *answer;
	struct err *err;
	bool failed;    /* by the source or the sink, which filled `err` */
	size_t problem; /* bytes of it */
	char words[CURL_ERROR_SIZE]; /* libcurl's own */
};

const char *http_name(const struct http *http)
{
	return http->name;
}

char *http_escape(const char *text)
{
	return g_uri_escape_string(text, NULL, FALSE);
}

/* -- opening --------------------------------------------------------------- */

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
	(void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
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
	g_free(http->name);
	g_free(http->base);
	g_free(http);
	curl_global_cleanup(); /* counts, as its counterpart */
}

int http_open(const char *url, const char *token, int64_t timeout_ms,
	      struct http **http_r, struct err *err)
{
	AUTO(http) struct http *http = g_new0(struct http, 1);

	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	(void)signal(SIGPIPE, SIG_IGN); /* the library writes to the socket */
	http->curl = curl_easy_init();
	if (!http->curl)
		g_error("libcurl does not start");
	http->token = token;
	http->timeout_ms = timeout_ms;
	if (set_place(http, url, err) < 0)
		return -1; /* without the address: a password may be in it */
	set_rules(http);
	*http_r = take(http);
	return 0;
}

/* -- sources and sinks ----------------------------------------------------- */

int http_from_file(void *file, void *buf, size_t size, size_t *size_r,
		   struct err *err)
{
	*size_r = fread(buf, 1, size, file);
	if (ferror(file))
		return err_sys(err, "read");
	return *size_r > 0;
}

int http_from_bytes(void *bytes, void *buf, size_t size, size_t *size_r,
		    struct err *err)
{
	struct http_bytes *from = bytes;

	(void)err;
	*size_r = MIN(size, from->size);
	memcpy(buf, from->data, *size_r);
	from->data += *size_r;
	from->size -= *size_r;
	return *size_r > 0;
}

int http_to_bytes(void *limited, const void *data, size_t size, struct err *err)
{
	struct http_limited *to = limited;

	if (size > to->limit - MIN(to->limit, to->out->len))
		return err_set(err, EPROTO, "an answer of more than %zu bytes",
			       to->limit);
	(void)g_byte_array_append(to->out, data, (guint)size);
	return 0;
}

/* -- a request ------------------------------------------------------------- */

static size_t on_read(char *buf, size_t one, size_t size, void *user)
{
	struct exchange *exchange = user;
	const struct http_request *request = exchange->request;
	size_t got = 0;
	int more = request->source(request->source_user, buf, one * size, &got,
				   exchange->err);

	if (more < 0) {
		exchange->failed = true;
		return CURL_READFUNC_ABORT;
	}
	return more == 0 ? 0 : got;
}

static void keep_problem(struct exchange *exchange, const char *data,
			 size_t size)
{
	char *problem = exchange->answer->problem;
	size_t room = sizeof(exchange->answer->problem) - 1;

	size = MIN(size, room - exchange->problem);
	memcpy(problem + exchange->problem, data, size);
	exchange->problem += size;
	problem[exchange->problem] = '\0';
}

static size_t on_write(char *data, size_t one, size_t size, void *user)
{
	struct exchange *exchange = user;
	const struct http_request *request = exchange->request;
	long status = 0;

	size *= one;
	(void)curl_easy_getinfo(exchange->http->curl, CURLINFO_RESPONSE_CODE,
				&status);
	if (status != 200) {
		keep_problem(exchange, data, size);
		/* more of it is of no use; the answer is broken off */
		return exchange->problem + 1 < sizeof(exchange->answer->problem)
			       ? size
			       : 0;
	}
	if (request->sink(request->sink_user, data, size, exchange->err) < 0) {
		exchange->failed = true;
		return 0;
	}
	return size;
}

/* Headers and, after the body, trailers. */
static size_t on_header(char *line, size_t one, size_t size, void *user)
{
	static const char name[] = "X-Stream-Error:";
	struct exchange *exchange = user;
	size_t start = sizeof(name) - 1;

	size *= one;
	if (size < start || g_ascii_strncasecmp(line, name, start) != 0)
		return size;
	(void)g_snprintf(exchange->answer->late, sizeof(exchange->answer->late),
			 "%.*s", (int)(size - start), line + start);
	(void)g_strstrip(exchange->answer->late);
	return size;
}

static curl_mime *form_of(struct exchange *exchange)
{
	curl_mime *form = curl_mime_init(exchange->http->curl);
	curl_mimepart *part = curl_mime_addpart(form);

	if (!part)
		g_error("out of memory");
	(void)curl_mime_name(part, "file");
	(void)curl_mime_filename(part, "file");
	(void)curl_mime_type(part, "application/octet-stream");
	(void)curl_mime_data_cb(part, -1, on_read, NULL, NULL, exchange);
	return form;
}

static int connect_code(CURL *curl)
{
	long code = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &code);
	/* a socket that is not there: its server has not begun */
	return code == 0 || code == ENOENT ? ECONNREFUSED : (int)code;
}

static int err_curl(const struct exchange *exchange, CURLcode code)
{
	struct err *err = exchange->err;
	int why = connect_code(exchange->http->curl);

	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(err, EHOSTUNREACH, "no such host");
	case CURLE_COULDNT_CONNECT:
		return err_set(err, why, "%s", g_strerror(why));
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ETIMEDOUT, "no answer in time");
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(err, EPERM,
			       "the certificate is not to be trusted: %s",
			       exchange->words);
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SSL_CONNECT_ERROR:
		return err_set(err, ECONNRESET, "the connection is lost");
	default:
		return err_set(err, EPROTO, "%s", curl_easy_strerror(code));
	}
}

static void set_request(struct exchange *exchange, const char *url,
			curl_mime *form)
{
	const struct http_request *request = exchange->request;
	CURL *curl = exchange->http->curl;

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
			       (long)request->timeout_ms);
	(void)curl_easy_setopt(
		curl, CURLOPT_LOW_SPEED_TIME,
		request->timeout_ms && !request->is_steady
			? 0L
			: (long)((exchange->http->timeout_ms + 999) / 1000));
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->words);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
	(void)curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, form ? 1L : 0L);
	if (form) {
		(void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
		return;
	}
	(void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
}

/* Nothing of the request is known any more. */
static void forget_request(CURL *curl)
{
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, NULL);
}

int http_post(struct http *http, const struct http_request *request,
	      struct http_answer *answer_r, struct err *err)
{
	struct exchange exchange = {
		.http = http, .request = request, .answer = answer_r, .err = err
	};
	AUTO(str) char *url = g_strconcat(http->base, request->path, NULL);
	curl_mime *form = request->source ? form_of(&exchange) : NULL;
	CURLcode code;

	*answer_r = (struct http_answer){ 0 };
	set_request(&exchange, url, form);
	code = curl_easy_perform(http->curl);
	forget_request(http->curl);
	curl_mime_free(form);
	(void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE,
				&answer_r->status);
	if (exchange.failed)
		return err_prefix(err, "%s", http->name);
	if (code == CURLE_OK ||
	    (code == CURLE_WRITE_ERROR && answer_r->status != 200))
		return 0;
	(void)err_curl(&exchange, code);
	return err_prefix(err, "%s", http->name);
}
