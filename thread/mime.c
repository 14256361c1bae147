/* SPDX-License-Identifier: ISC */
/* The header of a message in one pass, and what is made of its parts.
 *
 * Departures from RFC 5322, for mail as it is: a field that may stand once
 * counts the first time, but addresses of every To and Cc; a Date without
 * a zone is UTC; a Message-ID without <> is taken as it is. */
#include "defms/mime.h"

#include <stdbool.h>
#include <string.h>

#include "mime-charset.h"
#include "mime-field.h"
#include "mime-parts.h"
#include "mime-text.h"

enum field_name {
	FIELD_SUBJECT,
	FIELD_FROM,
	FIELD_TO,
	FIELD_CC,
	FIELD_BCC,
	FIELD_REPLY_TO,
	FIELD_MAIL_REPLY_TO,
	FIELD_MAIL_FOLLOWUP_TO,
	FIELD_SENDER,
	FIELD_DATE,
	FIELD_MESSAGE_ID,
	FIELD_LIST_ID,
	FIELD_GMAIL_LABELS,
	FIELD_STATUS,
	FIELD_X_STATUS,
	FIELD_REFERENCES,
	FIELD_IN_REPLY_TO,
	FIELD_DEFMS_KEY,
	FIELDS,
};

static const char *const field_names[FIELDS] = {
	[FIELD_SUBJECT] = "Subject",
	[FIELD_FROM] = "From",
	[FIELD_TO] = "To",
	[FIELD_CC] = "Cc",
	[FIELD_BCC] = "Bcc",
	[FIELD_REPLY_TO] = "Reply-To",
	[FIELD_MAIL_REPLY_TO] = "Mail-Reply-To",
	[FIELD_MAIL_FOLLOWUP_TO] = "Mail-Followup-To",
	[FIELD_SENDER] = "Sender",
	[FIELD_DATE] = "Date",
	[FIELD_MESSAGE_ID] = "Message-ID",
	[FIELD_LIST_ID] = "List-Id",
	[FIELD_GMAIL_LABELS] = "X-Gmail-Labels",
	[FIELD_STATUS] = "Status",
	[FIELD_X_STATUS] = "X-Status",
	[FIELD_REFERENCES] = "References",
	[FIELD_IN_REPLY_TO] = "In-Reply-To",
	[FIELD_DEFMS_KEY] = "Defms-Key",
};

struct header {
	struct field fields[FIELDS];   /* value NULL if missing */
	GString *lists[FIELD_BCC + 1]; /* owned; To, Cc and Bcc, unfolded */
	struct part_fields part;
	unsigned keys, froms;
	const char *body;
};

static bool field_lists_recipients(enum field_name name)
{
	return name == FIELD_TO || name == FIELD_CC || name == FIELD_BCC;
}

static void add_recipients(GString **list, const struct field *field)
{
	AUTO(str) char *line = field_line(field, FIELD_LIST);

	if (!*list)
		*list = g_string_new(NULL);
	if ((*list)->len + strlen(line) > FIELD_LIST)
		return;
	if ((*list)->len > 0)
		g_string_append(*list, ", ");
	g_string_append(*list, line);
}

static void header_take(struct header *header, const struct field *field)
{
	for (enum field_name i = 0; i < FIELDS; i++) {
		if (((field_names[i][0] ^ *field->name) & 0x5f) != 0 ||
		    !field_is(field, field_names[i]))
			continue;
		header->keys += i == FIELD_DEFMS_KEY;
		header->froms += i == FIELD_FROM;
		if (field_lists_recipients(i))
			add_recipients(&header->lists[i], field);
		else if (!header->fields[i].value)
			header->fields[i] = *field;
		return;
	}
	part_fields_take(&header->part, field);
}

static void header_read(struct header *header, const char *data, size_t size)
{
	struct field_iter it = { data, data + size };
	struct field field;

	while (field_next(&it, &field))
		header_take(header, &field);
	header->body = it.at;
}

/* The unfolded line of a field; "" if it is missing. */
static char *line_of(const struct header *header, enum field_name name)
{
	const struct field *field = &header->fields[name];

	return field->value ? field_line(field, FIELD_LIST) : g_strdup("");
}

static char *text_of(const struct header *header, enum field_name name)
{
	AUTO(str) char *line = line_of(header, name);

	return field_decode(line);
}

static GPtrArray *new_addresses(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
}

static const char *list_of(const struct header *header, enum field_name name)
{
	return header->lists[name] ? header->lists[name]->str : "";
}

static void header_release(struct header *header)
{
	for (size_t i = 0; i < G_N_ELEMENTS(header->lists); i++)
		if (header->lists[i])
			(void)g_string_free(header->lists[i], TRUE);
}

static char *addresses_of(const struct header *header, enum field_name name)
{
	AUTO(str) char *line = line_of(header, name);

	return field_decode_addresses(line);
}

static void set_addresses(struct mime *mime, const struct header *header)
{
	AUTO(str) char *from = line_of(header, FIELD_FROM);
	const char *to = list_of(header, FIELD_TO);
	const char *cc = list_of(header, FIELD_CC);

	mime->senders = new_addresses();
	mime->recipients = new_addresses();
	field_addresses(from, mime->senders);
	field_addresses(to, mime->recipients);
	field_addresses(cc, mime->recipients);
	mime->from = field_decode_addresses(from);
	mime->to = field_decode_addresses(to);
	mime->cc = field_decode_addresses(cc);
	mime->bcc = field_decode_addresses(list_of(header, FIELD_BCC));
	mime->reply_to = addresses_of(header, FIELD_REPLY_TO);
	mime->mail_reply_to = addresses_of(header, FIELD_MAIL_REPLY_TO);
	mime->mail_followup_to = addresses_of(header, FIELD_MAIL_FOLLOWUP_TO);
	mime->sender = addresses_of(header, FIELD_SENDER);
}

