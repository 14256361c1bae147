/* SPDX-License-Identifier: ISC */
/* Who sends, who receives, and under which msgid. */
#include "compose-parts.h"

#include <errno.h>
#include <string.h>

#include "compose-address.h"
#include "compose-header.h"
#include "defms/owner.h"
#include "mime-charset.h"

/* -- whoever has no domain ------------------------------------------------- */

static bool lists_addresses(const struct draft_field *field)
{
	static const char *const again[] = { "Resent-From", "Resent-Sender",
					     "Resent-To",   "Resent-Cc",
					     "Resent-Bcc",  "Resent-Reply-To" };

	if (field->kind == FIELD_KIND_ADDRESSES)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(again); i++)
		if (g_ascii_strcasecmp(field->name, again[i]) == 0)
			return true;
	return false;
}

static void qualify(struct draft *draft, const struct compose_how *how)
{
	AUTO(str) char *domain = owner_domain(how->config, how->identity);

	for (guint i = 0; domain && i < draft->fields->len; i++) {
		struct draft_field *field = g_ptr_array_index(draft->fields, i);
		char *qualified =
			lists_addresses(field)
				? addressees_qualify(field->value, domain)
				: NULL;

		if (!qualified)
			continue;
		g_free(field->value);
		field->value = qualified;
		field->rewritten = true;
	}
}

/* -- the sender ------------------------------------------------------------ */

static int add_from(struct draft *draft, const struct compose_how *how,
		    struct err *err)
{
	AUTO(ptrs)
	GPtrArray *mails = owner_mails(how->config, how->identity);
	AUTO(str) char *name = owner_name(how->config, how->identity);
	AUTO(str) char *clean = NULL, *quoted = NULL, *from = NULL;

	if (mails->len == 0)
		return err_set(err, EINVAL,
			       "no From, and user.email is not set");
	clean = charset_line(name ? name : "", name ? strlen(name) : 0, 200);
	quoted = phrase_quote(clean);
	from = *quoted ? g_strdup_printf("%s <%s>", quoted,
					 (const char *)mails->pdata[0])
		       : g_strdup(mails->pdata[0]);
	draft_set(draft, "From", from);
	return 0;
}

char *compose_only_from(const struct draft *draft)
{
	const char *from = draft_value(draft, "From");
	AUTO(ptrs) GPtrArray *list = addressees_new();
	const struct addressee *who;

	if (!from || addressees_parse("From", from, list, NULL) < 0 ||
	    list->len != 1)
		return NULL;
	who = g_ptr_array_index(list, 0);
	return *who->mail ? g_strdup(who->mail) : NULL;
}

/* The first address of a field, "" if it has none. */
static int first_mail(const char *field, const char *value, char **mail_r,
		      struct err *err)
{
	AUTO(ptrs) GPtrArray *list = addressees_new();

	*mail_r = NULL;
	if (value && addressees_parse(field, value, list, err) < 0)
		return -1;
	for (guint i = 0; !*mail_r && i < list->len; i++) {
		const struct addressee *who = g_ptr_array_index(list, i);

		if (*who->mail)
			*mail_r = g_strdup(who->mail);
	}
	if (!*mail_r)
		*mail_r = g_strdup("");
	return 0;
}

/* As -f has it ("" and "<>": nobody, for bounces), else Sender, else From. */
static int find_sender(const struct draft *draft, const struct compose_how *how,
		       char **sender_r, struct err *err)
{
	AUTO(str) char *sender = NULL;

	if (how->sender && (!*how->sender || strcmp(how->sender, "<>") == 0)) {
		*sender_r = g_strdup("");
		return 0;
	}
	if (how->sender) {
		if (first_mail("sender", how->sender, &sender, err) < 0)
			return -1;
	} else if (first_mail("Sender", draft_value(draft, "Sender"), &sender,
			      err) < 0) {
		return -1;
	}
	if (!*sender) {
		g_clear_pointer(&sender, g_free);
		if (first_mail("From", draft_value(draft, "From"), &sender,
			       err) < 0)
			return -1;
	}
	if (!*sender)
		return err_set(err, EINVAL, "From has no address");
	*sender_r = take(sender);
	return 0;
}

/* -- recipients ------------------------------------------------------------ */

static int add_list(GPtrArray *recipients, const char *field, const char *list,
		    struct err *err)
{
	AUTO(ptrs) GPtrArray *found = addressees_new();

	if (addressees_parse(field, list, found, err) < 0)
		return -1;
	return recipients_add(recipients, found, err);
}

/* Of a message that is sent again, those of its Resent fields alone (RFC 5322
 * 3.6.6), as sendmail -t has it. */
static int add_header(GPtrArray *recipients, const struct draft *draft,
		      bool finished, struct err *err)
{
	static const char *const fields[] = { "To", "Cc", "Bcc" };
	static const char *const again[] = { "Resent-To", "Resent-Cc",
					     "Resent-Bcc" };
	const char *const *names = fields;

	for (size_t i = 0; finished && i < G_N_ELEMENTS(again); i++)
		if (draft_field(draft, again[i]))
			names = again;
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		AUTO(str) char *list = draft_values(draft, names[i]);

		if (list && add_list(recipients, names[i], list, err) < 0)
			return -1;
	}
	return 0;
}

static int find_recipients(const struct draft *draft,
			   const struct compose_how *how, GPtrArray *recipients,
			   struct err *err)
{
	const char *const *more = how->recipients;

	for (size_t i = 0; more && more[i]; i++) {
		if (i >= COMPOSE_RECIPIENTS)
			return err_set(err, EINVAL, "more than %d recipients",
				       COMPOSE_RECIPIENTS);
		if (add_list(recipients, "recipient", more[i], err) < 0)
			return -1;
	}
	if ((!more || how->header_too) &&
	    add_header(recipients, draft, how->finished, err) < 0)
		return -1;
	if (recipients->len > 0)
		return 0;
	return err_set(err, EDESTADDRREQ,
		       "no recipient: To, Cc and Bcc are empty");
}

/* -- the msgid ------------------------------------------------------------- */

static int find_msgid(const struct draft *draft, const char *sender,
		      char **msgid_r, struct err *err)
{
	const char *value = draft_value(draft, "Message-ID");
	AUTO(str) char *msgid = value ? header_msgids(value) : NULL;

	if (!value || !*value) {
		AUTO(str) char *from = NULL;

		if (first_mail("From", draft_value(draft, "From"), &from,
			       NULL) < 0 ||
		    !*from)
			*msgid_r = header_msgid(sender);
		else
			*msgid_r = header_msgid(from);
		return 0;
	}
	if (!*msgid || strchr(msgid, ' '))
		return err_set(err, EINVAL, "Message-ID is not one <id>");
	*msgid_r = g_strndup(msgid + 1, strlen(msgid) - 2);
	return 0;
}

int compose_envelope(struct draft *draft, const struct compose_how *how,
		     struct composed *composed, struct err *err)
{
	const char *from;

	if (how->finished)
		qualify(draft, how);
	from = draft_value(draft, "From");
	if ((!from || !*from) && add_from(draft, how, err) < 0)
		return -1;
	if (find_sender(draft, how, &composed->sender, err) < 0 ||
	    find_recipients(draft, how, composed->recipients, err) < 0)
		return -1;
	return find_msgid(draft, composed->sender, &composed->msgid, err);
}
