/* SPDX-License-Identifier: ISC */
/* A draft made a message: the only file of compose that knows GMime, which
 * encodes texts and bodies. Folding is header_fold()'s, which takes linear
 * time whatever it is given.
 *
 * Nothing that a person did not write as a field becomes one: a draft's header
 * has no control characters (compose-draft.c), and encoded words that hide one
 * are refused here. */
#include "defms/compose.h"

#include <errno.h>
#include <string.h>

#include <gmime/gmime.h>

#include "compose-address.h"
#include "compose-attach.h"
#include "compose-header.h"
#include "compose-parts.h"
#include "mime-charset.h"
#include "mime-field.h"
#include "mime-parts.h"

void composed_free(struct composed *composed)
{
	if (!composed)
		return;
	g_clear_pointer(&composed->message, g_byte_array_unref);
	g_clear_pointer(&composed->recipients, g_ptr_array_unref);
	g_free(composed->sender);
	g_free(composed->msgid);
	g_free(composed->subject);
	g_free(composed);
}

/* -- encoded words --------------------------------------------------------- */

int compose_decode(const char *field, const char *value, char **text_r,
		   struct err *err)
{
	AUTO(str) char *decoded = NULL;

	if (strlen(value) > COMPOSE_VALUE)
		return err_set(err, EINVAL, "%s is over %d KiB", field,
			       COMPOSE_VALUE >> 10);
	if (strstr(value, "=?"))
		decoded = field_words(value);
	else
		decoded = g_strdup(value);
	for (const char *at = decoded; *at; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return err_set(err, EINVAL,
				       "%s: a line break or control character "
				       "is hidden in it",
				       field);
	*text_r = charset_line(decoded, strlen(decoded), FIELD_TEXT);
	return 0;
}

/* Does `encoded` say the same, and can it be folded? */
static bool says(const char *encoded, const char *text)
{
	AUTO(str)
	char *decoded = g_mime_utils_header_decode_text(NULL, encoded);

	return header_folds(encoded) && strcmp(decoded, text) == 0;
}

/* What can neither stand as it is nor be told apart from encoded words is
 * encoded whole. */
static char *encode(const char *text, bool phrase)
{
	AUTO(str) char *encoded = NULL;

	if (header_is_plain(text))
		return phrase ? phrase_quote(text) : g_strdup(text);
	if (header_is_ascii(text) || strstr(text, "=?") ||
	    (phrase && strpbrk(text, "()<>[]:;@\\,.\"")))
		return header_words(text);
	encoded = g_mime_utils_header_encode_text(NULL, text, "utf-8");
	return says(encoded, text) ? take(encoded) : header_words(text);
}

void compose_text(GString *out, const char *name, const char *text)
{
	AUTO(str) char *encoded = encode(text, false);

	header_fold(out, name, encoded);
}

/* -- addresses ------------------------------------------------------------- */

static int add_addressee(GString *out, const char *field,
			 const struct addressee *who, struct err *err)
{
	AUTO(str) char *name = NULL;
	AUTO(str) char *phrase = NULL;

	if (!*who->name) {
		g_string_append(out, who->mail);
		return 0;
	}
	if (who->quoted)
		name = g_strdup(who->name);
	else if (compose_decode(field, who->name, &name, err) < 0)
		return -1;
	phrase = encode(name, true);
	g_string_append_printf(out, *phrase ? "%s <%s>" : "%s<%s>", phrase,
			       who->mail);
	return 0;
}

/* The name of the group that an address begins. */
static int begin_group(GString *out, const char *field, const char *group,
		       struct err *err)
{
	AUTO(str) char *name = NULL;
	AUTO(str) char *phrase = NULL;

	if (compose_decode(field, group, &name, err) < 0)
		return -1;
	if (!*name)
		return err_set(err, EINVAL, "%s: a group without a name",
			       field);
	phrase = encode(name, true);
	g_string_append_printf(out, "%s: ", phrase);
	return 0;
}

static int print_addresses(GString *out, const char *field,
			   const GPtrArray *list, struct err *err)
{
	const char *group = NULL;

	for (guint i = 0; i < list->len; i++) {
		const struct addressee *who = g_ptr_array_index(list, i);
		bool same = g_strcmp0(group, who->group) == 0;

		if (group && !same)
			g_string_append_c(out, ';');
		if (i > 0)
			g_string_append(out, ", ");
		if (who->group && !same &&
		    begin_group(out, field, who->group, err) < 0)
			return -1;
		group = who->group;
		if (add_addressee(out, field, who, err) < 0)
			return -1;
	}
	if (group)
		g_string_append_c(out, ';');
	return 0;
}

int compose_addresses(GString *out, const char *name, const char *list,
		      struct err *err)
{
	AUTO(ptrs) GPtrArray *addressees = addressees_new();
	AUTO(gstring) GString *value = g_string_new(NULL);

