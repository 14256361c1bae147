/* SPDX-License-Identifier: ISC */
#include "bounce.h"

#include "test.h"

static struct bounce *parse(const char *text, size_t size)
{
	AUTO(mime) struct mime *mime = mime_parse(text, size);
	struct bounce *bounce = NULL;

	return bounce_parse(mime, &bounce) > 0 ? bounce : NULL;
}

static char *read_data(const char *name, gsize *size_r)
{
	AUTO(str) char *path = g_build_filename(TEST_DATA, name, NULL);
	char *text = NULL;

	CHECK(g_file_get_contents(path, &text, size_r, NULL));
	return text;
}

TEST(a_report_of_postfix_is_read)
{
	gsize size = 0;
	AUTO(str) char *text = read_data("bounce-postfix.eml", &size);
	AUTO(bounce) struct bounce *bounce = parse(text, size);
	const struct bounce_recipient *who;

	if (!CHECK(bounce))
		return;
	CHECK_STR(bounce->envid, "13.38cc3562e4802cab");
	CHECK_STR(bounce->msgid, "87d72ee1de82e78247ea0550325b0627@localhost");
	if (!CHECK_INT(bounce->failed->len, 1))
		return;
	who = bounce->failed->pdata[0];
	CHECK_STR(who->final, "lost@elsewhere.example");
	CHECK_STR(who->original, "lost@elsewhere.example");
	CHECK_STR(who->reason, "unknown mail system error 1");
}

/* A report of this status part, after which `rest` follows. */
static struct bounce *report(const char *status, const char *rest)
{
	AUTO(str)
	char *text = g_strdup_printf("From: x@example.org\nMIME-Version: 1.0\n"
				     "Content-Type: multipart/report; "
				     "boundary=b\n\n--b\n\nSorry.\n--b\n"
				     "Content-Type: message/delivery-status\n\n"
				     "%s\n%s--b--\n",
				     status, rest);

	return parse(text, strlen(text));
}

TEST(only_who_failed_is_told_and_folded_fields_are_whole)
{
	AUTO(bounce)
	struct bounce *bounce = report(
		"Reporting-MTA: dns; x\n\n"
		"Final-Recipient: RFC822; a@example.org\nAction: delayed\n\n"
		"final-recipient: rfc822;b@example.org\nACTION: Failed\n"
		"Diagnostic-Code: smtp; 550 5.1.1\n\tno such\n user\n\n\n"
		"Original-Recipient: rfc822;c@example.org\nAction: failed\n"
		"Status: 5.0.0\n\n"
		"Final-Recipient: rfc822;d@example.org\nAction: relayed\n",
		"--b\nContent-Type: message/rfc822\n\n"
		"Message-ID: <one@example.org>\n\nHello\n");
	const struct bounce_recipient *who;

	if (!CHECK(bounce) || !CHECK_INT(bounce->failed->len, 2))
		return;
	CHECK_STR(bounce->envid, NULL);
	CHECK_STR(bounce->msgid, "one@example.org");
	who = bounce->failed->pdata[0];
	CHECK_STR(who->final, "b@example.org");
	CHECK_STR(who->original, NULL);
	CHECK_STR(who->reason, "550 5.1.1 no such user");
	who = bounce->failed->pdata[1];
	CHECK_STR(who->final, NULL);
	CHECK_STR(who->original, "c@example.org");
	CHECK_STR(who->reason, "5.0.0");
}

TEST(what_is_no_report_of_a_failure_is_none)
{
	static const char *const texts[] = {
		"",
		"Action: failed\n",
		"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\n",
		"Reporting-MTA: dns; x\n\nAction: delivered\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		AUTO(bounce) struct bounce *bounce = report(texts[i], "");

		CHECK(!bounce);
	}
	CHECK(!parse("Subject: x\n\nAction: failed\n", 28));
}

TEST(every_truncation_of_a_report_is_harmless)
{
	gsize size = 0;
	AUTO(str) char *text = read_data("bounce-postfix.eml", &size);

	for (size_t len = 0; len < size; len++) {
		AUTO(str) char *cut = g_memdup2(text, len + 1);
		AUTO(bounce) struct bounce *bounce = parse(cut, len);

		CHECK(!bounce || bounce->failed->len == 1);
	}
}

/* What a report with this header and these parts follows; NULL: nothing. */
static char *followed(const char *header, const char *type, const char *rest)
{
	AUTO(str)
	char *text = g_strdup_printf(
		"%sFrom: x@example.org\nMIME-Version: 1.0\nContent-Type: "
		"multipart/report; boundary=b\n\n--b\n\nSorry.\n--b\n"
		"Content-Type: %s\n\nReporting-MTA: dns; x\n\n"
		"Final-Recipient: rfc822; a@b\nAction: delayed\n%s--b--\n",
		header, type, rest);
	AUTO(mime) struct mime *mime = mime_parse(text, strlen(text));
	guint before = mime->in_reply_to->len;

	bounce_follow(mime);
	if (mime->in_reply_to->len == before)
		return NULL;
	CHECK_INT(mime->in_reply_to->len, before + 1);
	return g_strdup(mime->in_reply_to->pdata[before]);
}

TEST(a_report_follows_what_it_brings_back)
{
#define STATUS "message/delivery-status"
#define HEADER "--b\nContent-Type: text/rfc822-headers\n\n"
	AUTO(str) char *filler = g_strnfill(400000, 'x');
	AUTO(str)
	char *large = g_strconcat("--b\nContent-Type: message/rfc822\n\n"
				  "Message-ID: <large@b>\n\n",
				  filler, "\n", NULL);
	const struct {
		const char *header, *type, *rest, *follows;
	} known[] = {
		{ "", STATUS, HEADER "Message-ID: <one@b>\nTo: a@b\n",
		  "one@b" },
		{ "", "message/global-delivery-status",
		  "--b\nContent-Type: message/global-headers\n\n"
		  "Message-ID: <one@b>\n",
		  "one@b" },
		{ "", STATUS,
		  "--b\nContent-Type: message/rfc822\n\nSubject: x\n"
		  "message-id: <one@b>\n\nMessage-ID: <two@b>\n",
		  "one@b" },
		{ "", STATUS, large, "large@b" },
		/* it says itself what it follows */
		{ "In-Reply-To: <a@b>\n", STATUS,
		  HEADER "Message-ID: <one@b>\n", NULL },
		{ "References: <a@b>\n", STATUS, HEADER "Message-ID: <one@b>\n",
		  NULL },
		/* a forwarded message, nothing brought back, itself */
		{ "", "text/plain", HEADER "Message-ID: <one@b>\n", NULL },
		{ "", STATUS, HEADER "Subject: none\n", NULL },
		{ "", STATUS,
		  "--b\nContent-Type: message/rfc822\n\nSubject: x\n\n"
		  "Message-ID: <two@b>\n",
		  NULL },
		{ "", STATUS, "", NULL },
		{ "Message-ID: <one@b>\n", STATUS,
		  HEADER "Message-ID: <one@b>\n", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *got =
			followed(known[i].header, known[i].type, known[i].rest);

		CHECK_STR(got, known[i].follows);
	}
#undef STATUS
#undef HEADER
}
