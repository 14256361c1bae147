/* SPDX-License-Identifier: ISC */
#include "smtp-mail.h"

#include "test.h"

static struct reply *ehlo(const char *lines)
{
	struct reply *reply = reply_new(250, "mail.example.org hello");
	char **words = g_strsplit(lines, "|", -1);

	for (char **word = words; *word; word++)
		g_ptr_array_add(reply->lines, g_strdup(*word));
	g_strfreev(words);
	return reply;
}

static const char all[] = "PIPELINING|SIZE 1000|8BITMIME|smtputf8|DSN|CHUNKING|"
			  "BINARYMIME";

TEST(what_a_server_offers_is_read)
{
	AUTO(reply) struct reply *full = ehlo(all);
	AUTO(reply)
	struct reply *odd = ehlo("SIZE|PIPELININGS|8BITMIM|X-DSN|SIZE -1|"
				 "SIZE 99999999999999999999");
	struct smtp_offers offers = smtp_offers(full);

	CHECK(offers.pipelining && offers.eight_bit && offers.utf8);
	CHECK(offers.dsn && offers.chunking && offers.binary && offers.sizes);
	CHECK_INT(offers.size, 1000);
	offers = smtp_offers(odd);
	CHECK(!offers.pipelining && !offers.eight_bit && !offers.dsn);
	CHECK(offers.sizes);
	CHECK_INT(offers.size, 0);
}

/* A mail of these. */
static struct smtp_mail mail_of(const char *sender, const char *recipient,
				GPtrArray *recipients)
{
	g_ptr_array_add(recipients, g_strdup(recipient));
	return (struct smtp_mail){ .sender = sender,
				   .recipients = recipients,
				   .envid = "7 a=b" };
}

TEST(the_commands_say_what_the_server_understands)
{
	static const struct {
		const char *offers, *sender, *recipient, *mail, *rcpt;
		struct wire_needs needs;
	} known[] = {
		{ "X",
		  "a@b",
		  "c@d",
		  "MAIL FROM:<a@b>",
		  "RCPT TO:<c@d>",
		  { .size = 10, .eight_bit = true } },
		{ "X",
		  "",
		  "c@d",
		  "MAIL FROM:<>",
		  "RCPT TO:<c@d>",
		  { .size = 10 } },
		{ all,
		  "a@b",
		  "c+x@d",
		  "MAIL FROM:<a@b> SIZE=10 RET=HDRS ENVID=7+20a+3Db",
		  "RCPT TO:<c+x@d> ORCPT=rfc822;c+2Bx@d",
		  { .size = 10 } },
		{ all,
		  "a@b",
		  "c@d",
		  "MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME RET=HDRS "
		  "ENVID=7+20a+3Db",
		  "RCPT TO:<c@d> ORCPT=rfc822;c@d",
		  { .size = 10, .eight_bit = true } },
		{ all,
		  "a@b",
		  "c@d",
		  "MAIL FROM:<a@b> SIZE=10 BODY=BINARYMIME RET=HDRS "
		  "ENVID=7+20a+3Db",
		  "RCPT TO:<c@d> ORCPT=rfc822;c@d",
		  { .size = 10, .eight_bit = true, .binary = true } },
		{ "SMTPUTF8",
		  "a@b",
		  "\xc3\xbc@d",
		  "MAIL FROM:<a@b> SMTPUTF8",
		  "RCPT TO:<\xc3\xbc@d>",
		  { .size = 10 } },
		{ "SMTPUTF8",
		  "\xc3\xbc@b",
		  "c@d",
		  "MAIL FROM:<\xc3\xbc@b> SMTPUTF8",
		  "RCPT TO:<c@d>",
		  { .size = 10 } },
		{ "SMTPUTF8|8BITMIME",
		  "a@b",
		  "c@d",
		  "MAIL FROM:<a@b> BODY=8BITMIME",
		  "RCPT TO:<c@d>",
		  { .size = 10, .eight_bit = true } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(reply) struct reply *reply = ehlo(known[i].offers);
		AUTO(ptrs)
		GPtrArray *recipients = g_ptr_array_new_with_free_func(g_free);
		struct smtp_offers offers = smtp_offers(reply);
		struct smtp_mail mail = mail_of(known[i].sender,
						known[i].recipient, recipients);
		AUTO(str)
		char *from = smtp_mail_command(&offers, &mail, known[i].needs);
		AUTO(str)
		char *to = smtp_rcpt_command(&offers, known[i].recipient);

		CHECK_STR(from, known[i].mail);
		CHECK_STR(to, known[i].rcpt);
	}
}

TEST(what_a_server_cannot_take_is_refused_with_a_reason)
{
	static const struct {
		const char *offers, *sender, *word;
		struct wire_needs needs;
	} known[] = {
		{ all,
		  "a@b",
		  NULL,
		  { .size = 1000, .eight_bit = true, .binary = true } },
		{ all, "a@b", "1000 bytes", { .size = 1001 } },
		{ "SIZE 0", "a@b", NULL, { .size = 1001 } },
		{ "X", "a@b", NULL, { .size = 1001 } },
		{ "X", "a@b", "8BITMIME", { .size = 1, .eight_bit = true } },
		{ "8BITMIME", "a@b", NULL, { .size = 1, .eight_bit = true } },
		{ "BINARYMIME",
		  "a@b",
		  "BINARYMIME",
		  { .size = 1, .binary = true } },
		{ "CHUNKING",
		  "a@b",
		  "BINARYMIME",
		  { .size = 1, .binary = true } },
		{ "X", "\xc3\xbc@b", "SMTPUTF8", { .size = 1 } },
		{ all, "a@b> SIZE=1", "envelope", { .size = 1 } },
		{ all, "a@b\r\nRSET", "envelope", { .size = 1 } },
		{ all, "a@b", "nothing", { .size = 0 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(reply) struct reply *reply = ehlo(known[i].offers);
		AUTO(ptrs)
		GPtrArray *recipients = g_ptr_array_new_with_free_func(g_free);
		struct smtp_offers offers = smtp_offers(reply);
		struct smtp_mail mail =
			mail_of(known[i].sender, "c@d", recipients);
		AUTO(str)
		char *got = smtp_objection(&offers, &mail, known[i].needs);

		if (!known[i].word)
			CHECK_STR(got, NULL);
		else if (CHECK(got))
			CHECK(strstr(got, known[i].word));
	}
}

TEST(an_address_that_would_be_a_command_is_refused)
{
	static const struct {
		const char *address;
		bool fine;
	} known[] = {
		{ "a@b", true },
		{ "\"a b\"@c", true },
		{ "\"a<\\\"b>\"@c", true },
		{ "\xc3\xbc@d", true },
		{ "a b@c", false },
		{ "a@b>", false },
		{ "<a@b", false },
		{ "a@b\n", false },
		{ "a\r@b", false },
		{ "\"a@b", false },
		{ "\"a\\", false },
		{ "a", false },
		{ "", false },
		{ "\xff@b", false },
	};
	AUTO(reply) struct reply *reply = ehlo(all);
	AUTO(gstring) GString *text = g_string_new("@b");
	struct smtp_offers offers = smtp_offers(reply);
	AUTO(str) char *long_one = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *got = smtp_recipient_objection(&offers, known[i].address);

		if (!CHECK_INT(!got, known[i].fine))
			printf("# %s\n", known[i].address);
	}
	while (text->len <= 320)
		g_string_prepend_c(text, 'a');
	long_one = smtp_recipient_objection(&offers, text->str);
	CHECK(long_one);
}
