/* SPDX-License-Identifier: ISC */
/* What the files of a Kubo client share. */
#ifndef BRIDGE_KUBO_PARTS_H
#define BRIDGE_KUBO_PARTS_H

#include "json.h"
#include "kubo.h"

struct kubo {
	struct http *http; /* owned */
	char *token;       /* owned, secret_new(); NULL: none */
	int64_t timeout_ms;
};

enum { KUBO_ANSWER = 1 << 16 /* bytes of a short answer at most */ };

/* The time for a call that the node is told to end after `timeout_ms`: it gets
 * to say why. */
int64_t kubo_patience(const struct kubo *kubo, int64_t timeout_ms);

/* Make the call. `answer_r` tells of the answer also where it is a failure; its
 * status is 0 where there was none. */
int kubo_call(struct kubo *kubo, const struct http_request *request,
	      struct http_answer *answer_r, struct err *err);

/* The same without a body, with the answer in `out`, up to `limit` bytes. */
struct kubo_question {
	const char *path; /* borrowed */
	int64_t timeout_ms;
	size_t limit;
};
int kubo_ask(struct kubo *kubo, const struct kubo_question *question,
	     GByteArray *out, struct http_answer *answer_r, struct err *err);

/* The next of the JSON objects in `out`, a line each, from *at on. 1 (the
 * caller frees it), 0 at the end, -1: EPROTO, or EREMOTEIO if the node says
 * there that it failed. */
int kubo_line(const struct kubo *kubo, const GByteArray *out, size_t *at,
	      struct json **json_r, struct err *err);

#endif
