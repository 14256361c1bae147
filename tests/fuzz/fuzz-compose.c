/* SPDX-License-Identifier: ISC */
/* Any draft is a message or an error; no line of its header comes from nowhere,
 * and a second pass changes nothing. The first byte says how it is taken. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compose-parts.h"
#include "defms/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

enum { FINISHED = 1, DEFAULTS = 2, RECIPIENTS = 4 };

static bool is_made(const char *name)
{
	static const char *const made[] = {
		"From",
		"To",
		"Sender",
		"Subject",
		"Date",
		"Message-ID",
		"MIME-Version",
		"Content-Type",
		"Cc",
		"In-Reply-To",
		"References",
		"Defms-Key",
		"Content-Transfer-Encoding",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(made); i++)
		if (g_ascii_strcasecmp(made[i], name) == 0)
			return true;
	return false;
}

static void check_header(const struct composed *composed,
			 const struct draft *draft)
{
	AUTO(draft) struct draft *made = NULL;
	const char *header = (const char *)composed->message->data;
	const char *end = memmem(header, composed->message->len, "\n\n", 2);
	size_t line = 0;

	need(draft_parse(header, composed->message->len, false, &made, NULL) ==
	     0);
	for (guint i = 0; i < made->fields->len; i++) {
		const struct draft_field *field =
			g_ptr_array_index(made->fields, i);

		need(is_made(field->name) || draft_field(draft, field->name));
	}
	need(end);
	for (; header < end; header++) {
		line = *header == '\n' ? 0 : line + 1;
		need(line <= COMPOSE_LINE);
	}
}

static void check_envelope(const struct composed *composed)
{
	need(composed->recipients->len > 0);
	need(g_utf8_validate(composed->subject, -1, NULL));
	need(!strpbrk(composed->subject, "\r\n"));
	need(!strpbrk(composed->msgid, "\r\n <>"));
	for (guint i = 0; i < composed->recipients->len; i++) {
		const char *mail = g_ptr_array_index(composed->recipients, i);

		need(strchr(mail, '@') && !strpbrk(mail, "\r\n"));
		need(*mail == '"' || !strpbrk(mail, " <>,;"));
	}
}

/* What was made is a draft again, and says the same. */
static void check_again(const struct composed *composed,
			const struct compose_how *how)
{
	AUTO(composed) struct composed *again = NULL;
	struct compose_how plain = *how;

	plain.defaults = NULL;
	plain.recipients = NULL;
	need(compose(composed->message->data, composed->message->len, &plain,
		     &again, NULL) == 0);
	need(strcmp(again->subject, composed->subject) == 0);
	need(strcmp(again->msgid, composed->msgid) == 0);
	need(again->recipients->len == composed->recipients->len);
	for (guint i = 0; i < again->recipients->len; i++)
		need(strcmp(again->recipients->pdata[i],
			    composed->recipients->pdata[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const to[] = { "\"b b\"@example.org", NULL };
	AUTO(config) struct config *config = NULL;
	AUTO(composed) struct composed *composed = NULL;
	AUTO(draft) struct draft *draft = NULL;
	struct compose_how how = { .folder = -1, .now = 1700000000 };
	unsigned mode = size > 0 ? data[0] : 0;

	need(setenv("XDG_CONFIG_HOME", "/nonexistent", 1) == 0);
	need(config_open(&config, NULL) == 0);
	need(config_override(config, "user.email=ada@example.org", NULL) == 0);
	need(config_override(config, "user.name=Ada, of \"x\"", NULL) == 0);
	how.config = config;
	how.finished = mode & FINISHED;
	how.defaults = mode & DEFAULTS ? "To: d@example.org\nSubject: d\n"
					 "In-Reply-To: <d@example.org>\n"
				       : NULL;
	how.recipients = mode & RECIPIENTS ? to : NULL;
	how.header_too = true;
	if (size == 0 || memmem(data, size, "/dev", 4) ||
	    compose(data + 1, size - 1, &how, &composed, NULL) < 0)
		return 0;
	check_envelope(composed);
	if (how.finished)
		return 0;
	need(draft_parse(data + 1, size - 1, false, &draft, NULL) == 0);
	check_header(composed, draft);
	if (!how.recipients)
		check_again(composed, &how);
	return 0;
}
