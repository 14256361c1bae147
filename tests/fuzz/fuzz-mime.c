/* SPDX-License-Identifier: ISC */
/* Any bytes are a message; sizes are what is written. */
#include <stdint.h>
#include <stdlib.h>

#include <fcntl.h>
#include <glib.h>

#include "defms/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void walk_parts(struct mime *mime)
{
	AUTO(fd) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (unsigned i = 0; i < mime->leaves; i++)
		need(mime_write_part(mime, i, null, NULL) == 0);
	for (guint i = 0; i < mime->attachments->len; i++) {
		const struct mime_attachment *attachment =
			g_ptr_array_index(mime->attachments, i);
		AUTO(bytes) GByteArray *bytes = g_byte_array_new();

		need(mime_read_part(mime, attachment->number, SIZE_MAX, bytes,
				    NULL) == 0);
		need(bytes->len == attachment->size);
		need(g_utf8_validate(attachment->name, -1, NULL));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mime) struct mime *mime = mime_parse(data, size);
	AUTO(gstring) GString *text = g_string_new(NULL);

	mime_text(mime, text);
	need(g_utf8_validate_len(text->str, text->len, NULL));
	need(text->len == 0 || text->str[text->len - 1] == '\n');
	need(g_utf8_validate(mime->subject, -1, NULL));
	need(g_utf8_validate(mime->from, -1, NULL));
	for (guint i = 0; i < mime->senders->len; i++) {
		AUTO(str)
		char *name =
			address_short_name(g_ptr_array_index(mime->senders, i));

		need(*name != '\0' && g_utf8_validate(name, -1, NULL));
	}
	walk_parts(mime);
	return 0;
}
