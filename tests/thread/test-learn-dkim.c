/* SPDX-License-Identifier: ISC */
#include "learn.h"

#include "defms/message.h"
#include "test.h"

/* What a message with these header fields says of example.net. */
static enum learn_dkim verdict(const char *header, const char *server)
{
	static char none[1];
	AUTO(str)
	char *text = g_strconcat(header, "\nFrom: x\n\nhello\n", NULL);
	AUTO(ptrs) GPtrArray *trusted = g_ptr_array_new();
	struct message_split split;
	enum learn_dkim result;

	message_split((uint8_t *)text, strlen(text), &split);
	if (server)
		g_ptr_array_add(trusted, (gpointer)(uintptr_t)server);
	g_ptr_array_add(trusted, none);
	if (!server)
		g_ptr_array_set_size(trusted, 0);
	result = learn_dkim(split.trace, trusted, "example.net");
	message_split_release(&split);
	return result;
}

TEST(the_results_of_my_own_server_are_read)
{
	static const struct {
		const char *field;
		enum learn_dkim want;
	} known[] = {
		{ "mx.me; dkim=pass header.d=example.net", DKIM_PASSED },
		{ "MX.me 1; spf=pass smtp.mailfrom=a@b; DKIM=Pass\n"
		  " header.s=k HEADER.D=Example.NET",
		  DKIM_PASSED },
		{ "mx.me; dkim = pass (2048-bit key; unprotected)\n"
		  "\theader.d = \"example.net\" header.i=@example.net",
		  DKIM_PASSED },
		{ "(a (nested) one) mx.me; dkim=pass header.i=@example.net",
		  DKIM_PASSED },
		{ "mx.me; dkim=pass header.i=bob@example.net", DKIM_PASSED },
		{ "mx.me; dkim=fail header.d=example.net;\n"
		  " dkim=pass header.d=example.net",
		  DKIM_PASSED },
		{ "mx.me; dkim=pass header.d=example.net;\n"
		  " dkim=fail header.d=example.net",
		  DKIM_PASSED },
		{ "mx.me; dkim=fail reason=\"bad; dkim=pass\"\n"
		  " header.d=example.net",
		  DKIM_REFUSED },
		{ "mx.me; dkim=policy header.d=example.net", DKIM_REFUSED },
		{ "mx.me; dkim=fail header.d=lists.example;\n"
		  " dkim=none header.d=example.net",
		  DKIM_UNKNOWN },
		{ "mx.me; dkim=pass header.d=lists.example", DKIM_UNKNOWN },
		{ "mx.me; dkim=pass header.d=an.example.net", DKIM_UNKNOWN },
		{ "mx.me; dkim=pass header.d=net", DKIM_UNKNOWN },
		{ "mx.me; dkim=pass header.d=eve.example "
		  "header.i=@example.net",
		  DKIM_UNKNOWN },
		{ "mx.me; dkim=pass (header.d=example.net)", DKIM_UNKNOWN },
		{ "mx.me; dkim=pass reason=\" header.d=example.net\"",
		  DKIM_UNKNOWN },
		{ "mx.me; x-dkim=pass header.d=example.net", DKIM_UNKNOWN },
		{ "mx.me; dkim=neutral header.d=example.net", DKIM_UNKNOWN },
		{ "mx.me; none", DKIM_UNKNOWN },
		{ "mx.me", DKIM_UNKNOWN },
		{ "", DKIM_UNKNOWN },
		{ "dkim=pass header.d=example.net", DKIM_UNKNOWN },
		{ "mx.me.evil; dkim=pass header.d=example.net", DKIM_UNKNOWN },
		{ "mx.me; dkim=pass header.d=example.net\\", DKIM_UNKNOWN },
		{ "mx.me; (dkim=pass header.d=example.net", DKIM_UNKNOWN },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *header = g_strconcat(
			"Authentication-Results: ", known[i].field, NULL);

		if (!CHECK_INT(verdict(header, "mx.me"), known[i].want))
			printf("# %s\n", known[i].field);
		CHECK_INT(verdict(header, NULL), DKIM_UNKNOWN);
		CHECK_INT(verdict(header, "other"), DKIM_UNKNOWN);
	}
}

/* To a signed mail anybody can add a field that the signature does not name. */
TEST(a_signature_proves_no_key_that_it_does_not_cover)
{
	static const struct {
		const char *tags;
		enum learn_dkim want;
	} known[] = {
		{ "v=1; d=example.net; h=from:to:defms-key; b=x", DKIM_PASSED },
		{ "v=1; h=From :\n Defms-Key : To; d=Example.NET; b=x",
		  DKIM_PASSED },
		{ "v=1; d=lists.example; h=from:to; b=x", DKIM_PASSED },
		{ "v=1; d=example.net; h=from:to; b=x", DKIM_UNKNOWN },
		{ "v=1; d=example.net; h=from:x-defms-key; b=x", DKIM_UNKNOWN },
		{ "v=1; d=example.net; bh=defms-key; b=x", DKIM_UNKNOWN },
		{ "v=1; d=example.net; h=from:defms-key; b=x\n"
		  "DKIM-Signature: v=1; d=example.net; h=from; b=y",
		  DKIM_UNKNOWN },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *header = g_strconcat("Authentication-Results: mx.me; "
					   "dkim=pass header.d=example.net\n"
					   "DKIM-Signature: ",
					   known[i].tags, NULL);

		if (!CHECK_INT(verdict(header, "mx.me"), known[i].want))
			printf("# %s\n", known[i].tags);
	}
}

TEST(the_topmost_one_with_its_id_counts)
{
#define PASS "dkim=pass header.d=example.net\n"
#define FAIL "dkim=fail header.d=example.net\n"
#define RESULTS "Authentication-Results: "
	CHECK_INT(verdict(RESULTS "mx.me; " PASS "Received: x\n" RESULTS
				  "mx.me; " FAIL "Subject: y",
			  "mx.me"),
		  DKIM_PASSED);
	CHECK_INT(verdict(RESULTS "mx.me; " FAIL RESULTS "mx.me; " PASS
				  "Subject: y",
			  "mx.me"),
		  DKIM_REFUSED);
	CHECK_INT(verdict(RESULTS "mx.eve; " PASS RESULTS "mx.me; " FAIL
				  "Subject: y",
			  "mx.me"),
		  DKIM_REFUSED);
	CHECK_INT(verdict(RESULTS "mx.me; none\n" RESULTS "mx.me; " PASS
				  "Subject: y",
			  "mx.me"),
		  DKIM_UNKNOWN);
	CHECK_INT(verdict("Subject: y", "mx.me"), DKIM_UNKNOWN);
}
