/* SPDX-License-Identifier: ISC */
/* Spans of time (UTC, as by/date is):
 *
 *	2026  2026-03  2026-03-15  today  yesterday	that year, month, day
 *	7d  2w  3m  1y		the day so long ago; alone: since then
 *	A..B  A..  ..B		from the start of A to the end of B
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "search-node.h"

enum { DAY = 86400 };

static int64_t day_start(int64_t when)
{
	return when - (when % DAY + DAY) % DAY;
}

/* A number of at most `most` digits at `*at`; -1 if there is none. */
static int take_number(const char **at, size_t most)
{
	int number = 0;
	size_t size = 0;

	for (; size < most && g_ascii_isdigit((*at)[size]); size++)
		number = number * 10 + ((*at)[size] - '0');
	*at += size;
	return size > 0 ? number : -1;
}

/* The span of a year, month or day. */
static bool calendar_span(const char *text, int64_t span[2])
{
	struct tm from = { .tm_mday = 1 }, to;
	int fields[3] = { -1, -1, -1 };

	for (size_t i = 0; i < 3 && (i == 0 || *text); i++) {
		if (i > 0 && *text != '-' && *text != '/')
			return false;
		text += i > 0;
		fields[i] = take_number(&text, i == 0 ? 4 : 2);
		if (fields[i] < 1)
			return false;
	}
	if (*text || fields[0] < 1000 || fields[1] > 12 || fields[2] > 31)
		return false;
	from.tm_year = fields[0] - 1900;
	from.tm_mon = fields[1] > 0 ? fields[1] - 1 : 0;
	from.tm_mday = fields[2] > 0 ? fields[2] : 1;
	to = from;
	if (fields[2] > 0)
		to.tm_mday++;
	else if (fields[1] > 0)
		to.tm_mon++;
	else
		to.tm_year++;
	span[0] = timegm(&from);
	span[1] = timegm(&to);
	return fields[2] < 0 || from.tm_mday == fields[2];
}

/* The day "7d", "2w", "3m", "1y" ago. */
static bool relative_span(const char *text, int64_t now, int64_t span[2])
{
	int number = take_number(&text, 4);
	time_t when = (time_t)now;
	struct tm tm;

	if (number < 0 || !*text || text[1] || !gmtime_r(&when, &tm))
		return false;
	switch (*text) {
	case 'd':
		tm.tm_mday -= number;
		break;
	case 'w':
		tm.tm_mday -= 7 * number;
		break;
	case 'm':
		tm.tm_mon -= number;
		break;
	case 'y':
		tm.tm_year -= number;
		break;
	default:
		return false;
	}
	span[0] = day_start(timegm(&tm));
	span[1] = span[0] + DAY;
	return true;
}

static bool point_span(const char *text, int64_t now, int64_t span[2])
{
	bool yesterday = g_ascii_strcasecmp(text, "yesterday") == 0;

	if (yesterday || g_ascii_strcasecmp(text, "today") == 0) {
		span[0] = day_start(now) - (yesterday ? DAY : 0);
		span[1] = span[0] + DAY;
		return true;
	}
	return calendar_span(text, span) || relative_span(text, now, span);
}

/* The two ends of "A..B", perhaps empty. */
static bool range_span(const char *text, const char *dots, int64_t now,
		       int64_t span[2])
{
	AUTO(str) char *from = g_strndup(text, (gsize)(dots - text));
	const char *to = dots + 2;
	int64_t start[2] = { INT64_MIN, 0 }, end[2] = { 0, INT64_MAX };

	if (!*from && !*to)
		return false;
	if ((*from && !point_span(from, now, start)) ||
	    (*to && !point_span(to, now, end)))
		return false;
	span[0] = start[0];
	span[1] = end[1];
	return true;
}

int search_date(const char *text, int64_t now, int64_t span[2], struct err *err)
{
	const char *dots = strstr(text, "..");

	if (dots && range_span(text, dots, now, span))
		return 0;
	if (!dots && relative_span(text, now, span)) {
		span[1] = INT64_MAX;
		return 0;
	}
	if (!dots && point_span(text, now, span))
		return 0;
	return err_set(err, EINVAL, "date: not a date: %s", text);
}
