/* SPDX-License-Identifier: ISC */
/* One easy handle, whose connection libcurl keeps open. What is sent cannot be
 * sent twice, as it comes out of a source; so a request with a body gets a new
 * connection: none that the server is just closing. */
#include "net-http.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "net-http-parts.h"

/* A request on its way. */
struct exchange {
	struct http *http;
	const struct http_request *request;
	struct http_answer *answer;
	struct err *err;
	bool is_get;
	bool failed;    /* by the source or the sink, which filled `err` */
	size_t problem; /* bytes of it */
	char words[CURL_ERROR_SIZE]; /* libcurl's own */
};

char *http_escape(const char *text)
{
	return g_uri_escape_string(text, NULL, FALSE);
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
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(err, EINVAL, "caFile cannot be read");
	default:
		return err_set(err, EPROTO, "%s", curl_easy_strerror(code));
	}
}

/* A body of known size, of a type of its own. */
static void set_body(struct exchange *exchange)
{
	const struct http_request *request = exchange->request;
	struct http *http = exchange->http;
	AUTO(str)
	char *type = g_strconcat("Content-Type: ", request->type, NULL);

	curl_slist_free_all(http->typed);
	http->typed = curl_slist_append(NULL, "Expect:");
	http->typed = curl_slist_append(http->typed, type);
	(void)curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->typed);
	(void)curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, NULL);
	(void)curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE,
			       (curl_off_t)request->size);
	(void)curl_easy_setopt(http->curl, CURLOPT_READFUNCTION, on_read);
	(void)curl_easy_setopt(http->curl, CURLOPT_READDATA, exchange);
}

static void set_no_body(CURL *curl)
{
	(void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
}

static void set_request(struct exchange *exchange, const char *url,
			curl_mime *form)
{
	const struct http_request *request = exchange->request;
	CURL *curl = exchange->http->curl;

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
			       (long)request->timeout_ms);
	(void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT,
			       MAX(request->least, 1L));
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
	(void)curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT,
			       request->source ? 1L : 0L);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->http->plain);
	if (form)
		(void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
	else if (request->source)
		set_body(exchange);
	else if (exchange->is_get)
		(void)curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	else
		set_no_body(curl);
}

/* Nothing of the request is known any more. */
static void forget_request(CURL *curl)
{
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, NULL);
	(void)curl_easy_setopt(curl, CURLOPT_READDATA, NULL);
}

/* What is known of the answer's start. */
static void note_answer(CURL *curl, struct http_answer *answer)
{
	char *type = NULL;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	(void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	(void)g_strlcpy(answer->type, type ? type : "", sizeof(answer->type));
}

static int blame(const struct exchange *exchange)
{
	const char *name = exchange->http->name;

	return name ? err_prefix(exchange->err, "%s", name) : -1;
}

static int perform(struct exchange *exchange)
{
	struct http *http = exchange->http;
	const struct http_request *request = exchange->request;
	struct http_answer *answer = exchange->answer;
	AUTO(str) char *url = g_strconcat(http->base, request->path, NULL);
	curl_mime *form = NULL;
	CURLcode code;

	*answer = (struct http_answer){ 0 };
	if (request->source && !request->type)
		form = form_of(exchange);
	set_request(exchange, url, form);
	code = curl_easy_perform(http->curl);
	forget_request(http->curl);
	curl_mime_free(form);
	note_answer(http->curl, answer);
	if (exchange->failed)
		return blame(exchange);
	if (code == CURLE_OK ||
	    (code == CURLE_WRITE_ERROR && answer->status != 200))
		return 0;
	(void)err_curl(exchange, code);
	return blame(exchange);
}

int http_get(struct http *http, const struct http_request *request,
	     struct http_answer *answer_r, struct err *err)
{
	struct exchange exchange = { .http = http,
				     .request = request,
				     .answer = answer_r,
				     .err = err,
				     .is_get = true };

	return perform(&exchange);
}

int http_post(struct http *http, const struct http_request *request,
	      struct http_answer *answer_r, struct err *err)
{
	struct exchange exchange = {
		.http = http, .request = request, .answer = answer_r, .err = err
	};

	return perform(&exchange);
}
