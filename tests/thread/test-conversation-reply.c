/* SPDX-License-Identifier: ISC */
/* The header of an answer. Every message of tests/data, and of the mboxrd that
 * $DEFMS_TEST_CORPUS names, gets one that compose takes as it is. */
#include <glib/gstdio.h>

#include "conversation-part.h"
#include "defms/compose.h"
#include "defms/mime.h"
#include "test.h"

static struct config *new_config(void)
{
	AUTO(str) char *dir = g_dir_make_tmp("defms-test-XXXXXX", NULL);
	AUTO(str) char *folder = g_build_filename(dir, "defms", NULL);
	AUTO(str) char *path = g_build_filename(folder, "config", NULL);
	static const char text[] = "[user]\n\tname = Me Myself\n"
				   "\temail = me@example.net\n"
				   "\temail = work@example.net\n";
	struct config *config = NULL;

	CHECK_INT(g_mkdir(folder, 0700), 0);
	CHECK(g_file_set_contents(path, text, -1, NULL));
	(void)g_setenv("XDG_CONFIG_HOME", dir, TRUE);
	CHECK_INT(config_open(&config, NULL), 0);
	CHECK_INT(g_unlink(path) | g_rmdir(folder) | g_rmdir(dir), 0);
	return config;
}

static void join_ids(GString *out, const GPtrArray *ids)
{
	for (guint i = 0; i < ids->len; i++)
		g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "",
				       (const char *)ids->pdata[i]);
}

/* As the index would hold it. */
static char *reply_to(const struct config *config, const void *data,
		      size_t size)
{
	AUTO(mime) struct mime *mime = mime_parse(data, size);
	AUTO(gstring) GString *references = g_string_new(NULL);
	struct index_message message = {
		.subject = mime->subject,
		.from = mime->from,
		.to = mime->to,
		.cc = mime->cc,
		.reply_to = mime->reply_to,
		.mail_reply_to = mime->mail_reply_to,
		.mail_followup_to = mime->mail_followup_to,
		.msgid = mime->msgid,
		.list_id = mime->list_id,
		.date = mime->date,
		.date_zone = mime->date_zone,
	};
	GString *out = g_string_new(NULL);

	join_ids(references, mime->references);
	join_ids(references, mime->in_reply_to);
	message.references = references->str;
	conversation_reply_fill(config, NULL, &message, out);
	return g_string_free(out, FALSE);
}

/* -- examples -------------------------------------------------------------- */

static void check_fields(const char *message, const char *want)
{
	AUTO(config) struct config *config = new_config();
	AUTO(str) char *got = reply_to(config, message, strlen(message));
	char *end = strstr(got, "\n\n");

	if (CHECK(end != NULL))
		end[1] = '\0';
	CHECK_STR(got, want);
}

#define ME "From: Me Myself <me@example.net>\n"
#define WORK "From: Me Myself <work@example.net>\n"

TEST(from_is_the_address_that_was_written_to)
{
	check_fields("From: a@x.org\nTo: b@x.org\nCc: Work@example.net\n\n",
		     WORK "To: a@x.org\nCc: b@x.org\nSubject: Re:\n");
	check_fields("From: a@x.org\nTo: me@example.net\n"
		     "Cc: work@example.net\n\n",
		     ME "To: a@x.org\nSubject: Re:\n");
	check_fields("From: a@x.org\nTo: list@x.org\n\n",
		     ME "To: a@x.org\nCc: list@x.org\nSubject: Re:\n");
	check_fields("From: work@example.net\nTo: b@x.org, me@example.net\n"
		     "Cc: c@x.org\nReply-To: d@x.org\n\n",
		     WORK "To: b@x.org\nCc: c@x.org\nSubject: Re:\n");
	check_fields("From: me@example.net\nTo: work@example.net\n\n",
		     ME "To: me@example.net\nSubject: Re:\n");
}

