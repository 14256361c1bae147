/* SPDX-License-Identifier: ISC */
#include "net-talk.h"

#include <errno.h>
#include <string.h>

const char *step_name(enum step step)
{
	static const char *const names[] = {
		[STEP_CONNECT] = "connect",   [STEP_TLS] = "TLS",
		[STEP_GREETING] = "greeting", [STEP_HELLO] = "capabilities",
		[STEP_STARTTLS] = "STARTTLS", [STEP_LOGIN] = "login",
	};

	return names[step];
}

static bool starts(const char *data, size_t size, const char *word)
{
	return size >= strlen(word) && memcmp(data, word, strlen(word)) == 0;
}

void talk_command(struct talk *talk, const char *data, size_t size)
{
	const char *space = memchr(data, ' ', size);

	if (talk->service == SERVICE_IMAP && space) { /* behind its tag */
		size -= (size_t)(space + 1 - data);
		data = space + 1;
	}
	if (starts(data, size, "STARTTLS"))
		talk->step = STEP_STARTTLS;
	else if (starts(data, size, "AUTH") || starts(data, size, "LOGIN"))
		talk->step = STEP_LOGIN;
	else if (starts(data, size, "CAPABILITY") ||
		 starts(data, size, "EHLO") || starts(data, size, "HELO"))
		talk->step = STEP_HELLO;
}

void talk_answer(struct talk *talk, const char *data, size_t size)
{
	while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r'))
		size--;
	size = MIN(size, sizeof(talk->answer) - 1);
	memcpy(talk->answer, data, size);
	talk->answer[size] = '\0';
}

bool talk_is_later(const struct talk *talk)
{
	if (talk->service == SERVICE_SMTP)
		return talk->answer[0] == '4';
	return strstr(talk->answer, "[UNAVAILABLE]") ||
	       strstr(talk->answer, "[INUSE]") ||
	       strstr(talk->answer, "[LIMIT]") ||
	       g_str_has_prefix(talk->answer, "* BYE");
}

/* The last line, without a tag, if it is fit to be shown. */
static const char *shown_answer(const struct talk *talk, const char *secret)
{
	const char *space = strchr(talk->answer, ' ');

	if (*secret && strstr(talk->answer, secret))
		return "";
	return talk->service == SERVICE_IMAP && space ? space + 1
						      : talk->answer;
}

int talk_login_failed(const struct talk *talk, const char *secret,
		      struct err *err)
{
	const char *answer = shown_answer(talk, secret);
	bool later = talk_is_later(talk);

	if (talk->step != STEP_LOGIN)
		return err_set(err, EACCES,
			       "the server offers none that is known");
	return err_set(err, later ? EAGAIN : EACCES, "%s%s%s",
		       later ? "not now" : "refused", *answer ? ": " : "",
		       answer);
}
