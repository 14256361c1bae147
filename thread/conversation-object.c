/* SPDX-License-Identifier: ISC */
/* The file `thread`: who talks about what, and the sorted hashes. */
#include "conversation-part.h"

#include <string.h>

#include "defms/message.h"
#include "defms/mime.h"

/* -- Bcc ------------------------------------------------------------------- */

/* Append the Bcc fields of a trace, as they stand. */
static void collect_bcc(const struct trace_entry *entry, GString *out)
{
	const char *at = (const char *)entry->data, *end = at + entry->size;
	bool inside = false;

	while (at < end) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		size_t size =
			next ? (size_t)(next + 1 - at) : (size_t)(end - at);

		if (*at != ' ' && *at != '\t')
			inside = size > 4 &&
				 g_ascii_strncasecmp(at, "bcc:", 4) == 0;
		if (inside)
			(void)g_string_append_len(out, at, (gssize)size);
		at += size;
	}
}

/* The Bcc of one copy, decoded; NULL if there is none. */
static int bcc_of(struct reader *reader, int64_t copy, char **bcc_r,
		  struct err *err)
{
	AUTO(bytes) GByteArray *trace = g_byte_array_new();
	AUTO(gstring) GString *fields = g_string_new(NULL);
	AUTO(mime) struct mime *mime = NULL;
	struct trace_entry entry;
	struct trace_iter it;
	int more;

	*bcc_r = NULL;
	if (reader_trace(reader, copy, trace, err) < 0)
		return -1;
	it = trace_iter(trace->data, trace->len);
	while ((more = trace_next(&it, &entry, err)) > 0)
		collect_bcc(&entry, fields);
	if (more < 0 || fields->len == 0)
		return more;
	(void)g_string_append_c(fields, '\n');
	mime = mime_parse(fields->str, fields->len);
	*bcc_r = g_strdup(mime->bcc);
	return 0;
}

/* Equal ones once: copies of one message usually say the same. */
static int add_bcc(struct reader *reader, int64_t message, GString *out,
		   struct err *err)
{
	AUTO(table)
	GHashTable *seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	AUTO(array) GArray *copies = NULL;

	if (state_copy_list(reader_state(reader), message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++) {
		char *bcc;

		if (bcc_of(reader, g_array_index(copies, int64_t, i), &bcc,
			   err) < 0)
			return -1;
		if (!bcc)
			continue;
		if (!g_hash_table_contains(seen, bcc))
			conversation_field(out, "Bcc", bcc);
		(void)g_hash_table_add(seen, bcc);
	}
	return 0;
}

/* -- the object ------------------------------------------------------------ */

static int add_fields(struct reader *reader, int64_t serial, GString *out,
		      struct err *err)
{
	struct index *index = reader_index(reader, err);
	struct index_message first = { 0 };
	int found;

	if (!index)
		return -1;
	found = index_message_get(index, serial, &first, err);
	if (found <= 0)
		return found;
	conversation_field(out, "From", first.from);
	conversation_field(out, "Reply-To", first.reply_to);
	conversation_field(out, "To", first.to);
	conversation_field(out, "Cc", first.cc);
	found = add_bcc(reader, serial, out, err);
	conversation_field(out, "Subject", first.subject);
	index_message_release(&first);
	return found;
}

static gint compare_ids(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct message_id));
}

static gint compare_strands(gconstpointer a, gconstpointer b)
{
	const struct state_strand *one = a, *other = b;

	return memcmp(&one->id, &other->id, sizeof(one->id));
}

static int load_strands(struct reader *reader, const GArray *serials,
			GArray *strands, struct err *err)
{
	for (guint i = 0; i < serials->len; i++) {
		struct state_strand strand;
		int found = state_strand_get(reader_state(reader),
					     g_array_index(serials, int64_t, i),
					     &strand, err);

		if (found < 0)
			return -1;
		if (found > 0)
			(void)g_array_append_val(strands, strand);
	}
	g_array_sort(strands, compare_strands);
	return 0;
}

/* Audience is the widest of the strands': what is in a public one anybody may
 * have read. */
static int add_strands(struct reader *reader, const GArray *serials,
		       GString *out, struct err *err)
{
	static const char *const audiences[] = {
		[STRAND_MINE] = "mine",
		[STRAND_SHARED] = "shared",
		[STRAND_PUBLIC] = "public",
	};
	AUTO(array)
	GArray *strands =
		g_array_new(FALSE, FALSE, sizeof(struct state_strand));
	enum strand_kind widest = STRAND_MINE;

	if (load_strands(reader, serials, strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		const struct state_strand *strand =
			&g_array_index(strands, struct state_strand, i);
		char hex[STRAND_ID_HEX + 1];

		strand_id_print(&strand->id, hex);
		conversation_field(out, "Strand", hex);
		if (widest != STRAND_PUBLIC && strand->kind != STRAND_MINE)
			widest = strand->kind;
	}
	conversation_field(out, "Audience", audiences[widest]);
	return 0;
}

int conversation_object(struct reader *reader, struct survey *survey,
			GString *out, struct err *err)
{
	char hex[MESSAGE_ID_HEX + 1];

	if (survey->first == 0)
		return 0;
	if (add_fields(reader, survey->first, out, err) < 0)
		return -1;
	(void)g_string_append(out, "Version: 1\n");
	if (add_strands(reader, survey->strands, out, err) < 0)
		return -1;
	(void)g_string_append_c(out, '\n');
	g_array_sort(survey->hashes, compare_ids);
	for (guint i = 0; i < survey->hashes->len; i++) {
		message_id_print(
			&g_array_index(survey->hashes, struct message_id, i),
			hex);
		g_string_append_printf(out, "%s\n", hex);
	}
	return 0;
}