	if (addressees_parse(name, list, addressees, err) < 0 ||
	    print_addresses(value, name, addressees, err) < 0)
		return -1;
	if (value->len > 0)
		header_fold(out, name, value->str);
	return 0;
}

/* -- its body -------------------------------------------------------------- */

static GMimePart *new_part(const char *type, const char *data, size_t size)
{
	AUTO(str) char *major = g_strndup(type, strcspn(type, "/"));
	GMimePart *part =
		g_mime_part_new_with_type(major, type + strlen(major) + 1);
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(data, size);
	GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
		stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(part, content);
	g_object_unref(content);
	g_object_unref(stream);
	return part;
}

static void set_charset(GMimePart *part, const char *data, size_t size)
{
	bool plain = true;

	for (size_t i = 0; plain && i < size; i++)
		plain = !(data[i] & 0x80);
	g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset",
						 plain ? "us-ascii" : "utf-8");
}

static int check_text(const struct draft *draft, struct err *err)
{
	const char *at = draft->body, *end = at + draft->body_size;
	unsigned line = 1;

	for (const char *head = (const char *)draft->text->data; head < at;
	     head++)
		line += *head == '\n';
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		const char *next = lf ? lf + 1 : end;
		size_t size = (size_t)(next - at);

		if (memchr(at, '\0', size) || !charset_is_utf8(at, size))
			return err_set(err, EINVAL,
				       "line %u: the text is not UTF-8", line);
		at = next;
		line++;
	}
	return 0;
}

/* The text, which ends in a line end. */
static GMimePart *text_part(const struct draft *draft)
{
	AUTO(bytes)
	GByteArray *text = g_byte_array_sized_new((guint)draft->body_size + 1);
	const char *data;
	GMimePart *part;

	g_byte_array_append(text, (const guint8 *)draft->body,
			    (guint)draft->body_size);
	if (text->len > 0 && text->data[text->len - 1] != '\n')
		g_byte_array_append(text, (const guint8 *)"\n", 1);
	data = text->data ? (const char *)text->data : "";
	part = new_part("text/plain", data, text->len);
	set_charset(part, data, text->len);
	g_mime_object_encode(GMIME_OBJECT(part),
			     GMIME_ENCODING_CONSTRAINT_7BIT);
	return part;
}

/* Always base64, for line ends are bytes like others in a file. */
static GMimePart *attachment_part(const struct attachment *attachment)
{
	const char *data = attachment->bytes->data
				   ? (const char *)attachment->bytes->data
				   : "";
	GMimePart *part =
		new_part(attachment->type, data, attachment->bytes->len);

	if (g_str_has_prefix(attachment->type, "text/"))
		set_charset(part, data, attachment->bytes->len);
	g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
	g_mime_part_set_filename(part, attachment->name);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	return part;
}

static GMimeObject *mixed(GMimePart *text, const GPtrArray *attachments)
{
	GMimeMultipart *all = g_mime_multipart_new_with_subtype("mixed");
	AUTO(str) char *boundary = NULL;
	char hex[33];

	header_random(hex);
	boundary = g_strdup_printf("=_%s", hex);
	g_mime_multipart_set_boundary(all, boundary);
	g_mime_multipart_add(all, GMIME_OBJECT(text));
	g_object_unref(text);
	for (guint i = 0; i < attachments->len; i++) {
		GMimePart *part =
			attachment_part(g_ptr_array_index(attachments, i));

		g_mime_multipart_add(all, GMIME_OBJECT(part));
		g_object_unref(part);
	}
	return GMIME_OBJECT(all);
}

/* Append a part with its header. */
static void print_part(GString *out, GMimeObject *part)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	(void)g_mime_object_write_to_stream(part, NULL, stream);
	g_object_unref(stream);
	g_string_append_len(out, (const char *)bytes->data, (gssize)bytes->len);
}

