/* SPDX-License-Identifier: ISC */
/* Labels lie: "us-ascii" holds UTF-8, "iso-8859-1" holds windows-1252, and
 * "gb2312" holds GBK. So nothing here fails: a label that is unknown or not
 * true is ignored, and windows-1252 takes any byte. The wider charsets stand
 * in for their subsets as in the WHATWG Encoding standard, section 4.2. */
#include "mime-charset.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "defms/auto.h"
#include "defms/name.h"

enum {
	LABEL_SIZE = 40,
	REPLACEMENT = 0xfffd,
};

/* windows-1252 0x80 to 0x9f; the rest of it is iso-8859-1 */
static const uint16_t windows_1252[32] = {
	0x20ac, REPLACEMENT, 0x201a,      0x0192, 0x201e, 0x2026, 0x2020,
	0x2021, 0x02c6,      0x2030,      0x0160, 0x2039, 0x0152, REPLACEMENT,
	0x017d, REPLACEMENT, REPLACEMENT, 0x2018, 0x2019, 0x201c, 0x201d,
	0x2022, 0x2013,      0x2014,      0x02dc, 0x2122, 0x0161, 0x203a,
	0x0153, REPLACEMENT, 0x017e,      0x0178,
};

static const struct {
	const char *label, *iconv; /* iconv NULL: UTF-8; "": windows-1252 */
} labels[] = {
	{ "utf-8", NULL },
	{ "us-ascii", NULL },
	{ "utf8", NULL },
	{ "ascii", NULL },
	{ "iso-8859-1", "" },
	{ "latin1", "" },
	{ "windows-1252", "" },
	{ "cp1252", "" },
	{ "iso-8859-9", "WINDOWS-1254" },
	{ "gb2312", "GB18030" },
	{ "gbk", "GB18030" },
	{ "ks_c_5601-1987", "CP949" },
	{ "euc-kr", "CP949" },
	{ "shift_jis", "CP932" },
	{ "big5", "BIG5-HKSCS" },
	{ "iso-8859-8-i", "ISO-8859-8" },
};

static size_t ascii_run(const char *data, size_t size)
{
	size_t at = 0;

	while (size - at >= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, data + at, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
		at += sizeof(word);
	}
	return at;
}

gboolean charset_is_utf8(const char *data, size_t size)
{
	size_t skip = ascii_run(data, size);
	const char *at = data + skip, *end = data + size, *bad;

	while (!g_utf8_validate_len(at, (gsize)(end - at), &bad)) {
		if (*bad != '\0')
			return FALSE;
		at = bad + 1;
		at += ascii_run(at, (size_t)(end - at));
	}
	return TRUE;
}

static void from_windows_1252(GString *out, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)data[i];
		gunichar code = byte;

		if (byte >= 0x80 && byte < 0xa0)
			code = windows_1252[byte - 0x80];
		g_string_append_unichar(out, code);
	}
}

/* Not every name is for iconv: it takes "//" suffixes and "" for the locale. */
static bool label_is_sane(const char *label)
{
	size_t len = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-_.:+");

	return len > 0 && len < LABEL_SIZE && label[len] == '\0';
}

/* The whole, or false and nothing that counts. */
static bool from_iconv(GString *out, const char *name, const char *data,
		       size_t size)
{
	GIConv iconv = g_iconv_open("UTF-8", name);
	/* iconv(3) does not write there */
	gchar *in = (gchar *)(uintptr_t)data;
	gsize in_left = size;
	bool good = true;

	if (iconv == (GIConv)-1)
		return false;
	while (good && in_left > 0) {
		char buf[4096];
		gchar *at = buf;
		gsize left = sizeof(buf), before = in_left;
		gsize rc = g_iconv(iconv, &in, &in_left, &at, &left);

		g_string_append_len(out, buf, at - buf);
		good = rc != (gsize)-1 || in_left < before || at > buf;
	}
	(void)g_iconv_close(iconv);
	return good && charset_is_utf8(out->str, out->len);
}

/* Which iconv charset: NULL for UTF-8, "" for windows-1252. */
static const char *iconv_name(const char *label)
{
	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++)
		if (strcmp(label, labels[i].label) == 0)
			return labels[i].iconv;
	return label_is_sane(label) ? label : NULL;
}

/* The character at `at` of valid UTF-8 is a control: how many bytes, or 0. */
static size_t control_size(const unsigned char *at, const unsigned char *end)
{
	if (*at < 0x20 || *at == 0x7f)
		return 1;
	/* U+0080 to U+009F */
	return *at == 0xc2 && end - at > 1 && at[1] < 0xa0 ? 2 : 0;
}

