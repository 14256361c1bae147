/* SPDX-License-Identifier: ISC */
/* What is expected was checked with Python's email package, which reads each
 * message in t1600-compose.sh too. */
#include <errno.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "compose-parts.h"
#include "defms/mime.h"
#include "test.h"

static struct config *new_config(void)
{
	struct config *config = NULL;

	(void)g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
	(void)g_setenv("TZ", "UTC-1", TRUE);
	CHECK_INT(config_open(&config, NULL), 0);
	CHECK_INT(config_override(config, "user.name=Ada, L.", NULL), 0);
	CHECK_INT(config_override(config, "user.email=ada@example.org", NULL),
		  0);
	return config;
}

static int make(const char *draft, size_t size, struct compose_how *how,
		struct composed **composed_r, struct err *err)
{
	AUTO(config) struct config *config = new_config();

	how->config = config;
	how->now = 1793610000;
	if (how->folder == 0)
		how->folder = -1;
	return compose(draft, size, how, composed_r, err);
}

static char *recipients_of(const struct composed *composed)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < composed->recipients->len; i++)
		g_string_append_printf(
			all, "%s%s", i > 0 ? " " : "",
			(const char *)composed->recipients->pdata[i]);
	return g_string_free(all, FALSE);
}

static char *message_of(const struct composed *composed)
{
	return g_strndup((const char *)composed->message->data,
			 composed->message->len);
}

/* -- whole messages -------------------------------------------------------- */

#define TAIL                                                                   \
	"MIME-Version: 1.0\n"                                                  \
	"Content-Type: text/plain; charset=us-ascii\n\n"
#define FROM "From: \"Ada, L.\" <ada@example.org>\n"
#define DATE "Date: Mon, 02 Nov 2026 10:00:00 +0100\n"
#define MSGID "Message-ID: <m@example.org>\n"

static const char thread_header[] = "From: Other <me@example.net>\n"
				    "To: Bob <bob@example.org>\n"
				    "Cc: carol@example.org\n"
				    "Subject: Re: roof\n"
				    "In-Reply-To: <r@example.org>\n"
				    "References: <q@example.org>\n"
				    " <r@example.org>\n";

