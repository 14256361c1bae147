/* SPDX-License-Identifier: ISC */
/* Writing an mboxrd, and the separator line both ways.
 *
 * A separator is "From ", the sender without white space, a space and a date as
 * asctime() prints it (RFC 4155 appendix A), in UTC. Others' separators are met
 * with spaces in the sender, a zone before or after the year, no seconds; so
 * the date is looked for by its weekday and month. */
#include "defms/mbox.h"

#include <string.h>
#include <time.h>

#include "mbox-line.h"

static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed",
					"Thu", "Fri", "Sat", NULL };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
				      "Jun", "Jul", "Aug", "Sep", "Oct",
				      "Nov", "Dec", NULL };

enum {
	DATE_SIZE = 24, /* Mon Jan  2 03:04:05 2006 */
};
static const int64_t last_date = 253402300799; /* of the year 9999 */

static int find_name(const char *const *names, const char *word)
{
	for (int i = 0; names[i]; i++)
		if (g_ascii_strcasecmp(names[i], word) == 0)
			return i;
	return -1;
}

/* `word` is all digits, between two and four as it is a part of a date. */
static bool parse_digits(const char *word, size_t least, int *number_r)
{
	size_t len = strspn(word, "0123456789");

	if (len < least || len > 4 || word[len] != '\0')
		return false;
	*number_r = (int)strtol(word, NULL, 10);
	return true;
}

/* "03:04:05" or "03:04". */
static bool parse_time(const char *word, struct tm *tm)
{
	char **parts = g_strsplit(word, ":", 4);
	guint count = g_strv_length(parts);
	bool is_time = (count == 2 || count == 3) &&
		       parse_digits(parts[0], 1, &tm->tm_hour) &&
		       parse_digits(parts[1], 2, &tm->tm_min) &&
		       (count == 2 || parse_digits(parts[2], 2, &tm->tm_sec));

	g_strfreev(parts);
	return is_time && tm->tm_hour < 24 && tm->tm_min < 60 &&
	       tm->tm_sec <= 60;
}

/* Seconds east of UTC; a zone without a known name is taken for UTC. */
static bool parse_zone(const char *word, int *east_r)
{
	static const char *const names[] = { "EDT", "EST", "CDT", "CST", "MDT",
					     "MST", "PDT", "PST", NULL };
	static const int hours[] = { -4, -5, -5, -6, -6, -7, -7, -8 };
	int number, name = find_name(names, word);

	*east_r = 0;
	if (name >= 0) {
		*east_r = hours[name] * 3600;
		return true;
	}
	if (*word != '+' && *word != '-')
		return g_ascii_isalpha(*word);
	if (!parse_digits(word + 1, 4, &number) || number % 100 >= 60)
		return false;
	*east_r = (number / 100 * 60 + number % 100) * 60;
	if (*word == '-')
		*east_r = -*east_r;
	return true;
}

/* The words behind the month: day, time, year, a zone before or after it. */
static int64_t parse_rest(char **words, int month)
{
	struct tm tm = { .tm_mon = month };
	int day, east = 0, year = 0;
	int64_t date;

	if (!words[0] || !parse_digits(words[0], 1, &day) || !words[1] ||
	    !parse_time(words[1], &tm))
		return -1;
	words += 2;
	if (*words && !parse_digits(*words, 4, &year) &&
	    !parse_zone(*words++, &east))
		return -1;
	if (!*words || !parse_digits(*words++, 4, &year))
		return -1;
	if (*words && east == 0 && !parse_zone(*words, &east))
		return -1;
	if (year < 1970 || day < 1 || day > 31)
		return -1;
	tm.tm_mday = day;
	tm.tm_year = year - 1900;
	date = (int64_t)timegm(&tm) - east;
	return tm.tm_mon == month ? MAX(date, -1) : -1;
}

int64_t mbox_separator_date(const char *separator)
{
	char **words = g_strsplit_set(separator, " \t", -1);
	int64_t date = -1;
	guint count = 0;

	for (guint i = 0; words[i]; i++) { /* drop the empty ones */
		char *word = words[i];

		words[i] = NULL;
		if (*word)
			words[count++] = word;
		else
			g_free(word);
	}
	for (guint i = 1; i + 1 < count && date < 0; i++) {
		int month = find_name(months, words[i + 1]);

		if (month >= 0 && find_name(weekdays, words[i]) >= 0)
			date = parse_rest(words + i + 2, month);
	}
	g_strfreev(words);
	return date;
}

static const char *sender_or_default(const char *sender)
{
	return sender && *sender ? sender : "MAILER-DAEMON";
}

static void append(GByteArray *out, const void *data, size_t size)
{
	if (size > 0)
		g_byte_array_append(out, data, (guint)size);
}

static void append_sender(GByteArray *out, const char *sender)
{
	for (const char *at = sender_or_default(sender); *at; at++) {
		bool is_bad = (uint8_t)*at <= ' ' || *at == 0x7f;

		append(out, is_bad ? "_" : at, 1);
	}
}

/* Not strftime(): the names are English whatever the locale is. */
static void append_date(GByteArray *out, int64_t date)
{
	time_t seconds = (time_t)CLAMP(date, 0, last_date);
	char text[64];
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	(void)g_snprintf(text, sizeof(text), "%s %s %2d %02d:%02d:%02d %04d",
			 weekdays[tm.tm_wday], months[tm.tm_mon], tm.tm_mday,
			 tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
	append(out, text, DATE_SIZE);
}

static size_t next_line(const uint8_t *raw, size_t at, size_t size)
{
	const uint8_t *lf = memchr(raw + at, '\n', size - at);

	return lf ? (size_t)(lf - raw) + 1 : size;
}

/* The first line from the one at `at` on that must be quoted; `size` if none.
 */
static size_t find_quotable(const uint8_t *raw, size_t at, size_t size)
{
	while (at < size && !mbox_is_quotable(raw + at, size - at))
		at = next_line(raw, at, size);
	return at;
}

static bool lacks_line_end(const uint8_t *raw, size_t size)
{
	return size > 0 && raw[size - 1] != '\n';
}

void mbox_write(GByteArray *out, const void *raw, size_t size,
		const char *sender, int64_t date)
{
	const uint8_t *bytes = raw;
	size_t done = 0, at;

	append(out, "From ", 5);
	append_sender(out, sender);
	append(out, " ", 1);
	append_date(out, date);
	append(out, "\n", 1);
	while ((at = find_quotable(bytes, done, size)) < size) {
		size_t next = next_line(bytes, at, size);

		append(out, bytes + done, at - done);
		append(out, ">", 1);
		append(out, bytes + at, next - at);
		done = next;
	}
	if (done < size)
		append(out, bytes + done, size - done);
	append(out, "\n\n", lacks_line_end(bytes, size) ? 2 : 1);
}

uint64_t mbox_written_size(const void *raw, size_t size, const char *sender,
			   int64_t date)
{
	const uint8_t *bytes = raw;
	uint64_t total = strlen("From  \n\n") + DATE_SIZE +
			 strlen(sender_or_default(sender)) + size;
	size_t at = 0;

	(void)date; /* every date has the same size */
	while ((at = find_quotable(bytes, at, size)) < size) {
		at = next_line(bytes, at, size);
		total++;
	}
	return total + lacks_line_end(bytes, size);
}