/* Bytes of `data` before the next that control_size() is to be asked about. */
static size_t plain_run(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *start = at;

	while (at < end && *at >= 0x20 && *at != 0x7f && *at != 0xc2)
		at++;
	return (size_t)(at - start);
}

static void append_clean(GString *out, const char *data, size_t size)
{
	const unsigned char *at = (const unsigned char *)data, *end = at + size;

	while (at < end) {
		size_t run = plain_run(at, end);

		g_string_append_len(out, (const char *)at, (gssize)run);
		at += run;
		if (at == end)
			break;
		run = control_size(at, end);
		if (run == 0) {
			g_string_append_c(out, (char)*at);
			run = 1;
		} else if (*at == '\n' || *at == '\t') {
			g_string_append_c(out, (char)*at);
		} else if (*at == '\r') {
			if (end - at == 1 || at[1] != '\n')
				g_string_append_c(out, '\n');
		} else {
			g_string_append_c(out, ' ');
		}
		at += run;
	}
}

/* Clean UTF-8 needs no copy of its own. */
static void append_utf8_or_1252(GString *out, const char *data, size_t size)
{
	AUTO(gstring) GString *text = NULL;

	if (charset_is_utf8(data, size)) {
		append_clean(out, data, size);
		return;
	}
	text = g_string_sized_new(size + size / 2);
	from_windows_1252(text, data, size);
	append_clean(out, text->str, text->len);
}

void charset_append(GString *out, const char *charset, const char *data,
		    size_t size)
{
	AUTO(str) char *label = charset ? g_ascii_strdown(charset, -1) : NULL;
	const char *name = label ? iconv_name(g_strstrip(label)) : NULL;
	AUTO(gstring) GString *text = NULL;

	if (!name) {
		append_utf8_or_1252(out, data, size);
		return;
	}
	text = g_string_sized_new(size + size / 2);
	if (*name == '\0')
		from_windows_1252(text, data, size);
	else if (!from_iconv(text, name, data, size)) {
		append_utf8_or_1252(out, data, size);
		return;
	}
	append_clean(out, text->str, text->len);
}

/* The bytes of a fold at `at`: a line end and the white space after it
 * (RFC 5322 2.2.3); 0 if there is none. */
static size_t fold_size(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *start = at;

	if (*at == '\r' && end - at > 1)
		at++;
	if (*at != '\n' || end - at < 2 || (at[1] != ' ' && at[1] != '\t'))
		return 0;
	for (at++; at < end && (*at == ' ' || *at == '\t'); at++)
		;
	return (size_t)(at - start);
}

static void append_space(GString *out)
{
	if (out->len > 0 && out->str[out->len - 1] != ' ')
		g_string_append_c(out, ' ');
}

/* Append one line: a fold is one space, a control character too. */
static void append_line(GString *out, const char *data, size_t size)
{
	const unsigned char *at = (const unsigned char *)data, *end = at + size;

	while (at < end) {
		size_t run = plain_run(at, end), fold;

		g_string_append_len(out, (const char *)at, (gssize)run);
		at += run;
		if (at == end)
			break;
		fold = fold_size(at, end);
		run = control_size(at, end);
		if (fold > 0)
			append_space(out);
		else
			g_string_append_c(out, run == 0 ? (char)*at : ' ');
		at += fold ? fold : MAX(run, 1);
	}
}

/* A line stands among others: what turns their direction or hides is left out.
 * All that name_is_hidden() names begins with one of four bytes. */
static void drop_hidden(GString *line)
{
	AUTO(gstring) GString *out = NULL;

	if (!strpbrk(line->str, "\xd8\xe2\xef\xf3"))
		return;
	out = g_string_sized_new(line->len + 1);
	for (const char *at = line->str; *at; at = g_utf8_next_char(at))
		if (!name_is_hidden(g_utf8_get_char(at)))
			(void)g_string_append_len(out, at,
						  g_utf8_next_char(at) - at);
	(void)g_string_assign(line, out->str);
}

char *charset_line(const char *data, size_t size, size_t limit)
{
	AUTO(gstring) GString *text = NULL;
	AUTO(gstring) GString *line = NULL;

	size = MIN(size, limit);
	line = g_string_sized_new(size + 1);
	if (charset_is_utf8(data, size)) {
		append_line(line, data, size);
	} else {
		text = g_string_sized_new(size + size / 2);
		from_windows_1252(text, data, size);
		append_line(line, text->str, text->len);
	}
	drop_hidden(line);
	if (line->len > limit) {
		const char *cut = line->str + limit;

		cut = g_utf8_find_prev_char(line->str, cut + 1);
		g_string_truncate(line, cut ? (gsize)(cut - line->str) : 0);
	}
	return g_strstrip(g_string_free(take(line), FALSE));
}
