/* SPDX-License-Identifier: ISC */
/* Content and trace of any bytes give the bytes back, and content of content
 * is content. The same bytes read as a trace are refused or fit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "defms/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so)
{
	if (!so)
		abort();
}

/* Split `bytes` to its content; was there trace? */
static struct message_split split_checked(GByteArray *bytes)
{
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	AUTO(bytes) GByteArray *before = g_byte_array_new();
	struct message_split split;
	struct err err;

	g_byte_array_append(before, bytes->data, bytes->len);
	message_split(bytes->data, bytes->len, &split);
	g_byte_array_set_size(bytes, (guint)split.content_size);
	must(message_join(bytes->data, bytes->len, split.trace, split.crlf, raw,
			  &err) == 0);
	must(raw->len == before->len &&
	     (!raw->len || memcmp(raw->data, before->data, raw->len) == 0));
	return split;
}

static void read_as_trace(const uint8_t *data, size_t size)
{
	AUTO(bytes) GByteArray *trace = g_byte_array_new();
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	struct err err;

	g_byte_array_append(trace, data, (guint)size);
	(void)message_join("To: a\n\nsome text\n", 17, trace, true, raw, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	struct message_split first, second, third;

	g_byte_array_append(bytes, data, (guint)size);
	first = split_checked(bytes);
	second = split_checked(bytes);
	third = split_checked(bytes);
	must(!second.trace && !third.trace && !third.crlf);
	must(!second.crlf || (first.trace && !first.crlf));
	message_split_release(&first);
	read_as_trace(data, size);
	return 0;
}
