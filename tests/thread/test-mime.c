/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "defms/mime.h"

/* A message file and what mime_parse() says of it. */
struct letter {
	gchar *data;
	gsize size;
	struct mime *mime;
};

static void letter_open(struct letter *letter, const char *name)
{
	AUTO(str) char *path = g_strconcat(TEST_DATA, "/", name, ".eml", NULL);

	if (!CHECK(g_file_get_contents(path, &letter->data, &letter->size,
				       NULL)))
		exit(EXIT_FAILURE);
	letter->mime = mime_parse(letter->data, letter->size);
}

static void letter_close(struct letter *letter)
{
	mime_free(letter->mime);
	g_free(letter->data);
}

static struct mime *parse(const char *text)
{
	return mime_parse(text, strlen(text));
}

static char *text_of(struct mime *mime)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	mime_text(mime, out);
	return g_string_free(take(out), FALSE);
}

static char *attachments_of(const struct mime *mime)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	for (guint i = 0; i < mime->attachments->len; i++) {
		const struct mime_attachment *attachment =
			g_ptr_array_index(mime->attachments, i);

		g_string_append_printf(out, "%u %s %s %" PRIu64 ";",
				       attachment->number, attachment->type,
				       attachment->name, attachment->size);
	}
	return g_string_free(take(out), FALSE);
}

static char *addresses_of(const GPtrArray *addresses)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	for (guint i = 0; i < addresses->len; i++) {
		const struct address *address = g_ptr_array_index(addresses, i);

		g_string_append_printf(out, "%s <%s>;", address->name,
				       address->mail);
	}
	return g_string_free(take(out), FALSE);
}

static char *joined(const GPtrArray *strings)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	for (guint i = 0; i < strings->len; i++)
		g_string_append_printf(
			out, "%s;",
			(const char *)g_ptr_array_index(strings, i));
	return g_string_free(take(out), FALSE);
}

TEST(odd_messages_have_the_text_and_parts_they_should)
{
	static const struct {
		const char *name, *text, *attachments;
		unsigned leaves;
		int html;
	} known[] = {
		{ "plain-crlf", "One\nTwo\n", "", 1, -1 },
		{ "no-header", "only a body\n", "", 1, -1 },
		{ "no-empty-line", "", "", 1, -1 },
		{ "nul-in-header", "te xt\n", "", 1, -1 },
		{ "from-line", "x\n", "", 1, -1 },
		{ "no-final-boundary", "one\n", "1 image/png p.png 6;", 2, -1 },
		{ "boundary-never-used", "This is all there is.\n", "", 1, -1 },
		{ "no-boundary", "--b\n\ntext\n--b--\n", "", 1, -1 },
		{ "boundary-trailing-space", "one\n--a bx\ntwo\n", "", 2, -1 },
		{ "part-without-header", "body\n", "2 application/x-a  0;", 3,
		  -1 },
		{ "part-starts-with-text", "Hello world\nRe: no header here\n",
		  "", 1, -1 },
		{ "html-only",
		  "Gr\303\274\303\237e, Bob\n\nsee here "
		  "<http://example.org/>\n",
		  "", 1, 0 },
		{ "alternative", "plain\n", "", 2, 1 },
		{ "alternative-empty-plain", "rich\n", "", 2, 1 },
		{ "html-with-list-footer", "rich\n-- \nlist footer\n", "", 2,
		  0 },
		{ "text-then-html", "plain\n", "2 text/html more.html 11;", 3,
		  1 },
		{ "related", "Look: a cat\n", "1 image/gif  14;", 2, 0 },
		{ "signed", "signed text\n",
		  "1 application/pgp-signature signature.asc 58;", 2, -1 },
		{ "forwarded-messages", "see these\n",
		  "1 message/rfc822 inner \303\274.eml 45;"
		  "2 message/rfc822 digested.eml 20;3 message/rfc822  11;",
		  4, -1 },
		{ "names-rfc2231", "",
		  "0 application/x-stuff This is even more ***fun*** isn't it! "
		  "1;1 text/plain n\303\244me.txt 2;"
		  "2 text/plain \342\202\254.txt 3;"
		  "3 application/pdf ../../etc/passwd 4;",
		  4, -1 },
		{ "uuencoded-part", "text\nbegin 644 x\n#0V%T\n`\nend\n",
		  "1 application/octet-stream cat.txt 3;", 2, -1 },
		{ "base64-garbage", "Hello\n",
		  "1 application/octet-stream  4;"
		  "2 application/octet-stream  8;",
		  3, -1 },
		{ "charset-unknown", "caf\303\251 \342\200\234q\342\200\235\n",
		  "", 1, -1 },
		{ "charset-lies", "caf\303\251\n", "", 1, -1 },
		{ "charset-gb2312", "\346\234\261\351\225\225\345\237\272\n",
		  "", 1, -1 },
		{ "charset-utf16", "h\303\251\n", "", 1, -1 },
		{ "charset-in-html",
		  "\320\277\321\200\320\270\320\262\320\265\321\202\n", "", 1,
		  0 },
		{ "control-characters", "a [31mb c\td\ne  f g\n", "", 1, -1 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str) char *attachments = NULL;
		AUTO(str) char *text = NULL;
		struct letter letter;

		letter_open(&letter, known[i].name);
		text = text_of(letter.mime);
		attachments = attachments_of(letter.mime);
		CHECK_STR(text, known[i].text);
		CHECK_STR(attachments, known[i].attachments);
		CHECK_INT(letter.mime->leaves, known[i].leaves);
		CHECK_INT(letter.mime->html_part, known[i].html);
		letter_close(&letter);
	}
}

