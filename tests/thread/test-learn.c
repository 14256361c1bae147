/* SPDX-License-Identifier: ISC */
#include "compose-header.h"
#include "learn.h"

#include <errno.h>

#include "test.h"
#include "vectors.h"

#include "card-test.h"

static const char *const bob[] = { "bob@example.net", "robert@example.com",
				   NULL };

/* The value of a Defms-Key field for `addr`, with `more` before the card. */
static char *field(const char *addr, const char *more)
{
	AUTO(str) char *card = card_test(1, 7, "Bob", bob);
	AUTO(str)
	char *base64 = g_base64_encode((const guchar *)card, strlen(card));

	return g_strdup_printf("addr=%s; v=1;%s card=%.50s\n %s", addr, more,
			       base64, base64 + 50);
}

/* What a message of this header lets be learned. */
static int learn(const char *header, struct learned **learned_r,
		 struct err *err)
{
	AUTO(str)
	char *text = g_strconcat(header, "\n\n--b\n\nhello\n--b--\n", NULL);
	AUTO(mime) struct mime *mime = mime_parse(text, strlen(text));

	return learn_header(mime, learned_r, err);
}

/* It teaches nothing, for a reason that has `why` in it. */
static void refuse(const char *header, const char *why)
{
	AUTO(learned) struct learned *learned = NULL;
	struct err err = { 0 };

	if (!CHECK_INT(learn(header, &learned, &err), -1))
		return;
	CHECK_INT(err.code, EBADMSG);
	if (!CHECK(strstr(err.text, why)))
		printf("# %s\n", err.text);
}

TEST(a_card_comes_with_a_message_of_its_owner)
{
	AUTO(str) char *value = field("Bob@example.net", "");
	AUTO(str)
	char *header = g_strdup_printf(
		"From: Bob <bob@Example.NET>\nDEFMS-KEY:%s", value);
	AUTO(str) char *card = card_test(1, 7, "Bob", bob);
	AUTO(learned) struct learned *learned = NULL;
	struct err err;

	if (!CHECK_INT(learn(header, &learned, &err), 1))
		return;
	CHECK_STR(learned->mail, "bob@example.net");
	CHECK_STR(learned->text, card);
	CHECK_STR(learned->card->name, "Bob");
}

TEST(the_second_implementation_writes_the_same_field)
{
	AUTO(str) char *want = vector_text("mail-header");
	AUTO(str) char *card = vector_text("card");
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(gstring) GString *field = g_string_new(NULL);
	AUTO(str) char *header = NULL;
	AUTO(learned) struct learned *learned = NULL;
	struct err err;

	header_key(field, identity, "ada@example.org");
	CHECK_STR(field->str, want);
	header = g_strconcat("From: ada@example.org\n", want, NULL);
	if (CHECK_INT(learn(header, &learned, &err), 1))
		CHECK_STR(learned->text, card);
	g_string_truncate(field, 0);
	header_key(field, identity, "eve@example.org");
	CHECK_STR(field->str, "");
}

TEST(most_messages_have_none)
{
	AUTO(learned) struct learned *learned = NULL;
	struct err err;

	CHECK_INT(learn("From: bob@example.net", &learned, &err), 0);
	CHECK_INT(learn("X-Defms-Key: a", &learned, &err), 0);
	CHECK_INT(learn("", &learned, &err), 0);
}

