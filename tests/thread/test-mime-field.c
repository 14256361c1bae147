/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/address.h"
#include "defms/mime.h"
#include "mime-field.h"
#include "mime-parts.h"

/* The fields as "name=value;" and what is left behind the header. */
static char *fields_of(const char *header)
{
	struct field_iter it = { header, header + strlen(header) };
	AUTO(gstring) GString *out = g_string_new(NULL);
	struct field field;

	while (field_next(&it, &field)) {
		AUTO(str) char *line = field_line(&field, 100);

		g_string_append_printf(out, "%.*s=%s;", (int)field.name_size,
				       field.name, line);
	}
	g_string_append_printf(out, "|%s", it.at);
	return g_string_free(take(out), FALSE);
}

TEST(a_header_is_cut_into_fields)
{
	static const struct {
		const char *header, *want;
	} known[] = {
		{ "", "|" },
		{ "\nbody", "|body" },
		{ "\r\nbody", "|body" },
		{ "A: 1\nB:2\n\nbody\n\n", "A=1;B=2;|body\n\n" },
		{ "A: 1\r\n\r\nbody", "A=1;|body" },
		{ "A: 1\n 2\n\t3\nB : 4\n", "A=1 2 3;B=4;|" },
		{ "A: b: c\n", "A=b: c;|" },
		{ "From x\nno field\n: none\nA:\n\nx", "A=;|x" },
		{ " folded first\nA: 1", "A=1;|" },
		{ "A b: 1\nC: 2\n", "C=2;|" },
		{ "A: 1\n\r x\n", "A=1;|" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str) char *got = fields_of(known[i].header);

		CHECK_STR(got, known[i].want);
	}
}

TEST(names_compare_without_case_and_whole)
{
	struct field field = { .name = "subject:", .name_size = 7 };

	CHECK(field_is(&field, "Subject"));
	CHECK(!field_is(&field, "Subjects"));
	CHECK(!field_is(&field, "Subj"));
}

static struct field value(const char *text)
{
	return (struct field){
		.name = "X", .name_size = 1, .value = text, .size = strlen(text)
	};
}

