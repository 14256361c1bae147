/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/auto.h"
#include "defms/mime.h"
#include "mime-text.h"

TEST(flowed_lines_become_paragraphs)
{
	static const struct {
		const char *text;
		bool delsp;
		const char *want;
	} known[] = {
		{ "", false, "" },
		{ "a", false, "a\n" },
		{ "a \nb\nc\n", false, "a b\nc\n" },
		{ "a \nb\n", true, "ab\n" },
		{ "a  \nb\n", true, "a b\n" },
		{ "a \n\nb\n", false, "a \nb\n" },
		/* RFC 3676, section 4.4: stuffed lines */
		{ " From x\n >y\n  z\n", false, "From x\n>y\n z\n" },
		/* 4.5: what changes its depth does not flow */
		{ ">a \n>b\n> c \n>>d\ne\n", false, "> a b\n> c \n>> d\ne\n" },
		/* 4.3: a signature is never part of a paragraph */
		{ "a \n-- \nb \nc\n", false, "a \n-- \nb c\n" },
		{ "> -- \n> b\n", false, "> -- \n> b\n" },
		/* example of section 4.5 */
		{ ">>>> `I have done it again?'\n>>> `No, \n>>> you did.'\n",
		  false, ">>>> `I have done it again?'\n>>> `No, you did.'\n" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(gstring) GString *out = g_string_new(NULL);

		flowed_text(known[i].text, strlen(known[i].text),
			    known[i].delsp, out);
		CHECK_STR(out->str, known[i].want);
	}
}

#define PART(type, text) "--b\nContent-Type: " type "\n\n" text "\n"
#define ALTERNATIVE(parts)                                                     \
	"Content-Type: multipart/alternative; boundary=b\n\n" parts "--b--"
#define MIXED(parts)                                                           \
	"Content-Type: multipart/mixed; boundary=b\n\n" parts "--b--"

TEST(the_body_is_what_a_reader_would_read)
{
	static const struct {
		const char *message, *want;
	} known[] = {
		{ ALTERNATIVE(PART("text/html", "<p>h")
				      PART("text/plain", "p")),
		  "p\n" },
		{ ALTERNATIVE(PART("text/plain", "") PART("text/plain", "p")),
		  "p\n" },
		{ ALTERNATIVE(PART("text/html", "") PART("text/html", "<p>2")),
		  "2\n" },
		{ ALTERNATIVE(PART("text/calendar", "c")
				      PART("text/html", "<p>h")),
		  "h\n" },
		{ MIXED(PART("text/plain", "1") PART("text/plain", "2\n")),
		  "1\n2\n" },
		{ MIXED(PART("text/html", "<p>1") PART("text/html", "<p>2")),
		  "1\n2\n" },
		{ MIXED(PART("text/plain", " ") PART("text/html", "<p>2")),
		  " \n2\n" },
		{ MIXED(PART("multipart/alternative; boundary=c",
			     "--c\n\np\n--c\nContent-Type: text/html\n\nh\n"
			     "--c--") PART("text/plain", "footer")),
		  "p\nfooter\n" },
		{ ALTERNATIVE(PART("text/plain", "\n")
				      PART("multipart/mixed; boundary=c",
					   "--c\nContent-Type: text/html\n\nh\n"
					   "--c--")),
		  "h\n" },
		{ MIXED(PART("text/x-patch", "diff")), "" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(mime)
		struct mime *mime =
			mime_parse(known[i].message, strlen(known[i].message));
		AUTO(gstring) GString *out = g_string_new(NULL);

		mime_text(mime, out);
		CHECK_STR(out->str, known[i].want);
	}
}

TEST(text_is_appended_to_what_is_there)
{
	static const char message[] = "\nbody";
	AUTO(mime) struct mime *mime = mime_parse(message, strlen(message));
	AUTO(gstring) GString *out = g_string_new("before ");

	mime_text(mime, out);
	CHECK_STR(out->str, "before body\n");
}

/* Asked for text and for HTML once each, not once more a level. */
TEST(alternatives_in_alternatives_take_no_time)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(gstring) GString *out = g_string_new(NULL);
	AUTO(mime) struct mime *mime = NULL;

	for (int i = 0; i < MIME_DEPTH; i++)
		g_string_append_printf(text,
				       "Content-Type: multipart/alternative; "
				       "boundary=b%d.\n\n--b%d.\n\n \n--b%d.\n",
				       i, i, i);
	g_string_append(text, "Content-Type: text/html\n\n<p>deep");
	mime = mime_parse(text->str, text->len);
	mime_text(mime, out);
	CHECK_STR(out->str, "deep\n");
}