TEST(what_is_not_surely_its_owners_is_not_believed)
{
	AUTO(str) char *value = field("bob@example.net", "");
	AUTO(str) char *other = field("eve@example.net", "");
	static const struct {
		const char *format, *why;
	} known[] = {
		{ "From: bob@example.net\nDefms-Key: %s\nDefms-Key: %s",
		  "more than one" },
		{ "From: bob@example.net\nDefms-Key: x\nDefms-Key: %s",
		  "more than one" },
		{ "From: eve@example.net\nDefms-Key: %s", "not the From" },
		{ "From: robert@example.com\nDefms-Key: %s", "not the From" },
		{ "From: bob@example.net, eve@example.net\nDefms-Key: %s",
		  "exactly one From" },
		{ "From: bob@example.net\nFrom: bob@example.net\n"
		  "Defms-Key: %s",
		  "exactly one From" },
		{ "From: bob@example.net\nFrom: eve@example.net\n"
		  "Defms-Key: %s",
		  "exactly one From" },
		{ "Subject: x\nDefms-Key: %s", "exactly one From" },
		{ "From: undisclosed:;\nDefms-Key: %s", "not the From" },
		{ "From: bob@example.net\nDefms-Key: %s\nMIME-Version: 1.0\n"
		  "Content-Type: Multipart/Report; boundary=b",
		  "report" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(gstring) GString *header = g_string_new(known[i].format);

		(void)g_string_replace(header, "%s", value, 0);
		refuse(header->str, known[i].why);
	}
	{
		AUTO(str)
		char *header = g_strdup_printf(
			"From: eve@example.net\nDefms-Key: %s", other);

		refuse(header, "not in the card");
	}
}

TEST(attributes_have_one_form)
{
	static const struct {
		const char *more, *why; /* NULL: it is taken */
	} known[] = {
		{ "", NULL },
		{ " _note=whatever; _x = a=b ;", NULL },
		{ ";;", NULL },
		{ " note=1;", "unknown attribute" },
		{ " Addr=bob@example.net;", "unknown attribute" },
		{ " addr=bob@example.net;", "twice" },
		{ " v=1;", "twice" },
		{ " card=;", "twice" },
		{ " note;", "no value" },
		{ " =x;", "unknown attribute" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *value = field("bob@example.net", known[i].more);
		AUTO(learned) struct learned *learned = NULL;
		struct err err = { 0 };
		int result = learn_field(value, &learned, &err);

		CHECK_INT(result, known[i].why ? -1 : 0);
		if (result < 0)
			CHECK(strstr(err.text, known[i].why));
	}
}

TEST(an_address_that_grows_in_lower_case_stays_bounded)
{
	/* A capital I with a dot: two bytes, three in lower case. */
	AUTO(gstring) GString *mail = g_string_new(NULL);
	const char *mails[] = { NULL, NULL };
	AUTO(str) char *card = NULL;
	AUTO(str) char *base64 = NULL;
	AUTO(str) char *value = NULL;
	struct learned *learned = NULL;
	struct err err = { 0 };

	while (mail->len < 240)
		g_string_append(mail, "\xc4\xb0");
	g_string_append(mail, "@example.net");
	mails[0] = mail->str;
	card = card_test(1, 7, "Bob", mails);
	base64 = g_base64_encode((const guchar *)card, strlen(card));
	value = g_strdup_printf("addr=%s; v=1; card=%s", mail->str, base64);
	CHECK_INT(learn_field(value, &learned, &err), -1);
	CHECK(strstr(err.text, "too long"));
}

TEST(what_is_missing_or_damaged_is_said)
{
	static const struct {
		const char *value, *why;
	} known[] = {
		{ "", "missing" },
		{ "addr=bob@example.net; v=1", "missing" },
		{ "v=1; card=QUJD", "missing" },
		{ "addr=bob@example.net; card=QUJD", "missing" },
		{ "addr=bob@example.net; v=2; card=QUJD", "version" },
		{ "addr=bob@example.net; v=1; card=QU!D", "base64" },
		{ "addr=bob@example.net; v=1; card=QUJD=", "base64" },
		{ "addr=bob@example.net; v=1; card=QUJD", "defms-card" },
		{ "addr=bob@example.net; v=1; card=", "base64" },
	};
	AUTO(str) char *whole = field("bob@example.net", "");
	AUTO(str) char *long_one = g_strnfill(10 * 1024, ' ');
	AUTO(str) char *too_long = g_strconcat(long_one, whole, NULL);
	struct learned *learned = NULL;
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		err.text[0] = '\0';
		CHECK_INT(learn_field(known[i].value, &learned, &err), -1);
		CHECK(strstr(err.text, known[i].why));
	}
	CHECK_INT(learn_field(too_long, &learned, &err), -1);
	CHECK(strstr(err.text, "over"));
	for (size_t size = 0; size < strlen(whole); size++) {
		AUTO(str) char *cut = g_strndup(whole, size);

		CHECK_INT(learn_field(cut, &learned, &err), -1);
	}
}
