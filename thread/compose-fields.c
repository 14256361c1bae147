/* SPDX-License-Identifier: ISC */
/* The header of a message that was a draft, in the order people expect. */
#include "compose-parts.h"

#include <errno.h>
#include <string.h>

#include "compose-header.h"
#include "defms/mime.h"
#include "mime-field.h"

static int add_addresses(const struct draft *draft, const char *name,
			 GString *out, struct err *err)
{
	AUTO(str) char *list = draft_values(draft, name);

	return list ? compose_addresses(out, name, list, err) : 0;
}

static int add_date(const struct draft *draft, int64_t now, GString *out,
		    struct err *err)
{
	const char *value = draft_value(draft, "Date");
	AUTO(str) char *date = NULL;
	int zone = 0;

	if (!value || !*value)
		date = header_date(now);
	else
		(void)field_date(value, &zone);
	if (!date && (zone == MIME_NO_DATE || !header_is_plain(value)))
		return err_set(err, EINVAL, "Date is none: %s", value);
	header_fold(out, "Date", date ? date : value);
	return 0;
}

static void add_msgids(const struct draft *draft, const char *name,
		       GString *out)
{
	const char *value = draft_value(draft, name);
	AUTO(str) char *ids = value ? header_msgids(value) : NULL;

	if (ids && *ids)
		header_fold(out, name, ids);
}

/* Those that have no place of their own. */
static int add_others(const struct draft *draft, GString *out, struct err *err)
{
	for (guint i = 0; i < draft->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(draft->fields, i);

		if (field->kind != FIELD_KIND_OTHER &&
		    field->kind != FIELD_KIND_UNKNOWN)
			continue;
		if (strlen(field->value) > COMPOSE_VALUE)
			return err_set(err, EINVAL, "%s is over %d KiB",
				       field->name, COMPOSE_VALUE >> 10);
		if (header_is_ascii(field->value) && header_folds(field->value))
			header_fold(out, field->name, field->value);
		else
			compose_text(out, field->name, field->value);
	}
	return 0;
}

int compose_header(const struct draft *draft, const struct compose_how *how,
		   const struct composed *composed, GString *out,
		   struct err *err)
{
	static const char *const lists[] = {
		"From",
		"Sender",
		"To",
		"Cc",
		"Bcc",
		"Reply-To",
		"Mail-Followup-To",
		"Mail-Reply-To",
		"Disposition-Notification-To",
	};
	AUTO(str) char *from = compose_only_from(draft);

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		if (add_addresses(draft, lists[i], out, err) < 0)
			return -1;
	if (!from && !draft_field(draft, "Sender"))
		g_string_append_printf(out, "Sender: %s\n", composed->sender);
	compose_text(out, "Subject", composed->subject);
	if (add_date(draft, how->now, out, err) < 0)
		return -1;
	g_string_append_printf(out, "Message-ID: <%s>\n", composed->msgid);
	add_msgids(draft, "In-Reply-To", out);
	add_msgids(draft, "References", out);
	if (add_others(draft, out, err) < 0)
		return -1;
	header_key(out, how->identity, from);
	g_string_append(out, "MIME-Version: 1.0\n");
	return 0;
}