TEST(a_list_that_takes_reply_to_does_not_hide_the_author)
{
	check_fields("From: a@x.org\nTo: dev@lists.x.org\n"
		     "Reply-To: Dev <dev@lists.x.org>\n"
		     "List-Id: Dev <dev.lists.x.org>\n\n",
		     ME "To: a@x.org\nCc: dev@lists.x.org\nSubject: Re:\n");
	check_fields("From: Ada via Dev <dev@lists.x.org>\n"
		     "To: dev@lists.x.org\n"
		     "Reply-To: a@x.org, dev@lists.x.org\n"
		     "List-Id: <dev.lists.x.org>\n\n",
		     ME "To: a@x.org, dev@lists.x.org\nSubject: Re:\n");
	check_fields("From: a@x.org\nTo: me@example.net\nReply-To: d@x.org\n\n",
		     ME "To: d@x.org\nSubject: Re:\n");
}

TEST(mail_followup_to_says_where_all_answers_go)
{
	/* to the list, without the author and without me */
	check_fields("From: a@x.org\nTo: dev@lists.x.org\nCc: c@x.org\n"
		     "Mail-Followup-To: dev@lists.x.org, Me <me@example.net>\n"
		     "List-Id: <dev.lists.x.org>\n\n",
		     ME "To: dev@lists.x.org\nSubject: Re:\n");
	/* in an answer to myself too, and before Reply-To and Mail-Reply-To */
	check_fields("From: work@example.net\nTo: b@x.org\nReply-To: r@x.org\n"
		     "Mail-Reply-To: m@x.org\n"
		     "mail-followup-to: =?utf-8?Q?D=C3=A9v?= <dev@x.org>,\n"
		     " c@x.org\n\n",
		     WORK
		     "To: D\303\251v <dev@x.org>, c@x.org\nSubject: Re:\n");
	/* to me alone */
	check_fields("From: a@x.org\nTo: b@x.org\n"
		     "Mail-Followup-To: me@example.net\n\n",
		     ME "To: me@example.net\nSubject: Re:\n");
	/* what names nobody asks nothing */
	check_fields("From: a@x.org\nTo: b@x.org\n"
		     "Mail-Followup-To: undisclosed-recipients:;\n\n",
		     ME "To: a@x.org\nCc: b@x.org\nSubject: Re:\n");
}

TEST(mail_reply_to_is_the_author)
{
	check_fields("From: a@x.org\nTo: dev@lists.x.org\n"
		     "Reply-To: dev@lists.x.org\nMail-Reply-To: m@x.org\n"
		     "List-Id: <dev.lists.x.org>\n\n",
		     ME "To: m@x.org\nCc: dev@lists.x.org\nSubject: Re:\n");
	check_fields("From: a@x.org\nTo: me@example.net\n"
		     "Mail-Reply-To: nobody\n\n",
		     ME "To: a@x.org\nSubject: Re:\n");
}

