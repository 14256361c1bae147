/* SPDX-License-Identifier: ISC */
/* IPNS records are made and signed here (ipns.h): the node never gets to know a
 * key, it only carries them. */
#include "kubo.h"

#include <errno.h>
#include <string.h>

#include "kubo-parts.h"

int kubo_name_put(struct kubo *kubo, const char *name, const GByteArray *record,
		  struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(str) char *escaped = http_escape(name);
	AUTO(str)
	char *path = g_strdup_printf("/api/v0/name/put?arg=%s"
				     "&allow-offline=true",
				     escaped);
	struct http_bytes bytes = { record->data, record->len };
	struct http_limited limited = { out, KUBO_ANSWER };
	struct http_request request = { .path = path,
					.timeout_ms = kubo->timeout_ms,
					.source = http_from_bytes,
					.source_user = &bytes,
					.sink = http_to_bytes,
					.sink_user = &limited };
	struct http_answer answer;

	if (kubo_call(kubo, &request, &answer, err) == 0)
		return 0;
	if (err && strstr(answer.problem, "existing IPNS record has sequence"))
		err->code = EEXIST;
	return -1;
}

int kubo_name_get(struct kubo *kubo, const char *name, int64_t timeout_ms,
		  GByteArray *record, struct err *err)
{
	AUTO(str) char *escaped = http_escape(name);
	AUTO(str)
	char *path = g_strdup_printf("/api/v0/name/get?arg=%s"
				     "&timeout=%" G_GINT64_FORMAT "ms",
				     escaped, timeout_ms);
	const struct kubo_question question = { path,
						kubo_patience(kubo, timeout_ms),
						record->len +
							KUBO_IPNS_RECORD };
	struct http_answer answer;

	if (kubo_ask(kubo, &question, record, &answer, err) == 0)
		return 1;
	return answer.status == 500 &&
			       (strstr(answer.problem, "not found") ||
				strstr(answer.problem, "could not resolve") ||
				strstr(answer.problem, "deadline exceeded"))
		       ? 0
		       : -1;
}
