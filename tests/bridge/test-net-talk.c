/* SPDX-License-Identifier: ISC */
#include "net-talk.h"

#include <errno.h>

#include "test.h"

static void say(struct talk *talk, const char *line)
{
	talk_command(talk, line, strlen(line));
}

static void hear(struct talk *talk, const char *line)
{
	talk_answer(talk, line, strlen(line));
}

TEST(the_step_follows_what_is_said)
{
	struct talk smtp = { .service = SERVICE_SMTP, .step = STEP_GREETING };
	struct talk imap = { .service = SERVICE_IMAP, .step = STEP_GREETING };

	say(&smtp, "EHLO [127.0.0.1]\r\n");
	CHECK_INT(smtp.step, STEP_HELLO);
	say(&smtp, "STARTTLS\r\n");
	CHECK_INT(smtp.step, STEP_STARTTLS);
	say(&smtp, "EHLO [127.0.0.1]\r\n");
	CHECK_INT(smtp.step, STEP_HELLO);
	say(&smtp, "AUTH PLAIN\r\n");
	CHECK_INT(smtp.step, STEP_LOGIN);
	say(&smtp, "AGFkYQBzZWNyZXQ=\r\n");
	CHECK_INT(smtp.step, STEP_LOGIN);
	say(&imap, "A001 CAPABILITY\r\n");
	CHECK_INT(imap.step, STEP_HELLO);
	say(&imap, "A002 STARTTLS\r\n");
	CHECK_INT(imap.step, STEP_STARTTLS);
	say(&imap, "A003 AUTHENTICATE PLAIN\r\n");
	CHECK_INT(imap.step, STEP_LOGIN);
	say(&imap, "A003");
	CHECK_INT(imap.step, STEP_LOGIN);
	CHECK_STR(step_name(STEP_CONNECT), "connect");
}

TEST(why_a_login_fails_is_told_but_for_the_secret)
{
	static const struct {
		enum service service;
		const char *answer, *text;
		int code;
	} known[] = {
		{ SERVICE_SMTP, "535 5.7.8 no\r\n", "refused: 535 5.7.8 no",
		  EACCES },
		{ SERVICE_SMTP, "454 busy", "not now: 454 busy", EAGAIN },
		{ SERVICE_SMTP, "", "refused", EACCES },
		{ SERVICE_SMTP, "535 not hunter2", "refused", EACCES },
		{ SERVICE_IMAP, "A003 NO no\r\n", "refused: NO no", EACCES },
		{ SERVICE_IMAP, "A003 NO [UNAVAILABLE] x",
		  "not now: NO [UNAVAILABLE] x", EAGAIN },
		{ SERVICE_IMAP, "* BYE x", "not now: BYE x", EAGAIN },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct talk talk = { known[i].service, STEP_LOGIN, "" };
		struct err err;

		hear(&talk, known[i].answer);
		CHECK_INT(talk_login_failed(&talk, "hunter2", &err), -1);
		CHECK_STR(err.text, known[i].text);
		CHECK_INT(err.code, known[i].code);
	}
}

TEST(of_an_endless_line_the_beginning_is_kept)
{
	struct talk talk = { .service = SERVICE_SMTP };
	char line[1000];

	memset(line, 'x', sizeof(line));
	talk_answer(&talk, line, sizeof(line));
	CHECK_INT(strlen(talk.answer), TALK_ANSWER - 1);
}
