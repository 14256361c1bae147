/* SPDX-License-Identifier: ISC */
/* Authentication-Results (RFC 8601 2.2), as far as DKIM goes (2.7.1):
 *
 *	mx.example.org; dkim=pass header.d=example.net header.s=a; spf=...
 *
 * The first word is the id of the server that looked; then come results between
 * ";". A server takes away fields that bear its id when mail comes in, so the
 * topmost one with the id of mine is its own. Comments and quoted strings (RFC
 * 5322 3.2) may stand anywhere: both are taken out first. */
#include "learn.h"

#include <string.h>

#include "defms/message.h"
#include "mime-field.h"

/* Comments become a space, quotes go. A ";" or a space that was quoted is no
 * separator: it becomes a "?", which no domain has. */
static char *without_comments(const char *text)
{
	GString *out = g_string_new(NULL);
	unsigned depth = 0;
	bool quoted = false;

	for (; *text; text++) {
		bool escaped = *text == '\\' && text[1];

		text += escaped;
		if (!escaped && !quoted && *text == '(') {
			depth++;
		} else if (!escaped && depth > 0 && *text == ')') {
			if (--depth == 0)
				g_string_append_c(out, ' ');
		} else if (depth > 0) {
			continue;
		} else if (!escaped && *text == '"') {
			quoted = !quoted;
		} else {
			bool plain = !quoted && !escaped;

			g_string_append_c(out, plain || !strchr("; \t=", *text)
						       ? *text
						       : '?');
		}
	}
	return g_string_free(out, FALSE);
}

/* Is it by one of these? A version may follow the id. */
static bool is_by(const char *results, const GPtrArray *trusted)
{
	size_t start = strspn(results, " \t");
	size_t size = strcspn(results + start, "; \t");
	AUTO(str) char *id = g_strndup(results + start, size);

	for (guint i = 0; i < trusted->len; i++)
		if (g_ascii_strcasecmp(id, trusted->pdata[i]) == 0)
			return true;
	return false;
}

/* The value of `name` in one result, in which white space may stand around the
 * "="; NULL if it is not there. Caller frees. */
static char *value_of(const char *result, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = result; *at;) {
		size_t word;

		at += strspn(at, " \t");
		word = strcspn(at, " \t=");
		if (word == size && g_ascii_strncasecmp(at, name, size) == 0) {
			at += size;
			at += strspn(at, " \t");
			if (*at++ != '=')
				return NULL;
			at += strspn(at, " \t");
			return g_strndup(at, strcspn(at, " \t"));
		}
		at += word + (at[word] != '\0');
	}
	return NULL;
}

/* Is it about a signature of this domain: header.d, else that of header.i? */
static bool is_about(const char *result, const char *domain)
{
	AUTO(str) char *signer = value_of(result, "header.d");
	AUTO(str) char *agent = NULL;
	const char *at;

	if (signer)
		return g_ascii_strcasecmp(signer, domain) == 0;
	agent = value_of(result, "header.i");
	at = agent ? strrchr(agent, '@') : NULL;
	return at && g_ascii_strcasecmp(at + 1, domain) == 0;
}

static enum learn_dkim judge(const char *results, const char *domain)
{
	char **parts = g_strsplit(results, ";", -1);
	enum learn_dkim verdict = DKIM_UNKNOWN;

	for (char **part = parts[0] ? parts + 1 : parts; *part; part++) {
		AUTO(str) char *method = NULL;

		g_strstrip(*part);
		if (g_ascii_strncasecmp(*part, "dkim", 4) == 0)
			method = value_of(*part, "dkim");
		if (!method || !is_about(*part, domain))
			continue;
		if (g_ascii_strcasecmp(method, "pass") == 0)
			verdict = DKIM_PASSED;
		else if (verdict == DKIM_UNKNOWN &&
			 (g_ascii_strcasecmp(method, "fail") == 0 ||
			  g_ascii_strcasecmp(method, "policy") == 0))
			verdict = DKIM_REFUSED;
	}
	g_strfreev(parts);
	return verdict;
}

enum learn_dkim learn_dkim(const GByteArray *trace, const GPtrArray *trusted,
			   const char *domain)
{
	struct trace_iter it =
		trace_iter(trace ? trace->data : NULL, trace ? trace->len : 0);
	struct trace_entry entry;

	while (trusted->len > 0 && trace_next(&it, &entry, NULL) > 0) {
		const char *text = (const char *)entry.data;
		struct field_iter fields = { text, text + entry.size };
		AUTO(str) char *line = NULL;
		AUTO(str) char *results = NULL;
		struct field field;

		if (!field_next(&fields, &field) ||
		    !field_is(&field, "Authentication-Results"))
			continue;
		line = field_line(&field, FIELD_TEXT);
		results = without_comments(line);
		if (is_by(results, trusted))
			return judge(results, domain);
	}
	return DKIM_UNKNOWN;
}
