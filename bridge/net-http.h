/* SPDX-License-Identifier: ISC */
/* HTTP to a node, or to a site that has a path: requests, one after the other,
 * over one connection.
 *
 * Plain HTTP goes to this machine alone: its loopback addresses or a unix
 * socket. To anywhere else it is https, TLS 1.2 or later with a certificate
 * that is verified. No redirect is followed. Nothing that is read has a limit
 * but that of its sink, everything that is waited for has one.
 *
 * A failure is one line that begins with the server, as in "127.0.0.1:5001";
 * its code:
 *
 *	ETIMEDOUT ECONNREFUSED ECONNRESET EHOSTUNREACH ...	later
 *	EPERM	a certificate that nobody vouches for
 *	EINVAL	there is no such file of those who may vouch
 *	EPROTO	not HTTP */
#ifndef BRIDGE_NET_HTTP_H
#define BRIDGE_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/err.h"

struct http;

/* Prepare for requests to `url`: http://127.0.0.1:5001 (or [::1], or
 * localhost), https://HOST[:PORT], unix:/PATH/OF/SOCKET; without a path and
 * credentials, else EINVAL. `token` (borrowed until the end; NULL: none) goes
 * along as "Authorization: Bearer". `timeout_ms` is for connecting, and for how
 * long nothing may come or go, in whole seconds. Nothing is connected yet. */
int http_open(const char *url, const char *token, int64_t timeout_ms,
	      struct http **http_r, struct err *err);

/* The same for a site elsewhere: https://HOST[:PORT]/PATH alone, to which the
 * paths of requests are added. Failures do not begin with its name. */
struct http_site {
	const char *url;
	const char *user;     /* NULL: nobody logs in */
	const char *password; /* sent at once, as HTTP's "Basic" */
	const char *ca_file;  /* NULL: the system's */
	int64_t timeout_ms;
};
int http_open_site(const struct http_site *site, struct http **http_r,
		   struct err *err);

void http_close(struct http *http);
AUTO_KIND(http, struct http, http_close)

/* "127.0.0.1:5001", or the socket; of a node alone; borrowed. */
const char *http_name(const struct http *http);

/* `text` with all but letters, digits and -._~ escaped. Caller frees. */
char *http_escape(const char *text);

/* Put up to `size` bytes of what is sent into `buf`. 1 and their number, 0 at
 * its end, -1: the request fails with `err`. */
typedef int http_source(void *user, void *buf, size_t size, size_t *size_r,
			struct err *err);

/* Take some bytes of the answer. -1: the request fails with `err`. */
typedef int http_sink(void *user, const void *data, size_t size,
		      struct err *err);

/* Sources and sinks that are often wanted; `user` is a FILE *, or the struct of
 * that name. */
struct http_bytes {
	const uint8_t *data; /* borrowed; what is left */
	size_t size;
};
struct http_limited {
	GByteArray *out; /* borrowed */
	size_t limit;    /* bytes in it; EPROTO for more */
};
int http_from_file(void *file, void *buf, size_t size, size_t *size_r,
		   struct err *err);
int http_from_bytes(void *bytes, void *buf, size_t size, size_t *size_r,
		    struct err *err);
int http_to_bytes(void *limited, const void *data, size_t size,
		  struct err *err);

struct http_request {
	const char *path;   /* "/api/v0/id?..." , escaped; borrowed */
	int64_t timeout_ms; /* for all of it; 0: none, but http_open()'s */
	bool is_steady;     /* http_open()'s holds besides */
	long least; /* bytes a second, on average, during that; 0: some */
	http_source *source; /* NULL: no body */
	void *source_user;
	const char *type; /* of the body; NULL: it is a form with one file */
	uint64_t size;    /* of a body that is no form */
	http_sink *sink;  /* gets the body of an answer of status 200 */
	void *sink_user;
};

/* What else there is of an answer. */
struct http_answer {
	long status;
	char type[64];      /* "text/html", or "" */
	char problem[1024]; /* the body's start, if the status is not 200 */
	char late[512];     /* the trailer X-Stream-Error, else "" */
};

/* 0: there is an answer, of whatever status, to its end. */
int http_get(struct http *http, const struct http_request *request,
	     struct http_answer *answer_r, struct err *err);
int http_post(struct http *http, const struct http_request *request,
	      struct http_answer *answer_r, struct err *err);

#endif
