/* SPDX-License-Identifier: ISC */
#include "git-https.h"

#include <errno.h>

#include "test.h"

TEST(what_an_answer_means_that_is_none_of_gits)
{
	static const struct {
		struct http_answer answer;
		bool has_login;
		int code;
		const char *text;
	} known[] = {
		{ { .status = 401 },
		  false,
		  EACCES,
		  "it wants a user and a password: see passwordCommand" },
		{ { .status = 401 }, true, EACCES, "the login is refused" },
		{ { .status = 403 }, true, EACCES, "it does not allow that" },
		{ { .status = 404 },
		  true,
		  ENOENT,
		  "there is no such repository" },
		{ { .status = 302 },
		  true,
		  ENOENT,
		  "it is elsewhere, says the server (302)" },
		{ { .status = 429 },
		  true,
		  EAGAIN,
		  "the server cannot now (429)" },
		{ { .status = 503 },
		  true,
		  EAGAIN,
		  "the server cannot now (503)" },
		{ { .status = 200, .type = "text/html" },
		  true,
		  ENOENT,
		  "no git repository, but text/html" },
		{ { .status = 200 },
		  true,
		  ENOENT,
		  "no git repository, but something" },
		{ { .status = 418 }, true, EPROTO, "the server says 418" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct err err = { 0 };

		CHECK_INT(git_https_judge(&known[i].answer, known[i].has_login,
					  &err),
			  -1);
		CHECK_INT(err.code, known[i].code);
		CHECK_STR(err.text, known[i].text);
	}
}