static int add_attachments(const struct draft *draft, int folder,
			   GPtrArray *attachments, struct err *err)
{
	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		if (field->kind == FIELD_KIND_ATTACH &&
		    attachment_add(attachments, field->value, folder, err) < 0)
			return -1;
	}
	return 0;
}

/* A draft that says what its body is has a body that is made already. */
static int add_made(const struct draft *draft, GString *out, struct err *err)
{
	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		if (field->kind != FIELD_KIND_MIME ||
		    strcmp(field->name, "MIME-Version") == 0)
			continue;
		if (!header_is_ascii(field->value) ||
		    !header_folds(field->value))
			return err_set(err, EINVAL,
				       "%s is not ASCII, or has no white space "
				       "to be folded at",
				       field->name);
		header_fold(out, field->name, field->value);
	}
	g_string_append_c(out, '\n');
	g_string_append_len(out, draft->body, (gssize)draft->body_size);
	return 0;
}

static int add_body(const struct draft *draft, const struct compose_how *how,
		    GString *out, struct err *err)
{
	AUTO(ptrs) GPtrArray *attachments = attachments_new();
	GMimeObject *body;

	if (add_attachments(draft, how->folder, attachments, err) < 0)
		return -1;
	if (draft_field(draft, "Content-Type") ||
	    draft_field(draft, "Content-Transfer-Encoding")) {
		if (attachments->len > 0)
			return err_set(err, EINVAL,
				       "Attach does not go with Content-Type");
		return add_made(draft, out, err);
	}
	if (check_text(draft, err) < 0)
		return -1;
	body = GMIME_OBJECT(text_part(draft));
	if (attachments->len > 0)
		body = mixed(GMIME_PART(body), attachments);
	print_part(out, body);
	g_object_unref(body);
	return 0;
}

/* -- all of it ------------------------------------------------------------- */

static bool is_empty(const struct draft *draft)
{
	if (draft->fields->len > 0)
		return false;
	for (size_t i = 0; i < draft->body_size; i++)
		if (!g_ascii_isspace(draft->body[i]))
			return false;
	return true;
}

static int read_draft(const void *data, size_t size,
		      const struct compose_how *how, struct draft **draft_r,
		      struct err *err)
{
	AUTO(draft) struct draft *draft = NULL;
	AUTO(draft) struct draft *defaults = NULL;

	if (draft_parse(data, size, how->finished, &draft, err) < 0)
		return -1;
	if (is_empty(draft))
		return err_set(err, EINVAL, "nothing is written in it");
	if (how->defaults) {
		if (draft_parse(how->defaults, strlen(how->defaults), false,
				&defaults, err) < 0)
			return err_prefix(err, "header of the thread");
		draft_fill(draft, defaults);
	}
	*draft_r = take(draft);
	return 0;
}

static int print_message(const struct draft *draft,
			 const struct compose_how *how,
			 const struct composed *composed, GString *out,
			 struct err *err)
{
	if (how->finished)
		compose_finish(draft, how, composed, out);
	else if (compose_header(draft, how, composed, out, err) < 0 ||
		 add_body(draft, how, out, err) < 0)
		return -1;
	if (out->len > COMPOSE_MAX)
		return err_set(err, EFBIG, "message is over %d MiB",
			       COMPOSE_MAX >> 20);
	return 0;
}

int compose(const void *data, size_t size, const struct compose_how *how,
	    struct composed **composed_r, struct err *err)
{
	AUTO(composed) struct composed *composed = g_new0(struct composed, 1);
	AUTO(draft) struct draft *draft = NULL;
	AUTO(gstring) GString *out = g_string_new(NULL);
	const char *subject;

	mime_library();
	composed->recipients = g_ptr_array_new_with_free_func(g_free);
	if (read_draft(data, size, how, &draft, err) < 0)
		return -1;
	subject = draft_value(draft, "Subject");
	if (compose_decode("Subject", subject ? subject : "",
			   &composed->subject, err) < 0 ||
	    compose_envelope(draft, how, composed, err) < 0 ||
	    print_message(draft, how, composed, out, err) < 0)
		return -1;
	composed->message = g_byte_array_new();
	g_byte_array_append(composed->message, (const guint8 *)out->str,
			    (guint)out->len);
	*composed_r = take(composed);
	return 0;
}