TEST(msgids_are_what_stands_in_angles)
{
	static const struct {
		const char *value, *want;
	} known[] = {
		{ "", "" },
		{ "<a@x>", "a@x;" },
		{ "<a@x><b@x>\n <c@x>", "a@x;b@x;c@x;" },
		{ "<a\n @ x>", "a@x;" },
		{ "<> < > <a>", "a;" },
		{ "a@x", "" },
		{ "<self> <a>", "a;" },
		{ "<a> <b", "a;" },
		{ "<a<b>>", "a<b;" },
		{ "<\344@x>", "\303\244@x;" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(ptrs)
		GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
		AUTO(gstring) GString *got = g_string_new(NULL);
		struct field field = value(known[i].value);

		field_msgids(&field, "self", out);
		for (guint j = 0; j < out->len; j++)
			g_string_append_printf(
				got, "%s;",
				(const char *)g_ptr_array_index(out, j));
		CHECK_STR(got->str, known[i].want);
	}
}

TEST(an_endless_msgid_is_none)
{
	AUTO(ptrs) GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	AUTO(str) char *longest = g_strnfill(1000, 'a');
	AUTO(str) char *longer = g_strnfill(1001, 'a');
	AUTO(str) char *text = g_strdup_printf("<%s> <%s>", longest, longer);
	AUTO(str) char *msgid = NULL;
	struct field field = value(text);

	field_msgids(&field, "", out);
	CHECK_INT(out->len, 1);
	field = value(longer);
	msgid = field_msgid(&field);
	CHECK_STR(msgid, "");
}

TEST(a_list_goes_by_its_id)
{
	static const char *const known[][2] = {
		{ "List Header Mailing List <list-header.nisto.com>",
		  "list-header.nisto.com" }, /* RFC 2919, section 3 */
		{ "\"<A>\" <B.example.org>", "b.example.org" },
		{ "bare.example.org", "bare.example.org" },
		{ "just words", "" },
		{ "", "" },
		{ "<open.example.org", "open.example.org" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str) char *got = field_list_id(known[i][0]);

		CHECK_STR(got, known[i][1]);
	}
}

/* RFC 5322 A and 4.3; RFC 850's form */
TEST(dates_are_unix_time_and_zone)
{
	static const struct {
		const char *date;
		int64_t want;
		int zone;
	} known[] = {
		{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360 },
		{ "21 Nov 97 09:55:06 GMT", 880106106, 0 },
		{ "Thu, 13 Feb 1969 23:32:54 -0330", -27723426, -210 },
		{ "Thu,\t13 Feb 1969 23:32 -0330 (Newfoundland Time)",
		  -27723480, -210 },
		{ "21 Nov 1997 09:55:06", 880106106, 0 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		int zone;

		CHECK_INT(field_date(known[i].date, &zone), known[i].want);
		CHECK_INT(zone, known[i].zone);
	}
}

TEST(what_is_no_date_has_none)
{
	static const char *const known[] = {
		"",
		"yesterday",
		"32 Foo 2026",
		"Fri",
		"99999999999999999999",
		"1 Jan 99999 00:00:00 +0000",
		"1 Jan 2026 25:61:61 +0000",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		int zone = 0;

		(void)field_date(known[i], &zone);
		CHECK_INT(zone, MIME_NO_DATE);
	}
}

/* As Python's email.header reads them. */
TEST(words_after_padding_are_read)
{
	static const struct {
		const char *line, *want;
	} known[] = {
		{ "=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=", "\303\244\303\266" },
		{ "=?utf-8?B?YQ==?=  =?UTF-8?b?Yg==?= =?latin1?Q?=FC?= c",
		  "ab\303\274 c" },
		{ "x =?utf-8?B?YQ==?= y =?utf-8?B?Yg==?=", "x a y b" },
		{ "=??b?YQ==?= =?", "=??b?YQ==?= =?" },
	};

	mime_library();
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str) char *got = field_decode(known[i].line);

		CHECK_STR(got, known[i].want);
	}
}

/* A name that reads like two addresses stays one name. */
TEST(decoded_addresses_are_as_many_as_there_were)
{
	static const struct {
		const char *line, *want;
	} known[] = {
		{ "Ada <a@example.org>, b@example.org",
		  "Ada <a@example.org>, b@example.org" },
		{ "=?utf-8?Q?Zo=C3=AB?= <z@example.org>",
		  "Zo\303\253 <z@example.org>" },
		{ "=?utf-8?Q?eve=40example.org=2C_Ada?= <a@example.org>",
		  "\"eve@example.org, Ada\" <a@example.org>" },
		{ "=?utf-8?Q?x=22=3Ce=40evil=3E=22?= <a@example.org>, b@c",
		  "\"x\\\"<e@evil>\\\"\" <a@example.org>, b@c" },
		{ "=?utf-8?B?QQ==?= =?utf-8?B?LA==?= <a@example.org>",
		  "\"A,\" <a@example.org>" },
		{ "=?utf-8?B?TG92ZWxhY2UsIEFkYQ==?= <a@example.org>",
		  "\"Lovelace, Ada\" <a@example.org>" },
	};

	mime_library();
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		AUTO(str)
		char *got = field_decode_addresses(known[i].line);

		CHECK_STR(got, known[i].want);
	}
}

TEST(groups_in_groups_do_not_exhaust_the_stack)
{
	AUTO(ptrs)
	GPtrArray *out =
		g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
	AUTO(gstring) GString *line = g_string_new("x@example.org, ");

	mime_library();
	for (int i = 0; i < 1000000; i++)
		g_string_append(line, "a:");
	field_addresses(line->str, out);
	CHECK(out->len >= 1);
}
