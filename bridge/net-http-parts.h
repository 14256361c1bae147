/* SPDX-License-Identifier: ISC */
/* What the files of HTTP share. */
#ifndef BRIDGE_NET_HTTP_PARTS_H
#define BRIDGE_NET_HTTP_PARTS_H

#include <curl/curl.h>

#include "net-http.h"

struct http {
	CURL *curl;               /* owned, as is all else but the token */
	struct curl_slist *plain; /* headers */
	struct curl_slist *typed; /* the same, for a body that is no form */
	char *base;               /* "http://127.0.0.1:5001" */
	char *name;               /* "127.0.0.1:5001"; NULL: a site's */
	const char *token;        /* borrowed */
	int64_t timeout_ms;
};

#endif