/* RFC 2047, section 8 */
TEST(encoded_words_are_decoded)
{
	AUTO(str) char *recipients = NULL;
	struct letter letter;
	struct mime *mime;

	letter_open(&letter, "encoded-words");
	mime = letter.mime;
	CHECK_STR(mime->subject,
		  "If you can read this you understand the example.");
	CHECK_STR(mime->from, "Andr\303\251 Pirard <PIRARD@vm1.ulg.ac.be>");
	recipients = addresses_of(mime->recipients);
	CHECK_STR(recipients, "Keld J\303\270rn Simonsen <keld@dkuug.dk>;"
			      "Doe, Jane <jane@example.org>;");
	letter_close(&letter);
}

TEST(a_header_of_raw_bytes_is_text_all_the_same)
{
	struct letter letter;

	letter_open(&letter, "eight-bit-header");
	CHECK_STR(letter.mime->subject, "Gr\303\274\303\237e \342\202\254 5");
	CHECK_STR(letter.mime->from, "Ad\303\244 L <ada@example.org>");
	letter_close(&letter);
	letter_open(&letter, "nul-in-header");
	CHECK_STR(letter.mime->subject, "a b c");
	CHECK_STR(letter.mime->msgid, "nul@example.org");
	letter_close(&letter);
}

TEST(every_to_and_cc_counts_and_groups_dissolve)
{
	AUTO(str) char *recipients = NULL;
	struct letter letter;

	letter_open(&letter, "two-to-fields");
	recipients = addresses_of(letter.mime->recipients);
	CHECK_STR(recipients, " <a@example.org>;B, C <b@example.org>;"
			      " <c@example.org>; <d@example.org>;"
			      " <e@example.org>;nobody <>;");
	CHECK_STR(letter.mime->to,
		  "a@example.org, \"B, C\" <b@example.org>, c@example.org");
	letter_close(&letter);
}

TEST(identification_and_list_fields_are_read)
{
	AUTO(str) char *in_reply_to = NULL;
	AUTO(str) char *references = NULL;
	struct letter letter;
	struct mime *mime;

	letter_open(&letter, "references");
	mime = letter.mime;
	references = joined(mime->references);
	in_reply_to = joined(mime->in_reply_to);
	CHECK_STR(mime->msgid, "self@x");
	CHECK_STR(references, "a@x;b@x;c@x;d@x;");
	CHECK_STR(in_reply_to, "a@x;");
	CHECK_STR(mime->list_id, "linux-man.vger.kernel.org");
	CHECK_STR(mime->status, "ROF");
	CHECK_STR(mime->gmail_labels, "Wichtig,Ge\303\266ffnet");
	letter_close(&letter);
	letter_open(&letter, "msgid-bare");
	CHECK_STR(letter.mime->msgid, "bareid@x");
	CHECK(!letter.mime->gmail_labels);
	letter_close(&letter);
}

TEST(dates_have_a_zone_or_are_none)
{
	struct letter letter;

	letter_open(&letter, "plain-crlf");
	CHECK_INT(letter.mime->date, 1793607300); /* date -d */
	CHECK_INT(letter.mime->date_zone, 60);
	CHECK_STR(letter.mime->date_field, "Mon, 02 Nov 2026 09:15:00 +0100");
	letter_close(&letter);
	letter_open(&letter, "date-no-zone");
	CHECK_INT(letter.mime->date, 1793610900);
	CHECK_INT(letter.mime->date_zone, 0);
	letter_close(&letter);
	letter_open(&letter, "date-nonsense");
	CHECK_INT(letter.mime->date_zone, MIME_NO_DATE);
	letter_close(&letter);
}

