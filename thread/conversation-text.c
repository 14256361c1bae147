/* SPDX-License-Identifier: ISC */
/* thread.txt: for each message, oldest first,
 *
 *	a line of 72 '-'
 *	From: To: Cc: Date: Subject:	those that the message has, decoded
 *	an empty line
 *	its text (mime_text())
 *	an empty line
 */
#include "conversation-part.h"

#include <string.h>

#include "defms/mime.h"

void conversation_field(GString *out, const char *name, const char *value)
{
	if (value[0])
		g_string_append_printf(out, "%s: %s\n", name, value);
}

static void add_head(const struct index_message *message, GString *out)
{
	AUTO(str) char *date = conversation_date(message);
	AUTO(str) char *rule = g_strnfill(72, '-');

	g_string_append_printf(out, "%s\n", rule);
	conversation_field(out, "From", message->from);
	conversation_field(out, "To", message->to);
	conversation_field(out, "Cc", message->cc);
	conversation_field(out, "Date", date);
	conversation_field(out, "Subject", message->subject);
	(void)g_string_append_c(out, '\n');
}

uint64_t conversation_text_size(const struct index_message *message)
{
	AUTO(gstring) GString *head = g_string_new(NULL);

	add_head(message, head);
	return head->len + message->text_size + 1;
}

/* Another version of the text than the one the index was made with must not
 * change a size that was shown. */
void conversation_fit(GString *text, uint64_t size)
{
	if (text->len > size)
		(void)g_string_truncate(text, size);
	while (text->len < size)
		(void)g_string_append_c(text, '\n');
}

int conversation_body(struct reader *reader,
		      const struct index_message *message, GString *out,
		      struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	AUTO(mime) struct mime *mime = NULL;

	if (reader_content(reader, message, content, err) < 0)
		return -1;
	mime = mime_parse(content->data, content->len);
	mime_text(mime, out);
	conversation_fit(out, message->text_size);
	return 0;
}

int conversation_text(struct reader *reader,
		      const struct index_message *message,
		      struct window *window, struct err *err)
{
	AUTO(gstring) GString *head = g_string_new(NULL);
	AUTO(gstring) GString *text = g_string_new(NULL);

	add_head(message, head);
	window_add(window, head->str, head->len);
	if (window_wants(window, message->text_size)) {
		if (conversation_body(reader, message, text, err) < 0)
			return -1;
		window_add(window, text->str, text->len);
	}
	window_add(window, "\n", 1);
	return 0;
}
