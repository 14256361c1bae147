/* SPDX-License-Identifier: ISC */
/* Expected times are those of date(1): date -u -d 2026-03-01 +%s. */
#include <errno.h>

#include "search-node.h"
#include "test.h"

enum { DAY = 86400, HOUR = 3600 };
#define FIRST INT64_MIN
#define LAST INT64_MAX

static const int64_t now = 1793610000; /* 2026-11-02 09:00 UTC */
static const int64_t today = 1793577600;

TEST(a_date_is_a_span)
{
	static const struct {
		const char *text;
		int64_t from, to;
	} cases[] = {
		{ "2026", 1767225600, 1798761600 },
		{ "2024", 1704067200, 1735689600 },
		{ "1970", 0, 31536000 },
		{ "1969", -31536000, 0 },
		{ "1000", -30610224000, -30578688000 },
		{ "9999", 253370764800, 253402300800 },
		{ "2026-03", 1772323200, 1775001600 },
		{ "2026-3", 1772323200, 1775001600 },
		{ "2026/03", 1772323200, 1775001600 },
		{ "2026-12", 1796083200, 1798761600 },
		{ "2024-02", 1706745600, 1709251200 },
		{ "2026-02-28", 1772236800, 1772323200 },
		{ "2024-02-29", 1709164800, 1709251200 },
		{ "2000-02-29", 951782400, 951868800 },
		{ "2026-12-31", 1798675200, 1798761600 },
		{ "1969-12-31", -86400, 0 },
		{ "2026-1-2", 1767312000, 1767398400 },
		{ "2026/1-02", 1767312000, 1767398400 },
		{ "today", 1793577600, 1793664000 },
		{ "Today", 1793577600, 1793664000 },
		{ "yesterday", 1793491200, 1793577600 },
		{ "YESTERDAY", 1793491200, 1793577600 },
		{ "0d", 1793577600, LAST },
		{ "1d", 1793491200, LAST },
		{ "7d", 1792972800, LAST },
		{ "2w", 1792368000, LAST },
		{ "1m", 1790899200, LAST },  /* 2026-10-02 */
		{ "12m", 1762041600, LAST }, /* 2025-11-02 */
		{ "1y", 1762041600, LAST },
		{ "57y", -5184000, LAST }, /* 1969-11-02 */
		{ "7d..7d", 1792972800, 1793059200 },
		{ "2026..2026", 1767225600, 1798761600 },
		{ "2026-01..2026-03", 1767225600, 1775001600 },
		{ "2026-03-01..2026-03-01", 1772323200, 1772409600 },
		{ "..2026", FIRST, 1798761600 },
		{ "2026..", 1767225600, LAST },
		{ "..today", FIRST, 1793664000 },
		{ "yesterday..", 1793491200, LAST },
		{ "2w..1w", 1792368000, 1793059200 },
		{ "2026..2025", 1767225600, 1767225600 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct err err = { 0 };
		int64_t span[2] = { 1, 2 };
		int ok = CHECK_INT(search_date(cases[i].text, now, span, &err),
				   0);

		ok &= CHECK_INT(span[0], cases[i].from);
		ok &= CHECK_INT(span[1], cases[i].to);
		if (!ok)
			printf("#   of %s\n", cases[i].text);
	}
}

TEST(what_is_no_date_is_refused)
{
	static const char *const cases[] = {
		"",
		"..",
		"...",
		"2026...",
		"20",
		"999",
		"0999",
		"20260",
		"20260301",
		"2026-",
		"2026-0",
		"2026-13",
		"2026-03-",
		"2026-03-0",
		"2026-02-29",
		"1900-02-29",
		"2100-02-29",
		"2026-04-31",
		"2026-03-32",
		"2026-003",
		"2026-03-1x",
		"2026-03-1-1",
		"2026 03",
		"-2026",
		"+2026",
		" 2026",
		"2026 ",
		"2026-+1",
		"d",
		"7",
		"7x",
		"7dd",
		"-7d",
		"12345d",
		"7D",
		"7 d",
		"tomorrow",
		"todayx",
		"x..2026",
		"2026..x",
		"2026..2025..2024",
		"2026-03-01T00:00",
		"\xef\xbc\x92\xef\xbc\x90\xef\xbc\x92\xef\xbc\x96",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		AUTO(str)
		char *want = g_strdup_printf("date: not a date: %s", cases[i]);
		struct err err = { 0 };
		int64_t span[2];

		if (!CHECK_INT(search_date(cases[i], now, span, &err), -1))
			printf("#   of %s\n", cases[i]);
		CHECK_INT(err.code, EINVAL);
		CHECK_STR(err.text, want);
	}
}

/* Days, months and years follow one another without a gap, leap years and all:
 * day by day from 1890 to 2110. */
TEST(spans_follow_one_another)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	int64_t at = -2524521600; /* 1890-01-01 */

	for (int year = 1890; year < 2110; year++) {
		bool leap = year % 4 == 0 && (year % 100 || year % 400 == 0);
		int64_t year_start = at, span[2];
		char text[32];

		for (int month = 0; month < 12; month++) {
			int count = days[month] + (month == 1 && leap);
			int64_t month_start = at;

			for (int day = 1; day <= count; day++, at += DAY) {
				(void)g_snprintf(text, sizeof(text),
						 "%d-%02d-%02d", year,
						 month + 1, day);
				CHECK_INT(search_date(text, now, span, NULL),
					  0);
				CHECK_INT(span[0], at);
				CHECK_INT(span[1], at + DAY);
			}
			(void)g_snprintf(text, sizeof(text), "%d-%02d", year,
					 month + 1);
			CHECK_INT(search_date(text, now, span, NULL), 0);
			CHECK_INT(span[0], month_start);
			CHECK_INT(span[1], at);
		}
		(void)g_snprintf(text, sizeof(text), "%d", year);
		CHECK_INT(search_date(text, now, span, NULL), 0);
		CHECK_INT(span[0], year_start);
		CHECK_INT(span[1], at);
	}
}

TEST(a_day_ago_starts_at_midnight_at_any_time)
{
	static const int64_t times[] = { 0,  1,    HOUR,     DAY - 1,  DAY,
					 -1, -DAY, -DAY - 1, INT32_MAX };

	for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
		for (int ago = 0; ago < 100; ago++) {
			/* Round down, also before 1970. */
			int64_t day = times[i] / DAY - (times[i] % DAY < 0);
			char text[16];
			int64_t span[2];

			(void)g_snprintf(text, sizeof(text), "%dd", ago);
			CHECK_INT(search_date(text, times[i], span, NULL), 0);
			CHECK_INT(span[0], (day - ago) * DAY);
			CHECK(span[1] == INT64_MAX);
			(void)g_snprintf(text, sizeof(text), "..%dd", ago);
			CHECK_INT(search_date(text, times[i], span, NULL), 0);
			CHECK(span[0] == INT64_MIN);
			CHECK_INT(span[1], (day - ago + 1) * DAY);
		}
}

TEST(yesterday_ends_where_today_starts)
{
	for (int64_t when = today; when < today + DAY; when += 599) {
		int64_t this_day[2], day_before[2];

		CHECK_INT(search_date("today", when, this_day, NULL), 0);
		CHECK_INT(search_date("yesterday", when, day_before, NULL), 0);
		CHECK_INT(this_day[0], today);
		CHECK_INT(day_before[1], today);
		CHECK_INT(day_before[0], today - DAY);
	}
}