TEST(the_charset_of_the_text_is_told)
{
	static const char *const known[][2] = {
		{ "charset-gb2312", "gb2312" },
		{ "html-only", "iso-8859-1" },
		{ "alternative", "" },
		{ "plain-crlf", "" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct letter letter;

		letter_open(&letter, known[i][0]);
		CHECK_STR(letter.mime->encoding, known[i][1]);
		letter_close(&letter);
	}
}

static bool is_clean(const char *text, bool line)
{
	if (!g_utf8_validate(text, -1, NULL))
		return false;
	for (const char *at = text; *at; at = g_utf8_next_char(at))
		if (g_unichar_iscntrl(g_utf8_get_char(at)) &&
		    (line || (*at != '\n' && *at != '\t')))
			return false;
	return true;
}

static void check_fields(const struct mime *mime)
{
	const char *fields[] = {
		mime->subject,
		mime->from,
		mime->to,
		mime->cc,
		mime->bcc,
		mime->sender,
		mime->reply_to,
		mime->msgid,
		mime->list_id,
		mime->status,
		mime->encoding,
		mime->date_field,
		mime->mail_reply_to,
		mime->mail_followup_to,
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		CHECK(is_clean(fields[i], true));
}

/* Sizes are what is written; leaves are there and no more. */
static void check_parts(struct mime *mime)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct err err;

	for (guint i = 0; i < mime->attachments->len; i++) {
		const struct mime_attachment *attachment =
			g_ptr_array_index(mime->attachments, i);
		AUTO(bytes) GByteArray *bytes = g_byte_array_new();

		CHECK(is_clean(attachment->name, true));
		CHECK(is_clean(attachment->type, true));
		CHECK_INT(mime_read_part(mime, attachment->number, SIZE_MAX,
					 bytes, &err),
			  0);
		CHECK_INT(bytes->len, attachment->size);
	}
	for (unsigned i = 0; i < mime->leaves; i++)
		CHECK_INT(mime_write_part(mime, i, null, &err), 0);
	CHECK_INT(mime_write_part(mime, mime->leaves, null, &err), -1);
	CHECK_INT(err.code, ENOENT);
	close(null);
}

static void check_message(const void *data, size_t size)
{
	AUTO(mime) struct mime *mime = mime_parse(data, size);
	AUTO(str) char *again = text_of(mime);
	AUTO(str) char *text = text_of(mime);
	size_t len = strlen(text);

	CHECK(is_clean(text, false));
	CHECK(len == 0 || text[len - 1] == '\n');
	CHECK_STR(text, again);
	check_fields(mime);
	check_parts(mime);
}

/* Each prefix lies in memory of its own, so that a sanitizer sees what reads
 * beyond. */
TEST(every_truncation_of_every_message_is_a_message)
{
	AUTO(dir) DIR *dir = opendir(TEST_DATA);
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(dir))) {
		AUTO(str) char *name = NULL;
		struct letter letter;

		if (!g_str_has_suffix(entry->d_name, ".eml"))
			continue;
		name = g_strndup(entry->d_name, strlen(entry->d_name) - 4);
		letter_open(&letter, name);
		for (size_t size = 0; size <= letter.size; size++) {
			AUTO(str) char *prefix = g_memdup2(letter.data, size);

			check_message(prefix, size);
		}
		letter_close(&letter);
		count++;
	}
	CHECK(count >= 30);
}

TEST(a_part_is_written_as_it_is)
{
	char path[] = "/tmp/defms-test-XXXXXX";
	char got[16] = "";
	AUTO(fd) int fd = mkstemp(path);
	struct letter letter;
	struct err err;

	unlink(path);
	letter_open(&letter, "uuencoded-part");
	CHECK_INT(mime_write_part(letter.mime, 1, fd, &err), 0);
	CHECK_INT(pread(fd, got, sizeof(got), 0), 3);
	CHECK_STR(got, "Cat");
	CHECK_INT(mime_write_part(letter.mime, 1, -1, &err), -1);
	CHECK_INT(err.code, EBADF);
	letter_close(&letter);
}

TEST(a_part_is_read_up_to_a_limit)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	struct letter letter;
	struct err err;

	letter_open(&letter, "uuencoded-part");
	CHECK_INT(mime_read_part(letter.mime, 1, 3, bytes, &err), 0);
	CHECK_INT(bytes->len, 3);
	CHECK_MEM(bytes->data, "Cat", 3);
	CHECK_INT(mime_read_part(letter.mime, 1, 2, bytes, &err), -1);
	CHECK_INT(err.code, EFBIG);
	CHECK_INT(mime_read_part(letter.mime, 2, 2, bytes, &err), -1);
	CHECK_INT(err.code, ENOENT);
	letter_close(&letter);
}

TEST(a_hundred_thousand_parts_are_cut_off)
{
	AUTO(gstring)
	GString *text =
		g_string_new("Content-Type: multipart/mixed; boundary=b\n\n");
	AUTO(mime) struct mime *mime = NULL;

	for (int i = 0; i < 100000; i++)
		g_string_append(text, "--b\nContent-Type: image/png\n\nx\n");
	mime = mime_parse(text->str, text->len);
	CHECK_INT(mime->leaves, MIME_PARTS);
	CHECK_INT(mime->attachments->len, MIME_PARTS);
	check_fields(mime);
}

