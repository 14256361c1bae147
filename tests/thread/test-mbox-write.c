/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "defms/mbox.h"

static const struct {
	const char *raw, *sender;
	int64_t date;
	const char *mbox;
} known[] = {
	{ "A: b\n\nc\n", "a@b", 1136171045,
	  "From a@b Mon Jan  2 03:04:05 2006\nA: b\n\nc\n\n" },
	{ "A: b\n\nc", "", 0,
	  "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\nA: b\n\nc\n\n" },
	{ "", NULL, 0, "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n\n" },
	{ "\n", "a", 951782400, "From a Tue Feb 29 00:00:00 2000\n\n\n" },
	{ "x\r\n", "a", -5, "From a Thu Jan  1 00:00:00 1970\nx\r\n\n" },
	{ "x\r", "a", INT64_MAX, "From a Fri Dec 31 23:59:59 9999\nx\r\n\n" },
	{ "x", "a b\tc\nFrom\x7f", 0,
	  "From a_b_c_From_ Thu Jan  1 00:00:00 1970\nx\n\n" },
	{ "From x\n>From y\n>>From z\nFromage\n From x\n> From x\n", "a", 0,
	  "From a Thu Jan  1 00:00:00 1970\n>From x\n>>From y\n>>>From z\n"
	  "Fromage\n From x\n> From x\n\n" },
	{ "x\n\nFrom ", "a", 0,
	  "From a Thu Jan  1 00:00:00 1970\nx\n\n>From \n\n" },
	{ ">From", "a", 0, "From a Thu Jan  1 00:00:00 1970\n>From\n\n" },
	{ ">\nFrom x", "a", 0,
	  "From a Thu Jan  1 00:00:00 1970\n>\n>From x\n\n" },
};

TEST(a_message_is_written_as_mboxrd)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		size_t size = strlen(known[i].raw);

		mbox_write(out, known[i].raw, size, known[i].sender,
			   known[i].date);
		CHECK_INT(mbox_written_size(known[i].raw, size, known[i].sender,
					    known[i].date),
			  out->len);
		g_byte_array_append(out, (const uint8_t *)"", 1);
		CHECK_STR((const char *)out->data, known[i].mbox);
	}
}

/* Expected values: date -u -d DATE +%s */
static const struct {
	const char *separator;
	int64_t date;
} dates[] = {
	{ "From a@b Mon Jan  2 03:04:05 2006", 1136171045 },
	{ "From a@b  mon jan 2 3:04:05 2006", 1136171045 },
	{ "From Mon Jan  2 03:04:05 2006", 1136171045 },
	{ "From  Mon Jan  2 03:04:05 2006", 1136171045 },
	{ "From - Mon Jan  2 03:04:05 2006", 1136171045 },
	{ "From a@b Mon Jan  2 03:04 2006", 1136171040 },
	{ "From \"a Mon b\"@c Mon Jan  2 03:04:05 2006", 1136171045 },
	{ "From Mon Jan Mon Jan  2 03:04:05 2006", 1136171045 },
	{ "From a@b Mon Jan  2 03:04:05 2006 +0130", 1136165645 },
	{ "From a@b Mon Jan  2 03:04:05 2006 -0800", 1136199845 },
	{ "From a@b Mon Jan  2 03:04:05 +0100 2006", 1136167445 },
	{ "From a@b Mon Jan  2 03:04:05 PST 2006", 1136199845 },
	{ "From a@b Mon Jan  2 03:04:05 EDT 2006", 1136185445 },
	{ "From a@b Mon Jan  2 03:04:05 GMT 2006", 1136171045 },
	{ "From a@b Mon Jan  2 03:04:05 2006 remote from c", 1136171045 },
	{ "From a@b Thu Jan  1 00:00:00 1970", 0 },
	{ "From a@b Tue Feb 29 00:00:00 2000", 951782400 },
	{ "From mboxrd@z Fri Dec 31 23:59:59 9999", 253402300799 },
	{ "From a@b Thu Feb 29 00:00:00 2001", -1 },
	{ "From a@b Thu Jan  1 00:00:00 1970 +0100", -1 },
	{ "From a@b Wed Dec 31 23:59:59 1969", -1 },
	{ "From a@b Mon Jan  0 03:04:05 2006", -1 },
	{ "From a@b Mon Jan 32 03:04:05 2006", -1 },
	{ "From a@b Mon Jan  2 24:04:05 2006", -1 },
	{ "From a@b Mon Jan  2 03:60:05 2006", -1 },
	{ "From a@b Mon Jan  2 03:04:61 2006", -1 },
	{ "From a@b Mon Jan  2 03:04:05:06 2006", -1 },
	{ "From a@b Mon Jan  2 03 2006", -1 },
	{ "From a@b Mon Jan  2 03:04:05 06", -1 },
	{ "From a@b Mon Jan  2 03:04:05 20060", -1 },
	{ "From a@b Mon Jan  2 03:04:05 2006 +01", -1 },
	{ "From a@b Mon Jan  2 03:04:05 2006 +0160", -1 },
	{ "From a@b Mon Jan  2 03:04:05", -1 },
	{ "From a@b Jan  2 03:04:05 2006", -1 },
	{ "From a@b", -1 },
	{ "From ", -1 },
	{ "", -1 },
};

TEST(the_date_of_a_separator_is_found)
{
	for (size_t i = 0; i < G_N_ELEMENTS(dates); i++)
		if (!CHECK_INT(mbox_separator_date(dates[i].separator),
			       dates[i].date))
			printf("# for %s\n", dates[i].separator);
}

TEST(every_day_that_is_written_is_read)
{
	for (int64_t date = 1; date < 253402300799; date += 86400 * 97 + 3607) {
		AUTO(bytes) GByteArray *out = g_byte_array_new();

		mbox_write(out, "", 0, "a b", date);
		out->data[out->len - 1] = '\0';
		g_strchomp((char *)out->data);
		CHECK_INT(mbox_separator_date((const char *)out->data), date);
	}
}