TEST(a_draft_becomes_exactly_this)
{
	static const struct {
		const char *draft, *defaults, *want;
	} known[] = {
		{ "To: bob@example.org\nMessage-ID: <m@example.org>\n\nhi\n",
		  NULL,
		  FROM "To: bob@example.org\nSubject: \n" DATE MSGID TAIL
		       "hi\n" },
		/* CRLF, a fold, no line end at the end, a byte order mark */
		{ "\357\273\277To: bob@example.org\r\nSubject: a\r\n  b\r\n"
		  "Message-ID: <m@example.org>\r\n\r\nhi",
		  NULL,
		  FROM "To: bob@example.org\nSubject: a b\n" DATE MSGID TAIL
		       "hi\n" },
		/* the thread's header fills in what is missing */
		{ "Message-ID: <m@example.org>\n\nhi\n", thread_header,
		  "From: Other <me@example.net>\nTo: Bob <bob@example.org>\n"
		  "Cc: carol@example.org\nSubject: Re: roof\n" DATE MSGID
		  "In-Reply-To: <r@example.org>\n"
		  "References: <q@example.org> <r@example.org>\n" TAIL "hi\n" },
		/* ... but not to those that a person chose */
		{ "To: dan@example.org\nSubject: other\n"
		  "Message-ID: <m@example.org>\n\nhi\n",
		  thread_header,
		  "From: Other <me@example.net>\nTo: dan@example.org\n"
		  "Subject: other\n" DATE MSGID "In-Reply-To: <r@example.org>\n"
		  "References: <q@example.org> <r@example.org>\n" TAIL "hi\n" },
		/* two writers, one of whom sends; order and odd fields */
		{ "X-Thing: a\nFrom: a@example.org, b@example.org\n"
		  "Message-ID: <m@example.org>\nDefms-Key: addr=x\n"
		  "Date: Tue, 3 Nov 2026 01:02:03 -0500\n"
		  "Bcc: s@example.org\n\n",
		  NULL,
		  "From: a@example.org, b@example.org\nBcc: s@example.org\n"
		  "Sender: a@example.org\nSubject: \n"
		  "Date: Tue, 3 Nov 2026 01:02:03 -0500\n" MSGID
		  "X-Thing: a\n" TAIL },
		/* empty fields: some are filled in, some are meant */
		{ "From:\nTo: b@example.org\nCc:\nSubject:\nDate:\n"
		  "Message-ID: <m@example.org>\n\n",
		  thread_header,
		  "From: Other <me@example.net>\nTo: b@example.org\n"
		  "Subject: \n" DATE MSGID "In-Reply-To: <r@example.org>\n"
		  "References: <q@example.org> <r@example.org>\n" TAIL },
		/* a body that is made already */
		{ "To: b@example.org\nMessage-ID: <m@example.org>\n"
		  "MIME-Version: 1.0\nContent-Type: text/html\n\n<p>\xff\n",
		  NULL,
		  FROM "To: b@example.org\nSubject: \n" DATE MSGID
		       "MIME-Version: 1.0\nContent-Type: text/html\n\n"
		       "<p>\xff\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(composed) struct composed *composed = NULL;
		AUTO(str) char *message = NULL;
		struct compose_how how = { .defaults = known[i].defaults };
		struct err err = { 0 };

		if (!CHECK_INT(make(known[i].draft, strlen(known[i].draft),
				    &how, &composed, &err),
			       0)) {
			printf("# %zu: %s\n", i, err.text);
			continue;
		}
		message = message_of(composed);
		CHECK_STR(message, known[i].want);
		CHECK_STR(composed->msgid, "m@example.org");
	}
}

TEST(what_a_program_made_stays_as_it_is)
{
	static const char *const to[] = { "b@example.org", "c@example.org",
					  NULL };
	static const struct {
		const char *draft;
		const char *const *to;
		const char *want;
	} known[] = {
		{ "subject:  x \nFrom: a@example.org\nTo: b@example.org\n"
		  "Defms-Key: addr=x;\n card=x\nMessage-ID: <m@example.org>\n"
		  "Date: now\n\nhi\r\n.\n",
		  NULL,
		  "subject:  x \nFrom: a@example.org\nTo: b@example.org\n"
		  "Message-ID: <m@example.org>\nDate: now\n\nhi\n.\n" },
		/* 8 bit, and nobody said which */
		{ "Message-ID: <m@example.org>\n\n\xc3\xa4\n", to,
		  "Message-ID: <m@example.org>\n" FROM
		  "To: b@example.org, c@example.org\n" DATE
		  "MIME-Version: 1.0\n"
		  "Content-Type: text/plain; charset=utf-8\n"
		  "Content-Transfer-Encoding: 8bit\n\n\xc3\xa4\n" },
		{ "From:\nTo: \nMessage-ID: <m@example.org>\nX: y\n\n", to,
		  "Message-ID: <m@example.org>\nX: y\n" FROM
		  "To: b@example.org, c@example.org\n" DATE "\n" },
		{ "Message-ID: <m@example.org>\nCc: x@example.org\n"
		  "Content-Type: text/html\n\n\xe4",
		  to,
		  "Message-ID: <m@example.org>\nCc: x@example.org\n"
		  "Content-Type: text/html\n" FROM DATE
		  "MIME-Version: 1.0\n\n\xe4" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(composed) struct composed *composed = NULL;
		AUTO(str) char *message = NULL;
		struct compose_how how = { .finished = true,
					   .recipients = known[i].to };
		struct err err = { 0 };

		if (!CHECK_INT(make(known[i].draft, strlen(known[i].draft),
				    &how, &composed, &err),
			       0)) {
			printf("# %zu: %s\n", i, err.text);
			continue;
		}
		message = message_of(composed);
		CHECK_STR(message, known[i].want);
	}
}

/* As cron and mail(1) write them; a person's draft is not guessed at. */
TEST(a_user_in_a_finished_message_gets_a_domain)
{
	static const struct {
		const char *field, *want;
	} known[] = {
		{ "To: root\n", "To: root@example.org\n" },
		{ "To: root ,a@b,\n <bob> (B)\n",
		  "To: root@example.org ,a@b, <bob@example.org> (B)\n" },
		{ "To: G: x, Y Z <y>;\n",
		  "To: G: x@example.org, Y Z <y@example.org>;\n" },
		{ "cc:  a@b\n", "cc:  a@b\n" },
		{ "Reply-To: bob smith, eve\n", "Reply-To: bob smith, eve\n" },
		{ "Reply-To: \"bob\", |x\n", "Reply-To: \"bob\", |x\n" },
		{ "Resent-From: root\n", "Resent-From: root@example.org\n" },
		{ "X-To: root\n", "X-To: root\n" },
	};
	const char *const to[] = { "x@example.org", NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *draft = g_strdup_printf("From: root (Cron Daemon)\n"
					      "%s\n",
					      known[i].field);
		AUTO(str)
		char *want = g_strdup_printf(
			"From: root@example.org (Cron Daemon)\n%s",
			known[i].want);
		AUTO(composed) struct composed *composed = NULL;
		AUTO(str) char *message = NULL;
		struct compose_how how = { .finished = true, .recipients = to };
		struct err err = { 0 };

		if (!CHECK_INT(
			    make(draft, strlen(draft), &how, &composed, &err),
			    0)) {
			printf("# %s: %s\n", known[i].field, err.text);
			continue;
		}
		message = message_of(composed);
		CHECK_STR(composed->sender, "root@example.org");
		if (!CHECK(g_str_has_prefix(message, want)))
			printf("# %s", message);
	}
}

TEST(all_that_is_no_header_is_body)
{
	static const struct {
		const char *draft;
		bool header;
	} known[] = {
		{ "To: x", true },        { "subject:", true },
		{ "Attach: x", true },    { "X-Foo: x", true },
		{ "Hello: x", false },    { "To : x", false },
		{ "http://x", false },    { " To: x", false },
		{ "\nTo: x", false },     { "", false },
		{ "Grüße: x", false },    { "From x y\nTo: z", true },
		{ "From x y\nz", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (!CHECK_INT(compose_has_header(known[i].draft,
						  strlen(known[i].draft)),
			       known[i].header))
			printf("# %s\n", known[i].draft);
}

/* -- recipients ------------------------------------------------------------ */

TEST(lists_of_addresses_are_read)
{
	static const struct {
		const char *list, *want; /* NULL: an error */
	} known[] = {
		{ "a@b, A@B, <a@b>", "a@b" },
		{ "x <a@b>; y <c@d>", "a@b c@d" },
		{ "g: a@b, h <c@d>;, e@f", "a@b c@d e@f" },
		{ "g:; a@b", "a@b" },
		{ "(c, (d@e)) a@b (f)", "a@b" },
		{ "\"x, y@z\" <a@b>", "a@b" },
		{ "\"a \\\" <b>,\"@c", "\"a \\\" <b>,\"@c" },
		{ "J. R. (\\)) O'Neil <a.b+c@[127.0.0.1]>",
		  "a.b+c@[127.0.0.1]" },
		{ "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]" },
		{ "zoë@exämple.org, ada@例え.jp",
		  "zoë@exämple.org ada@例え.jp" },
		{ ", ,a@b,,", "a@b" },
		{ "=?utf-8?Q?eve=40x=2C?= <a@b>", "a@b" },
		{ "a", NULL },
		{ "a@", NULL },
		{ "@b", NULL },
		{ "a@b@c", NULL },
		{ "a b@c", NULL },
		{ "a@b c@d", NULL },
		{ "<a@b", NULL },
		{ "<a@b> c", NULL },
		{ "<@x,@y:a@b>", NULL },
		{ "a@b..c", NULL },
		{ ".a@b", NULL },
		{ "\"a@b", NULL },
		{ "(a@b", NULL },
		{ "a@b/c", NULL },
		{ "a\xe2\x80\xa8@b", NULL },
		{ "http://x.org", NULL },
		{ "g: h: a@b;;", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *draft = g_strdup_printf("Bcc: %s\n\n", known[i].list);
		AUTO(composed) struct composed *composed = NULL;
		AUTO(str) char *got = NULL;
		struct compose_how how = { 0 };
		struct err err = { 0 };

		if (make(draft, strlen(draft), &how, &composed, &err) == 0)
			got = recipients_of(composed);
		else
			CHECK_INT(err.code, EINVAL);
		if (!CHECK_STR(got, known[i].want))
			printf("# %s: %s\n", known[i].list, err.text);
	}
}

TEST(resent_fields_name_the_recipients_of_a_finished_message)
{
	static const char draft[] = "Resent-To: r@example.org\n"
				    "Resent-Bcc: s@example.org\n"
				    "To: t@example.org\n\n";
	AUTO(composed) struct composed *composed = NULL;
	AUTO(str) char *got = NULL;
	struct compose_how how = { .finished = true, .sender = "<>" };

	if (!CHECK_INT(make(draft, strlen(draft), &how, &composed, NULL), 0))
		return;
	got = recipients_of(composed);
	CHECK_STR(got, "r@example.org s@example.org");
	CHECK_STR(composed->sender, "");
}

TEST(ten_thousand_recipients_are_too_many)
{
	AUTO(gstring) GString *draft = g_string_new("To: x@example.org");
	AUTO(composed) struct composed *composed = NULL;
	struct compose_how how = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < 10000; i++)
		g_string_append_printf(draft, ",\n a%d@example.org", i);
	g_string_append(draft, "\n\nx\n");
	CHECK_INT(make(draft->str, draft->len, &how, &composed, &err), -1);
	CHECK_INT(err.code, EINVAL);
	CHECK(strstr(err.text, "1000") != NULL);
}

/* -- what is refused ------------------------------------------------------- */

TEST(bad_drafts_are_refused_with_a_reason)
{
	static const struct {
		const char *draft;
		int code;
		const char *text;
	} known[] = {
		{ "", EINVAL, "nothing is written" },
		{ " \n\n", EINVAL, "nothing is written" },
		{ "x", EDESTADDRREQ, "To, Cc and Bcc are empty" },
		{ "To:\nCc: g:;\n\nx", EDESTADDRREQ, "no recipient" },
		{ "To: a@b\nhello\n\nx", EINVAL, "line 2" },
		{ "To: a@b\nSubject: a\x01\n\nx", EINVAL, "line 2" },
		{ "To: a@b\nSubject: a\n b\xff\n\nx", EINVAL, "line 2" },
		{ "To: a@b\n\nx\n\xff\n", EINVAL, "line 4" },
		{ "To: a@b\nSubject: a\nsubject: b\n\n", EINVAL,
		  "second Subject" },
		{ "To: a@b\nDate: soon\n\n", EINVAL, "Date" },
		{ "To: a@b\nMessage-ID: x\n\n", EINVAL, "Message-ID" },
		{ "To: a@b\nFrom: x\n\n", EINVAL, "From: \"x\"" },
		{ "To: a@b\nSubject: =?utf-8?Q?x=0D=0ABcc:_e@x?=\n\n", EINVAL,
		  "Subject" },
		{ "To: a@b\nSubject: =?utf-8?B?eAp5?=\n\n", EINVAL, "Subject" },
		{ "To: =?utf-8?Q?x=0Ay?= <a@b>\n\n", EINVAL, "To" },
		{ "To: =?utf-8?Q?x=0Ay?=: a@b;\n\n", EINVAL, "To" },
		{ "To: a@b\nAttach: /nonexistent\n\n", ENOENT, "/nonexistent" },
		{ "To: a@b\nAttach: /dev/null\n\n", EINVAL, "/dev/null" },
		{ "To: a@b\nAttach: /etc/shadow\n\n", EACCES, "/etc/shadow" },
		{ "To: a@b\nAttach: /proc/self/exe\n\n", ELOOP, "symlink" },
		{ "To: a@b\nAttach: a/b\n\n", EINVAL, "a/b" },
		{ "To: a@b\nAttach: b\n\n", ENOENT, "whole path" },
		{ "To: a@b\nAttach:\n\n", EINVAL, "no file" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(composed) struct composed *composed = NULL;
		struct compose_how how = { 0 };
		struct err err = { 0 };

		CHECK_INT(make(known[i].draft, strlen(known[i].draft), &how,
			       &composed, &err),
			  -1);
		CHECK_INT(err.code, known[i].code);
		if (!CHECK(strstr(err.text, known[i].text)))
			printf("# %zu: %s\n", i, err.text);
	}
}

/* Whatever byte is hidden in an encoded word, there is no line that begins with
 * what follows it. */
TEST(no_encoded_byte_makes_a_line)
{
	for (unsigned byte = 1; byte < 256; byte++) {
		AUTO(str)
		char *draft = g_strdup_printf(
			"To: =?latin1?Q?n=%02XX-Evil:_y?= <b@example.org>\n"
			"Subject: =?latin1?Q?x=%02XX-Evil:_y?=\n\nx\n",
			byte, byte);
		AUTO(composed) struct composed *composed = NULL;
		AUTO(str) char *message = NULL;
		struct compose_how how = { 0 };
		int result = make(draft, strlen(draft), &how, &composed, NULL);

		if (byte < ' ' && byte != '\t')
			CHECK_INT(result, -1);
		if (result < 0)
			continue;
		message = message_of(composed);
		CHECK(!strstr(message, "\nX-Evil") && !strchr(message, '\r'));
	}
}

/* -- attachments ----------------------------------------------------------- */

struct files {
	char *path;
	int fd;
};

static struct files new_files(void)
{
	struct files files = { g_dir_make_tmp("defms-test-XXXXXX", NULL), -1 };

	files.fd = open(files.path, O_DIRECTORY | O_CLOEXEC);
	CHECK(files.fd >= 0);
	return files;
}

static void free_files(struct files *files)
{
	AUTO(str) char *command = g_strconcat("rm -r ", files->path, NULL);

	CHECK_INT(system(command), 0);
	(void)close(files->fd);
	g_free(files->path);
}

static void write_file(const struct files *files, const char *name,
		       const void *data, size_t size, int mode)
{
	AUTO(fd)
	int fd = openat(files->fd, name,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
}

static int attach(const struct files *files, const char *name,
		  struct composed **composed_r, struct err *err)
{
	AUTO(str)
	char *draft =
		g_strdup_printf("To: b@example.org\nAttach: %s\n\nhi\n", name);
	struct compose_how how = { .folder = files->fd };

	return make(draft, strlen(draft), &how, composed_r, err);
}

/* Every byte, and names of every kind, come back from our own reader. */
TEST(attachments_are_byte_exact)
{
	static const char *const names[] = {
		"a.png",       "with space.txt",          "\"quoted\".pdf",
		"Übermaß.doc", "very; strange=name, '%'", "日本語.zip",
		"\"a\\b.md",
	};
	struct files files = new_files();
	uint8_t data[1024];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i ^ (i >> 8));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		AUTO(composed) struct composed *composed = NULL;
		AUTO(mime) struct mime *mime = NULL;
		AUTO(bytes) GByteArray *got = g_byte_array_new();
		AUTO(str) char *named = g_strdup_printf("'%s'", names[i]);
		const struct mime_attachment *attachment;
		struct err err = { 0 };

		write_file(&files, names[i], data, sizeof(data), 0600);
		if (!CHECK_INT(attach(&files, named, &composed, &err), 0)) {
			printf("# %s\n", err.text);
			continue;
		}
		mime = mime_parse(composed->message->data,
				  composed->message->len);
		if (!CHECK_INT(mime->attachments->len, 1))
			continue;
		attachment = g_ptr_array_index(mime->attachments, 0);
		CHECK_STR(attachment->name, names[i]);
		CHECK_INT(mime_read_part(mime, attachment->number, SIZE_MAX,
					 got, NULL),
			  0);
		CHECK_INT(got->len, sizeof(data));
		CHECK_MEM(got->data, data, sizeof(data));
	}
	free_files(&files);
}

TEST(only_regular_files_beside_the_draft_are_attached)
{
	struct files files = new_files();
	AUTO(composed) struct composed *composed = NULL;
	struct err err = { 0 };

	write_file(&files, "file", "x", 1, 0600);
	CHECK_INT(symlinkat("file", files.fd, "link"), 0);
	CHECK_INT(mkfifoat(files.fd, "fifo", 0600), 0);
	CHECK_INT(attach(&files, "link", &composed, &err), -1);
	CHECK_INT(err.code, ELOOP);
	CHECK_INT(attach(&files, "fifo", &composed, &err), -1);
	CHECK_INT(err.code, EINVAL);
	CHECK_INT(attach(&files, "..", &composed, &err), -1);
	CHECK_INT(err.code, EINVAL);
	CHECK_INT(attach(&files, "gone", &composed, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK(!composed);
	free_files(&files);
}

TEST(too_large_a_file_and_the_own_keys_do_not_leave)
{
	struct files files = new_files();
	AUTO(composed) struct composed *composed = NULL;
	AUTO(str) char *path = g_strconcat(files.path, "/identity", NULL);
	AUTO(fd) int fd = -1;
	struct err err = { 0 };

	write_file(&files, "identity", "x", 1, 0644);
	(void)g_setenv("DEFMS_HOME", files.path, TRUE);
	CHECK_INT(attach(&files, path, &composed, &err), -1);
	CHECK_INT(err.code, EACCES);
	/* The mount keeps drafts, and what lies beside them, there too. */
	CHECK_INT(attach(&files, "identity", &composed, &err), 0);
	g_clear_pointer(&composed, composed_free);
	(void)g_setenv("DEFMS_HOME", "/nonexistent", TRUE);
	fd = openat(files.fd, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(ftruncate(fd, 65 << 20), 0);
	CHECK_INT(attach(&files, "large", &composed, &err), -1);
	CHECK_INT(err.code, EFBIG);
	CHECK(strstr(err.text, "64 MiB") != NULL);
	free_files(&files);
}

/* -- the key --------------------------------------------------------------- */

TEST(the_card_goes_with_its_own_address_alone)
{
	static const char *const mails[] = { "ada@example.org" };
	static const char *const drafts[] = {
		"To: b@example.org\n\nx\n",
		"From: A <ADA@example.org>\nTo: b@example.org\n\nx\n",
		"From: other@example.org\nTo: b@example.org\n\nx\n",
		"From: ada@example.org, o@example.org\nTo: b@example.org\n\n",
	};
	struct files files = new_files();
	AUTO(str) char *path = g_strconcat(files.path, "/identity", NULL);
	AUTO(identity) struct identity *identity = NULL;

	CHECK_INT(identity_create(path, "Ada", mails, 1, 1, NULL, &identity,
				  NULL),
		  0);
	for (size_t i = 0; i < G_N_ELEMENTS(drafts); i++) {
		AUTO(composed) struct composed *composed = NULL;
		AUTO(str) char *message = NULL;
		struct compose_how how = { .identity = identity };
		g_auto(GStrv) parts = NULL;
		gsize size = 0;

		CHECK_INT(make(drafts[i], strlen(drafts[i]), &how, &composed,
			       NULL),
			  0);
		message = message_of(composed);
		parts = g_strsplit(message, "; v=1;\n card=", 2);
		CHECK_INT(g_strv_length(parts), i < 2 ? 2 : 1);
		if (i >= 2)
			continue;
		*strstr(parts[1], "\nMIME-Version") = '\0';
		(void)g_base64_decode_inplace(parts[1], &size);
		CHECK_INT(size, strlen(identity_card(identity)));
		CHECK_MEM(parts[1], identity_card(identity), size);
	}
	free_files(&files);
}
