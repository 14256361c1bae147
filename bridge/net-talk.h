/* SPDX-License-Identifier: ISC */
/* What is seen of a dialogue that libcurl leads, from the greeting to the
 * login: the step it is at and the server's last line. Passwords pass by here:
 * nothing of what goes out is kept. */
#ifndef BRIDGE_NET_TALK_H
#define BRIDGE_NET_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "account.h"

enum { TALK_ANSWER = 160 };

enum step {
	STEP_CONNECT,
	STEP_TLS,
	STEP_GREETING,
	STEP_HELLO,
	STEP_STARTTLS,
	STEP_LOGIN,
};
/* "connect", "TLS" ... */
const char *step_name(enum step step);

struct talk {
	enum service service;
	enum step step; /* from STEP_GREETING on */
	char answer[TALK_ANSWER];
};

/* A command goes out, or a line comes in. */
void talk_command(struct talk *talk, const char *data, size_t size);
void talk_answer(struct talk *talk, const char *data, size_t size);

/* Does the last line ask to come back later? */
bool talk_is_later(const struct talk *talk);

/* Why the login failed: EACCES, or EAGAIN. The server's words stand in it
 * unless `secret` does in them. */
int talk_login_failed(const struct talk *talk, const char *secret,
		      struct err *err);

#endif
