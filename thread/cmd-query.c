/* SPDX-License-Identifier: ISC */
#include "cmd-query.h"

#include <string.h>
#include <time.h>

int cmd_query(char **words, struct search **search_r, struct err *err)
{
	AUTO(str) char *query = g_strjoinv(" ", words);

	return search_parse(query, g_get_real_time() / G_USEC_PER_SEC, search_r,
			    err);
}

void cmd_date(int64_t date, char out[24])
{
	time_t when = (time_t)date;
	struct tm tm;

	if (date == 0 || !gmtime_r(&when, &tm) ||
	    strftime(out, 24, "%Y-%m-%d %H:%M", &tm) == 0)
		(void)g_strlcpy(out, "0000-00-00 00:00", 24);
}

/* The bytes at `text` that can be printed as they are. */
static size_t plain_size(const char *text, bool lines)
{
	const char *at = text;

	while (*at && ((lines && (*at == '\n' || *at == '\t')) ||
		       !g_unichar_iscntrl(g_utf8_get_char(at))))
		at = g_utf8_next_char(at);
	return (size_t)(at - text);
}

void cmd_print(FILE *out, const char *text, size_t size, bool lines)
{
	AUTO(str) char *valid = g_utf8_make_valid(text, (gssize)size);
	const char *at = valid;

	while (*at) {
		size_t plain = plain_size(at, lines);

		(void)fwrite(at, 1, plain, out);
		at += plain;
		if (!*at)
			break;
		(void)fputc('?', out);
		at = g_utf8_next_char(at);
	}
}