TEST(a_subject_has_one_re)
{
	static const char *const known[][2] = {
		{ "x", "Re: x" },
		{ "RE: x", "Re: x" },
		{ "Re: Re[2]: Aw: SV: x", "Re: x" },
		{ "re:x", "Re: x" },
		{ "Re", "Re: Re" },
		{ "Re(3): Antw: x", "Re: x" },
		{ "Re 5: x", "Re: Re 5: x" },
		{ "Recall: x", "Re: Recall: x" },
		{ "Fwd: x", "Re: Fwd: x" },
		/* what was decoded is not decoded again */
		{ "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3D0A=3F=3D?=",
		  "Re: =?utf-8?Q?=3D=3Futf=2D8=3FQ=3Fx=3D0A=3F=3D?=" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *message = g_strdup_printf(
			"From: a@x.org\nSubject: %s\n\n", known[i][0]);
		AUTO(str)
		char *want = g_strdup_printf(ME "To: a@x.org\nSubject: %s\n",
					     known[i][1]);

		check_fields(message, want);
	}
}

TEST(names_stay_names)
{
	check_fields("From: =?utf-8?Q?eve=40evil.org=2C_Ada?= <a@x.org>\n"
		     "To: \"=?utf-8?Q?x=0A?=\" <b@x.org>, undisclosed:;\n\n",
		     ME "To: \"eve@evil.org, Ada\" <a@x.org>\n"
			"Cc: x <b@x.org>\nSubject: Re:\n");
}

TEST(many_references_keep_the_first_and_the_last)
{
	AUTO(config) struct config *config = new_config();
	AUTO(gstring)
	GString *message = g_string_new("From: a@x\nMessage-ID: <me@x>\n"
					"References:");
	AUTO(str) char *got = NULL;

	for (int i = 0; i < 1000; i++)
		g_string_append_printf(message, " <%d@x>\n", i);
	g_string_append(message, "\n");
	got = reply_to(config, message->str, message->len);
	CHECK(strstr(got, "References: <0@x>\n <1@x>\n") != NULL);
	CHECK(strstr(got, " <9@x>\n <961@x>\n") != NULL);
	CHECK(strstr(got, " <999@x>\n <me@x>\n\n") != NULL);
}

/* -- all of them ----------------------------------------------------------- */

/* With the domain in its ASCII form: GMime decodes it. */
static char *ascii_mail(const char *mail)
{
	const char *at = strrchr(mail, '@');
	AUTO(str) char *domain = g_hostname_to_ascii(at + 1);

	return g_strdup_printf("%.*s@%s", (int)(at - mail), mail,
			       domain ? domain : at + 1);
}

static void check_same_mail(const char *got, const char *want)
{
	AUTO(str) char *got_ascii = ascii_mail(got);
	AUTO(str) char *want_ascii = ascii_mail(want);

	if (strcmp(got, want) != 0)
		CHECK_STR(got_ascii, want_ascii);
}

/* Is everybody whom the message names, but me, a recipient? */
static void check_recipients(const char *reply, const struct composed *composed)
{
	AUTO(mime)
	struct mime *mime =
		mime_parse(composed->message->data, composed->message->len);
	AUTO(str) char *subject = g_strdup(strstr(reply, "Subject: ") + 9);

	*strchr(subject, '\n') = '\0';
	if (!strstr(subject, "=?"))
		CHECK_STR(mime->subject, g_strstrip(subject));
	CHECK_INT(mime->recipients->len, composed->recipients->len);
	for (guint i = 0; i < mime->recipients->len; i++) {
		const struct address *who = mime->recipients->pdata[i];

		check_same_mail(who->mail, composed->recipients->pdata[i]);
	}
}

static void round_trip(const struct config *config, const char *name,
		       const void *data, size_t size)
{
	AUTO(str) char *reply = reply_to(config, data, size);
	AUTO(composed) struct composed *composed = NULL;
	struct compose_how how = { .config = config, .folder = -1 };
	struct err err = { 0 };
	bool to = strstr(reply, "\nTo: ") || strstr(reply, "\nCc: ");
	int result = compose(reply, strlen(reply), &how, &composed, &err);

	if (result < 0 && !to)
		return;
	if (!CHECK_INT(result, 0))
		printf("# %s: %s\n%s", name, err.text, reply);
	else
		check_recipients(reply, composed);
}

TEST(every_answer_to_the_test_data_can_be_sent)
{
	AUTO(config) struct config *config = new_config();
	GDir *dir = g_dir_open(TEST_DATA, 0, NULL);
	const char *name;
	int count = 0;

	while ((name = g_dir_read_name(dir)) != NULL) {
		AUTO(str) char *path = g_build_filename(TEST_DATA, name, NULL);
		AUTO(str) char *data = NULL;
		gsize size;

		if (!g_str_has_suffix(name, ".eml") ||
		    !g_file_get_contents(path, &data, &size, NULL))
			continue;
		round_trip(config, name, data, size);
		count++;
	}
	g_dir_close(dir);
	CHECK(count > 20);
}

TEST(every_answer_to_the_corpus_can_be_sent)
{
	const char *path = g_getenv("DEFMS_TEST_CORPUS");
	AUTO(config) struct config *config = new_config();
	AUTO(str) char *data = NULL;
	const char *at, *end;
	gsize size;
	int count = 0;

	if (!path || !CHECK(g_file_get_contents(path, &data, &size, NULL)))
		return;
	for (at = data, end = data + size; at < end; count++) {
		const char *next =
			memmem(at, (size_t)(end - at), "\n\nFrom ", 7);
		size_t length = (size_t)((next ? next + 1 : end) - at);
		const char *first = memchr(at, '\n', length);

		if (first)
			round_trip(config, "corpus", first + 1,
				   length - (size_t)(first + 1 - at));
		at = next ? next + 2 : end;
	}
	printf("# %d messages\n", count);
}
