/* SPDX-License-Identifier: ISC */
/* The message of a program: what it has stays as it is, in its order; only an
 * address that is a user of this machine gets a domain, as elsewhere it would
 * be somebody else. */
#include "compose-parts.h"

#include <string.h>

#include "compose-header.h"
#include "mime-charset.h"

static bool is_ascii(const char *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (at[i] & 0x80)
			return false;
	return true;
}

/* Has it a field with something in it? */
static bool has(const struct draft *draft, const char *name)
{
	const char *value = draft_value(draft, name);

	return value && *value;
}

static bool is_left_out(const struct draft *draft,
			const struct draft_field *field)
{
	static const char *const made[] = { "From",         "To",
					    "Date",         "Message-ID",
					    "Content-Type", "MIME-Version" };

	if (field->kind == FIELD_KIND_DROPPED)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(made); i++)
		if (strcmp(field->name, made[i]) == 0)
			return !has(draft, made[i]);
	return false;
}

static void add_fields(const struct draft *draft, GString *out)
{
	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		if (!field->raw || is_left_out(draft, field))
			continue;
		if (field->rewritten) {
			header_fold(out, field->name, field->value);
			continue;
		}
		g_string_append_len(out, field->raw, (gssize)field->raw_size);
		if (out->str[out->len - 1] != '\n')
			g_string_append_c(out, '\n');
	}
}

/* The From of the configuration, which has no place in the message yet. */
static void add_from(const struct draft *draft, GString *out)
{
	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		if (!field->raw && strcmp(field->name, "From") == 0)
			(void)compose_addresses(out, "From", field->value,
						NULL);
	}
}

static void add_to(const struct draft *draft, const struct composed *composed,
		   GString *out)
{
	AUTO(gstring) GString *list = NULL;

	if (has(draft, "To") || draft_field(draft, "Cc") ||
	    draft_field(draft, "Bcc"))
		return;
	list = g_string_new(NULL);
	for (guint i = 0; i < composed->recipients->len; i++)
		g_string_append_printf(
			list, "%s%s", i > 0 ? ", " : "",
			(const char *)composed->recipients->pdata[i]);
	header_fold(out, "To", list->str);
}

/* The charset that nobody named: RFC 1428 has a word for one nobody knows. */
static void add_mime(const struct draft *draft, size_t header, GString *out)
{
	bool plain = is_ascii(draft->body, draft->body_size);
	bool label = !plain && !has(draft, "Content-Type");
	bool mime = label || !is_ascii(out->str, header);

	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		mime = mime ||
		       g_ascii_strncasecmp(field->name, "Content-", 8) == 0;
	}
	if (mime && !has(draft, "MIME-Version"))
		g_string_append(out, "MIME-Version: 1.0\n");
	if (!label)
		return;
	g_string_append_printf(out, "Content-Type: text/plain; charset=%s\n",
			       charset_is_utf8(draft->body, draft->body_size)
				       ? "utf-8"
				       : "unknown-8bit");
	if (!draft_field(draft, "Content-Transfer-Encoding"))
		g_string_append(out, "Content-Transfer-Encoding: 8bit\n");
}

void compose_finish(const struct draft *draft, const struct compose_how *how,
		    const struct composed *composed, GString *out)
{
	AUTO(str) char *from = compose_only_from(draft);
	AUTO(str) char *date = header_date(how->now);

	add_fields(draft, out);
	add_from(draft, out);
	add_to(draft, composed, out);
	if (!has(draft, "Date"))
		g_string_append_printf(out, "Date: %s\n", date);
	if (!has(draft, "Message-ID"))
		g_string_append_printf(out, "Message-ID: <%s>\n",
				       composed->msgid);
	add_mime(draft, out->len, out);
	header_key(out, how->identity, from);
	g_string_append_c(out, '\n');
	g_string_append_len(out, draft->body, (gssize)draft->body_size);
}
