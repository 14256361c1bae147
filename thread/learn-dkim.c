/* SPDX-License-Identifier: ISC */
/* Authentication-Results (RFC 8601 2.2), as far as DKIM goes (2.7.1):
 *
 *	mx.example.org; dkim=pass header.d=example.net header.s=a; spf=...
 *
 * The first word is the id of the server that looked; then come results between
 * ";". A server takes away fields that bear its id when mail comes in, so the
 * topmost one with the id of mine is its own. Comments and quoted strings (RFC
 * 5322 3.2) may stand anywhere: both are taken out first.
 *
 * A DKIM-Signature (RFC 6376 3.5) holds for the fields that its h= names. To a
 * mail of somebody else's that was signed anybody can add a Defms-Key, and it
 * passes as before: so it has to be among them. */
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

/* The value of a tag in "v=1; d=example.net; h=from : to"; NULL if it is not
 * there. Caller frees. */
static char *tag_of(const char *tags, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(tags, ";", -1);

	for (char **part = parts; *part; part++) {
		char *equals = strchr(*part, '=');

		if (!equals)
			continue;
		*equals = '\0';
		if (strcmp(g_strstrip(*part), name) == 0)
			return g_strstrip(g_strdup(equals + 1));
	}
	return NULL;
}

static bool names_key(const char *fields)
{
	g_auto(GStrv) names = g_strsplit(fields, ":", -1);

	for (char **name = names; *name; name++)
		if (g_ascii_strcasecmp(g_strstrip(*name), "Defms-Key") == 0)
			return true;
	return false;
}

/* Which of several it was that passed is not said. */
static bool leaves_key_out(const char *signature, const char *domain)
{
	AUTO(str) char *signer = tag_of(signature, "d");
	AUTO(str) char *fields = tag_of(signature, "h");

	return signer && g_ascii_strcasecmp(signer, domain) == 0 &&
	       (!fields || !names_key(fields));
}

/* The value of a field of this name; NULL if it has another. Caller frees. */
static char *value_if(const struct trace_entry *entry, const char *name)
{
	const char *text = (const char *)entry->data;
	struct field_iter fields = { text, text + entry->size };
	struct field field;

	if (!field_next(&fields, &field) || !field_is(&field, name))
		return NULL;
	return field_line(&field, FIELD_TEXT);
}

/* Does any signature of `domain` not hold for the Defms-Key? */
static bool is_key_unsigned(const GByteArray *trace, const char *domain)
{
	struct trace_iter it = trace_iter(trace->data, trace->len);
	struct trace_entry entry;

	while (trace_next(&it, &entry, NULL) > 0) {
		AUTO(str) char *line = value_if(&entry, "DKIM-Signature");

		if (line && leaves_key_out(line, domain))
			return true;
	}
	return false;
}

enum learn_dkim learn_dkim(const GByteArray *trace, const GPtrArray *trusted,
			   const char *domain)
{
	struct trace_iter it =
		trace_iter(trace ? trace->data : NULL, trace ? trace->len : 0);
	struct trace_entry entry;

	while (trusted->len > 0 && trace_next(&it, &entry, NULL) > 0) {
		AUTO(str)
		char *line = value_if(&entry, "Authentication-Results");
		AUTO(str) char *results = NULL;
		enum learn_dkim verdict;

		if (!line)
			continue;
		results = without_comments(line);
		if (!is_by(results, trusted))
			continue;
		verdict = judge(results, domain);
		return verdict == DKIM_PASSED && is_key_unsigned(trace, domain)
			       ? DKIM_UNKNOWN
			       : verdict;
	}
	return DKIM_UNKNOWN;
}