static void set_msgids(struct mime *mime, const struct header *header)
{
	const struct field *fields = header->fields;

	mime->references = g_ptr_array_new_with_free_func(g_free);
	mime->in_reply_to = g_ptr_array_new_with_free_func(g_free);
	mime->msgid = fields[FIELD_MESSAGE_ID].value
			      ? field_msgid(&fields[FIELD_MESSAGE_ID])
			      : g_strdup("");
	if (fields[FIELD_REFERENCES].value)
		field_msgids(&fields[FIELD_REFERENCES], mime->msgid,
			     mime->references);
	if (fields[FIELD_IN_REPLY_TO].value)
		field_msgids(&fields[FIELD_IN_REPLY_TO], mime->msgid,
			     mime->in_reply_to);
}

static char *short_line(const struct header *header, enum field_name name)
{
	AUTO(str) char *line = line_of(header, name);

	return charset_line(line, strlen(line), FIELD_TEXT);
}

static void set_texts(struct mime *mime, const struct header *header)
{
	AUTO(str) char *list_id = short_line(header, FIELD_LIST_ID);
	AUTO(str) char *status = short_line(header, FIELD_STATUS);
	AUTO(str) char *x_status = short_line(header, FIELD_X_STATUS);

	mime->subject = text_of(header, FIELD_SUBJECT);
	mime->date_field = short_line(header, FIELD_DATE);
	mime->date = field_date(mime->date_field, &mime->date_zone);
	mime->list_id = field_list_id(list_id);
	mime->status = g_strconcat(status, x_status, NULL);
	if (header->fields[FIELD_GMAIL_LABELS].value)
		mime->gmail_labels = text_of(header, FIELD_GMAIL_LABELS);
	if (header->keys > 0)
		mime->key = short_line(header, FIELD_DEFMS_KEY);
	mime->keys = header->keys;
	mime->froms = header->froms;
}

/* A forwarded message goes by its subject. */
static char *name_of_message(const struct mime_part *part)
{
	struct field_iter it = { part->data, part->data + part->size };
	AUTO(str) char *subject = NULL;
	struct field field;

	while (!subject && part->encoding == PART_PLAIN &&
	       field_next(&it, &field)) {
		if (field_is(&field, field_names[FIELD_SUBJECT])) {
			AUTO(str) char *line = field_line(&field, FIELD_TEXT);

			subject = field_decode(line);
		}
	}
	return subject && *subject ? g_strconcat(subject, ".eml", NULL)
				   : g_strdup("");
}

static void attachment_free(void *data)
{
	struct mime_attachment *attachment = data;

	g_free(attachment->name);
	g_free(attachment->type);
	g_free(attachment);
}

static void add_attachment(struct mime *mime, const struct mime_part *part,
			   unsigned number)
{
	struct mime_attachment *attachment = g_new(struct mime_attachment, 1);
	bool message = strcmp(part->type, "message/rfc822") == 0;

	attachment->name = message && !*part->name ? name_of_message(part)
						   : g_strdup(part->name);
	attachment->type = g_strdup(part->type);
	attachment->number = number;
	attachment->size = mime_part_size(part);
	g_ptr_array_add(mime->attachments, attachment);
}

/* The first HTML is the HTML body; another is an attachment, or nothing would
 * lead to it. */
static void set_leaves(struct mime *mime)
{
	const char *charset = NULL, *html_charset = NULL;

	mime->leaves = mime->tree->leaves->len;
	mime->html_part = -1;
	mime->attachments = g_ptr_array_new_with_free_func(attachment_free);
	for (unsigned i = 0; i < mime->leaves; i++) {
		const struct mime_part *part = mime_tree_leaf(mime->tree, i);

		if (mime_part_is_text(part)) {
			if (!charset)
				charset = part->charset ? part->charset : "";
		} else if (mime_part_is_html(part) && mime->html_part < 0) {
			mime->html_part = (int)i;
			mime->html_size = mime_part_size(part);
			html_charset = part->charset;
		} else {
			add_attachment(mime, part, i);
		}
	}
	if (!charset)
		charset = html_charset ? html_charset : "";
	mime->encoding = g_strdup(charset);
}

struct mime *mime_parse(const void *data, size_t size)
{
	struct mime *mime = g_new0(struct mime, 1);
	struct header header = { 0 };
	const char *start = data ? data : "";

	mime_library();
	header_read(&header, start, size);
	set_texts(mime, &header);
	set_addresses(mime, &header);
	set_msgids(mime, &header);
	mime->tree = mime_tree_new(&header.part, header.body,
				   size - (size_t)(header.body - start));
	set_leaves(mime);
	header_release(&header);
	return mime;
}

static void free_texts(struct mime *mime)
{
	char *owned[] = {
		mime->subject,  mime->from,          mime->to,
		mime->cc,       mime->reply_to,      mime->bcc,
		mime->sender,   mime->date_field,    mime->msgid,
		mime->list_id,  mime->gmail_labels,  mime->status,
		mime->encoding, mime->mail_reply_to, mime->mail_followup_to,
		mime->key,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free(owned[i]);
}

void mime_free(struct mime *mime)
{
	if (!mime)
		return;
	free_texts(mime);
	g_ptr_array_unref(mime->references);
	g_ptr_array_unref(mime->in_reply_to);
	g_ptr_array_unref(mime->senders);
	g_ptr_array_unref(mime->recipients);
	g_ptr_array_unref(mime->attachments);
	mime_tree_free(mime->tree);
	g_free(mime);
}
