/* SPDX-License-Identifier: ISC */
/* The part message/delivery-status is blocks of fields, an empty line between:
 * first those of the message, then of each recipient. */
#include "bounce.h"

#include <errno.h>
#include <string.h>

#include "mime-charset.h"

enum {
	PART = 256 * 1024, /* bytes of a part that are looked at */
	VALUE = 900,       /* and of a value */
	RECIPIENTS = 1000,
};

static void recipient_free(gpointer data)
{
	struct bounce_recipient *recipient = data;

	g_free(recipient->final);
	g_free(recipient->original);
	g_free(recipient->reason);
	g_free(recipient);
}

void bounce_free(struct bounce *bounce)
{
	if (!bounce)
		return;
	g_free(bounce->envid);
	g_free(bounce->msgid);
	g_ptr_array_unref(bounce->failed);
	g_free(bounce);
}

/* -- fields ---------------------------------------------------------------- */

/* A block's fields: name in lower case -> value, unfolded; the first of a name.
 * *at_r moves behind it and its empty line. */
static GHashTable *read_block(const char **at_r)
{
	GHashTable *fields =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	const char *at = *at_r;

	while (*at && *at != '\n') {
		const char *end = at + strcspn(at, "\n");
		const char *colon = memchr(at, ':', (size_t)(end - at));
		char *name, *value;

		while (end[0] == '\n' && (end[1] == ' ' || end[1] == '\t'))
			end += 1 + strcspn(end + 1, "\n");
		if (colon) {
			name = g_ascii_strdown(at, colon - at);
			value = charset_line(colon + 1,
					     (size_t)(end - colon - 1), VALUE);
			if (!g_hash_table_contains(fields, name))
				(void)g_hash_table_insert(fields, name,
							  g_strstrip(value));
			else
				g_free(name), g_free(value);
		}
		at = *end ? end + 1 : end;
	}
	while (*at == '\n')
		at++;
	*at_r = at;
	return fields;
}

/* What follows the type: "rfc822; bob@example.org". Caller frees. */
static char *typed_value(GHashTable *fields, const char *name)
{
	const char *value = g_hash_table_lookup(fields, name);
	const char *semicolon = value ? strchr(value, ';') : NULL;

	return semicolon ? g_strstrip(g_strdup(semicolon + 1)) : NULL;
}

static void add_recipient(GHashTable *fields, struct bounce *bounce)
{
	const char *action = g_hash_table_lookup(fields, "action");
	const char *status = g_hash_table_lookup(fields, "status");
	struct bounce_recipient *recipient;

	if (!action || g_ascii_strncasecmp(action, "failed", 6) != 0 ||
	    bounce->failed->len == RECIPIENTS)
		return;
	recipient = g_new0(struct bounce_recipient, 1);
	recipient->final = typed_value(fields, "final-recipient");
	recipient->original = typed_value(fields, "original-recipient");
	recipient->reason = typed_value(fields, "diagnostic-code");
	if (!recipient->reason)
		recipient->reason = g_strdup(status ? status : "no reason");
	g_ptr_array_add(bounce->failed, recipient);
}

/* -- parts ----------------------------------------------------------------- */

static const char *const status_types[] = { "message/delivery-status",
					    "message/global-delivery-status",
					    NULL };
static const char *const returned_types[] = { "text/rfc822-headers",
					      "message/rfc822",
					      "message/global-headers",
					      "message/global", NULL };

/* The first leaf of one of these types; NULL if there is none. */
static const struct mime_attachment *find_part(const struct mime *mime,
					       const char *const *types)
{
	for (guint i = 0; i < mime->attachments->len; i++) {
		const struct mime_attachment *part =
			g_ptr_array_index(mime->attachments, i);

		if (g_strv_contains(types, part->type))
			return part;
	}
	return NULL;
}

/* Its first bytes, as text with LF; NULL if it is not there. */
static char *read_part(struct mime *mime, const char *const *types)
{
	const struct mime_attachment *part = find_part(mime, types);
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	struct err err;
	GString *text;

	if (!part ||
	    (mime_read_part(mime, part->number, PART, bytes, &err) < 0 &&
	     err.code != EFBIG))
		return NULL;
	text = g_string_new_len((const char *)bytes->data, bytes->len);
	(void)g_string_replace(text, "\r\n", "\n", 0);
	return g_string_free(text, FALSE);
}

static void read_status(const char *text, struct bounce *bounce)
{
	AUTO(table) GHashTable *message = read_block(&text);

	bounce->envid =
		g_strdup(g_hash_table_lookup(message, "original-envelope-id"));
	while (*text) {
		AUTO(table) GHashTable *fields = read_block(&text);

		add_recipient(fields, bounce);
	}
}

/* Of the message that comes back, or its header alone; NULL if it has none. */
static char *returned_msgid(struct mime *mime)
{
	AUTO(str) char *text = read_part(mime, returned_types);
	const char *end = text ? strstr(text, "\n\n") : NULL;
	AUTO(mime) struct mime *returned = NULL;

	if (!text)
		return NULL;
	returned =
		mime_parse(text, end ? (size_t)(end + 1 - text) : strlen(text));
	return returned->msgid[0] ? g_strdup(returned->msgid) : NULL;
}

int bounce_parse(struct mime *mime, struct bounce **bounce_r)
{
	AUTO(str) char *status = read_part(mime, status_types);
	AUTO(bounce) struct bounce *bounce = NULL;

	if (!status)
		return 0;
	bounce = g_new0(struct bounce, 1);
	bounce->failed = g_ptr_array_new_with_free_func(recipient_free);
	read_status(status, bounce);
	if (bounce->failed->len == 0)
		return 0;
	bounce->msgid = returned_msgid(mime);
	*bounce_r = take(bounce);
	return 1;
}

void bounce_follow(struct mime *mime)
{
	AUTO(str) char *msgid = NULL;

	if (mime->references->len > 0 || mime->in_reply_to->len > 0 ||
	    !find_part(mime, status_types))
		return;
	msgid = returned_msgid(mime);
	if (msgid && strcmp(msgid, mime->msgid) != 0)
		g_ptr_array_add(mime->in_reply_to, take(msgid));
}
