/* SPDX-License-Identifier: ISC */
#include "smtp-mail.h"

#include <inttypes.h>
#include <string.h>

enum {
	ADDRESS = 320, /* RFC 5321 4.5.3.1: 64 and 255, and the '@' */
	ENVID = 100,   /* RFC 3461 4.4 */
};

/* -- what it offers -------------------------------------------------------- */

static uint64_t parse_size(const char *text)
{
	guint64 size;

	return g_ascii_string_to_unsigned(text, 10, 0, INT64_MAX, &size, NULL)
		       ? size
		       : 0;
}

static void note(struct smtp_offers *offers, const char *line)
{
	const struct {
		const char *word;
		bool *flag;
	} known[] = {
		{ "PIPELINING", &offers->pipelining },
		{ "8BITMIME", &offers->eight_bit },
		{ "SMTPUTF8", &offers->utf8 },
		{ "DSN", &offers->dsn },
		{ "CHUNKING", &offers->chunking },
		{ "BINARYMIME", &offers->binary },
		{ "SIZE", &offers->sizes },
	};
	size_t size = strcspn(line, " ");

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strlen(known[i].word) == size &&
		    g_ascii_strncasecmp(line, known[i].word, size) == 0)
			*known[i].flag = true;
	if (g_ascii_strncasecmp(line, "SIZE ", 5) == 0)
		offers->size = parse_size(line + 5);
}

struct smtp_offers smtp_offers(const struct reply *ehlo)
{
	struct smtp_offers offers = { 0 };

	for (guint i = 1; i < ehlo->lines->len; i++)
		note(&offers, ehlo->lines->pdata[i]);
	return offers;
}

/* -- what cannot be -------------------------------------------------------- */

static bool is_ascii(const char *text)
{
	return g_str_is_ascii(text);
}

/* Can it stand between < and >? Spaces and these stand in quotes only. */
static bool is_address(const char *text)
{
	bool quoted = false;

	if (strlen(text) > ADDRESS || !strchr(text, '@') ||
	    !g_utf8_validate(text, -1, NULL))
		return false;
	for (; *text; text++) {
		if (g_ascii_iscntrl(*text))
			return false;
		if (*text == '\\' && quoted && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && strchr(" <>", *text))
			return false;
	}
	return !quoted;
}

char *smtp_objection(const struct smtp_offers *offers,
		     const struct smtp_mail *mail, struct wire_needs needs)
{
	if (*mail->sender && !is_address(mail->sender))
		return g_strdup("the sender's address cannot stand in an "
				"envelope");
	if (!is_ascii(mail->sender) && !offers->utf8)
		return g_strdup("the server takes no address that is not "
				"ASCII (SMTPUTF8): the sender's");
	if (offers->size > 0 && needs.size > offers->size)
		return g_strdup_printf("the server takes at most %" PRIu64
				       " bytes: these are %" PRIu64,
				       offers->size, needs.size);
	if (needs.size == 0)
		return g_strdup("there is nothing in the message");
	if (needs.binary && !(offers->binary && offers->chunking))
		return g_strdup("the server takes no binary message "
				"(BINARYMIME): there is a NUL in it");
	if (needs.eight_bit && !offers->eight_bit)
		return g_strdup("the server takes ASCII only (no 8BITMIME)");
	return NULL;
}

char *smtp_recipient_objection(const struct smtp_offers *offers,
			       const char *recipient)
{
	if (!is_address(recipient))
		return g_strdup("the address cannot stand in an envelope");
	if (!is_ascii(recipient) && !offers->utf8)
		return g_strdup("the server takes no address that is not "
				"ASCII (SMTPUTF8)");
	return NULL;
}

/* -- the envelope ---------------------------------------------------------- */

/* RFC 3461 4. */
static void add_xtext(const char *text, GString *out)
{
	for (; *text; text++)
		if (*text > ' ' && *text < 0x7f && !strchr("+=", *text))
			g_string_append_c(out, *text);
		else
			g_string_append_printf(out, "+%02X",
					       (unsigned char)*text);
}

/* An address of the envelope is beyond ASCII. Text in a header that is, as some
 * programs write it, is no reason: a message that is sent so goes no further
 * than servers that know SMTPUTF8, and any takes such text. */
static bool wants_utf8(const struct smtp_mail *mail)
{
	bool wants = !is_ascii(mail->sender);

	for (guint i = 0; i < mail->recipients->len; i++)
		wants |= !is_ascii(mail->recipients->pdata[i]);
	return wants;
}

char *smtp_mail_command(const struct smtp_offers *offers,
			const struct smtp_mail *mail, struct wire_needs needs)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "MAIL FROM:<%s>", mail->sender);
	if (offers->sizes)
		g_string_append_printf(text, " SIZE=%" PRIu64, needs.size);
	if (needs.binary && offers->binary)
		g_string_append(text, " BODY=BINARYMIME");
	else if (needs.eight_bit && offers->eight_bit)
		g_string_append(text, " BODY=8BITMIME");
	if (offers->utf8 && wants_utf8(mail))
		g_string_append(text, " SMTPUTF8");
	if (offers->dsn && mail->envid && strlen(mail->envid) <= ENVID) {
		g_string_append(text, " RET=HDRS ENVID=");
		add_xtext(mail->envid, text);
	}
	return g_string_free(text, FALSE);
}

char *smtp_rcpt_command(const struct smtp_offers *offers, const char *recipient)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "RCPT TO:<%s>", recipient);
	if (offers->dsn && is_ascii(recipient)) {
		g_string_append(text, " ORCPT=rfc822;");
		add_xtext(recipient, text);
	}
	return g_string_free(text, FALSE);
}