TEST(nesting_of_ten_thousand_is_no_recursion)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(mime) struct mime *mime = NULL;
	AUTO(str) char *body = NULL;

	for (int i = 0; i < 10000; i++)
		g_string_append_printf(
			text,
			"Content-Type: multipart/alternative; boundary=b%d\n\n"
			"--b%d\n\nlevel %d\n--b%d\n",
			i, i, i, i);
	mime = mime_parse(text->str, text->len);
	CHECK_INT(mime->leaves, MIME_DEPTH + 1);
	CHECK_INT(mime->attachments->len, 1);
	body = text_of(mime);
	CHECK_STR(body, "level 0\n");
}

TEST(a_message_in_a_message_ten_thousand_times_is_one_part)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(mime) struct mime *mime = NULL;

	for (int i = 0; i < 10000; i++)
		g_string_append(text, "Content-Type: message/rfc822\n\n");
	mime = mime_parse(text->str, text->len);
	CHECK_INT(mime->leaves, 1);
	CHECK_INT(mime->attachments->len, 1);
}

TEST(endless_fields_are_bounded)
{
	static const char *const names[] = {
		"Subject",
		"From",
		"To",
		"Cc",
		"References",
		"In-Reply-To",
		"Message-ID",
		"List-Id",
		"Content-Type",
		"Date",
		"Content-Disposition",
		"X-Gmail-Labels",
	};
	static const char *const pieces[] = {
		"x",      "=?utf-8?q?=C3=A4?= ",
		"=?",     "a@b, ",
		"<a@b> ", "(",
		"a:",     "\"",
		";a*0=b", "<",
		"\n ",    "\200",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		for (size_t j = 0; j < sizeof(pieces) / sizeof(*pieces); j++) {
			AUTO(gstring) GString *text = g_string_new(names[i]);
			AUTO(mime) struct mime *mime = NULL;

			g_string_append(text, ": ");
			while (text->len < 1000000)
				g_string_append(text, pieces[j]);
			mime = mime_parse(text->str, text->len);
			check_fields(mime);
			CHECK(strlen(mime->subject) <= 64 * 1024);
			CHECK(strlen(mime->from) <= 64 * 1024);
			CHECK(mime->references->len <= MIME_REFERENCES);
			CHECK(mime->recipients->len <= MIME_ADDRESSES);
		}
	}
}

TEST(a_hundred_thousand_fields_are_bounded)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(mime) struct mime *mime = NULL;

	for (int i = 0; i < 100000; i++)
		g_string_append_printf(text, "To: a%d@example.org\n", i);
	mime = mime_parse(text->str, text->len);
	CHECK_INT(mime->recipients->len, MIME_ADDRESSES);
	CHECK(strlen(mime->to) <= 64 * 1024);
}

TEST(base64_without_an_end_is_counted_not_kept)
{
	AUTO(gstring)
	GString *text = g_string_new("Content-Type: image/png\n"
				     "Content-Transfer-Encoding: base64\n\n");
	AUTO(mime) struct mime *mime = NULL;
	const struct mime_attachment *attachment;

	for (int i = 0; i < 1000000; i++)
		g_string_append(text, "AAAAAAAA\n");
	mime = mime_parse(text->str, text->len);
	attachment = g_ptr_array_index(mime->attachments, 0);
	CHECK_INT(attachment->size, 6000000);
}

TEST(no_message_is_a_message)
{
	AUTO(mime) struct mime *mime = mime_parse(NULL, 0);
	AUTO(str) char *text = text_of(mime);

	CHECK_STR(mime->subject, "");
	CHECK_STR(text, "");
	CHECK_INT(mime->date_zone, MIME_NO_DATE);
	CHECK_INT(mime->leaves, 1);
	mime_free(NULL);
}

TEST(an_unlabelled_body_is_its_own_charset)
{
	AUTO(mime) struct mime *mime = parse("\ncaf\351\n");
	AUTO(str) char *text = text_of(mime);

	CHECK_STR(text, "caf\303\251\n");
}

static gpointer parse_many(gpointer data)
{
	const struct letter *letter = data;

	for (int i = 0; i < 200; i++)
		check_message(letter->data, letter->size);
	return NULL;
}

TEST(workers_parse_side_by_side)
{
	GThread *workers[4];
	struct letter letter;

	letter_open(&letter, "encoded-words");
	for (size_t i = 0; i < G_N_ELEMENTS(workers); i++)
		workers[i] = g_thread_new("parse", parse_many, &letter);
	for (size_t i = 0; i < G_N_ELEMENTS(workers); i++)
		(void)g_thread_join(workers[i]);
	letter_close(&letter);
}
